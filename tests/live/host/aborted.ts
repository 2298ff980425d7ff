// Run as a process of its own: an error that nobody can catch would end it.
import { createNode } from '../../../node/libp2p/node.ts'
import { networkSecret } from '../../../node/libp2p/index.ts'
import { byId, introduced, stockNode, toyHost } from './toy.ts'

/** What is private to a connection of libp2p, as far as it is used here. */
interface Inner {
  readonly muxer: { rtt: number; readonly maConn: { send(bytes: Uint8Array): boolean } }
}

const resetFlag = 8
const types = { windowUpdate: 1, unknown: 9 }

/** The header of a Yamux frame. */
function frame(type: number, flags: number, stream: number): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt8(type, 1)
  header.writeUInt16BE(flags, 2)
  header.writeUInt32BE(stream, 4)
  return header
}

/** A node of ours opens a stream, and the connection is aborted in the same turn. */
async function abortUnderStream(): Promise<void> {
  const options = { network: networkSecret('test'), listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false } as const
  const node = await createNode(options)
  const other = await stockNode()
  const connection = await node.dial(other.getMultiaddrs())
  // Yamux writes to the new stream as long as four times this is not over.
  ;(connection as unknown as Inner).muxer.rtt = 1_000
  const opened = connection.newStream('/test/1.0.0')
  connection.abort(new Error('Aborted by the test'))
  await opened.then(
    () => process.exit(2),
    () => undefined,
  )
  await Promise.all([node.stop(), other.stop()])
}

/** One packet resets a channel that has lived for long, so that it is opened anew, and then breaks the connection. */
async function resetAndBreak(): Promise<void> {
  const real = performance.now.bind(performance)
  const [victim, other] = byId(await toyHost(), await toyHost())
  await introduced(victim, other)
  performance.now = (): number => real() + 60_000
  const [theirs] = other.node.getConnections(victim.node.peerId)
  const [own] = victim.node.getConnections(other.node.peerId)
  const channel = own?.streams.find(({ protocol }) => protocol.startsWith('/peerloom/'))
  ;(own as unknown as Inner).muxer.rtt = 1_000
  ;(theirs as unknown as Inner).muxer.maConn.send(
    Buffer.concat([frame(types.windowUpdate, resetFlag, Number(channel?.id)), frame(types.unknown, 0, 0)]),
  )
  await victim.told.type('disconnected')
  await Promise.all([victim[Symbol.asyncDispose](), other[Symbol.asyncDispose]()])
}

await (process.argv[2] === 'under a stream' ? abortUnderStream() : resetAndBreak())
