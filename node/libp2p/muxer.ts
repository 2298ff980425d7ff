import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { WindowUpdates } from './window-updates.ts'

/**
 * Yamux, with a defect of it made harmless: a new stream is announced in a microtask where nobody would catch an error,
 * and when the connection was aborted in between, the write throws and takes the process with it. And with fewer packets
 * (`WindowUpdates`).
 */
export function muxer(): () => StreamMuxerFactory {
  const create = yamux()
  return () => {
    const factory = create()
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => createStreamMuxer(mended(connection))
    return factory
  }
}

/** Nothing is lost by it: the streams of a closed connection are closed, and refuse to be written to themselves. */
function mended(connection: MessageStream): MessageStream {
  const updates = new WindowUpdates({ send: connection.send.bind(connection) })
  connection.send = (bytes) => (connection.status === 'open' || connection.status === 'closing') && updates.send(bytes)
  return connection
}
