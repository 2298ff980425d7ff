// Run as a process of its own with --expose-gc: two peers connect, exchange what has changed, and part, again and again.
// Tells its parent how much memory is in use now and then.
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { documents, type Documents } from '../../crdt/replicator/index.ts'

const cycles = 1000
const simulation = new Simulation({ encodeMessages: true, links: false })
const peers = ['one', 'other'].map((name): SimulatedPeer<Documents> => {
  const author = simulation.authorKey(name)
  return simulation.addPeer(name, (host) => documents({ network: 'test', author, counter: 0 }).attach(host))
})
const [one, other] = peers as [SimulatedPeer<Documents>, SimulatedPeer<Documents>]
const [mine, theirs] = [one.api.open('notes'), other.api.open('notes')]
mine.map('meta').set('key', 0)

const kept: number[] = []
let compared = 0
one.api.subscribe((event) => (event.type === 'compared' ? void compared++ : undefined))
for (let cycle = 1; cycle <= cycles; cycle++) {
  for (const [peer, neighbour] of [[one, other] as const, [other, one] as const]) peer.host?.link(neighbour)
  simulation.run(200)
  // In the midst of a comparison every other time.
  if (cycle % 2 === 0) one.api.synchronise()
  for (const [peer, neighbour] of [[one, other] as const, [other, one] as const]) peer.host?.unlink(neighbour)
  // Longer than any timer of a session.
  simulation.run(61_000)
  if (cycle % 200 !== 0) continue
  globalThis.gc?.()
  globalThis.gc?.()
  kept.push(process.memoryUsage().heapUsed)
}
process.send?.({
  kept,
  compared,
  connections: [one, other].map(({ api }) => api.connections().length),
  standings: [one, other].map(({ api }) => api.standings().length),
  isEqual: JSON.stringify(mine.toJSON()) === JSON.stringify(theirs.toJSON()),
})
