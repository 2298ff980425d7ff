import type { MessageStream } from '@libp2p/interface'

/** A Yamux frame without data: version, type, flags (2 bytes), stream (4), length (4). */
const frameBytes = 12
const windowUpdate = 1

/** A quarter of the window with which every stream begins: a sender never comes near to having none. */
const worthSending = 65_536

/** Streams remembered on one connection. */
const streamLimit = 1024

/**
 * Yamux in JavaScript gives back the room of every frame as soon as it has read it: a packet of its own, ciphered, written
 * and read, for each message. Here they are held back until together they are worth one, as in Yamux for Go.
 */
export class WindowUpdates {
  readonly #connection: Pick<MessageStream, 'send'>
  /** Bytes held back, by stream. */
  readonly #held = new Map<number, number>()

  constructor(connection: Pick<MessageStream, 'send'>) {
    this.#connection = connection
  }

  send(bytes: Parameters<MessageStream['send']>[0]): boolean {
    if (!(bytes instanceof Uint8Array) || bytes.byteLength !== frameBytes || bytes[1] !== windowUpdate) {
      return this.#connection.send(bytes)
    }
    const frame = new DataView(bytes.buffer, bytes.byteOffset, frameBytes)
    const stream = frame.getUint32(4)
    const isFlagged = frame.getUint16(2) !== 0
    const bytesToGive = (this.#held.get(stream) ?? 0) + frame.getUint32(8)
    this.#held.delete(stream)
    // What opens, accepts or ends a stream is not to wait; it may give as well.
    if (isFlagged || bytesToGive >= worthSending || this.#held.size >= streamLimit) {
      frame.setUint32(8, bytesToGive)
      return this.#connection.send(bytes)
    }
    this.#held.set(stream, bytesToGive)
    return true
  }
}
