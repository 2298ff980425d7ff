// Run as a process of its own with --expose-gc: connects and disconnects, and tells how much memory stays.
import { createHost, networkSecret } from '../../../node/libp2p/index.ts'
import { type ToyEvent, Story, stockNode, toy } from './toy.ts'

const network = networkSecret('test')
const definition = toy()

const node = await stockNode()
const host = createHost({ node, network })
host.run(definition, undefined)
await host.start()

const other = await stockNode()
const visitor = createHost({ node: other, network, limits: { retryLeast: 1 } })
const told = new Story<ToyEvent>()
visitor.run(definition, undefined, told.tell)
await visitor.start()

const kept: number[] = []
for (let cycle = 1; cycle <= 300; cycle++) {
  told.events.length = 0
  await other.dial(node.getMultiaddrs())
  await told.type('connected')
  await other.hangUp(node.peerId)
  await told.type('disconnected')
  if (cycle % 100 !== 0) continue
  // What ends in the next turns of the event loop is no leak.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  globalThis.gc?.()
  kept.push(process.memoryUsage().heapUsed)
}
const opened = visitor.counters.channelsOpened
await Promise.all([visitor.stop(), host.stop()])
await Promise.all([other.stop(), node.stop()])
process.send?.({ kept, opened })
process.disconnect?.()
