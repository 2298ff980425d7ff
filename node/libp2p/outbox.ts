import type { Stream } from '@libp2p/interface'
import { ByteWriter, type Codec } from '../protocol/index.ts'
import type { MutableCounters } from './events.ts'
import type { HostLimits } from './limits.ts'

/** Frames with this index are the channel's own: credit, and changes of the list of protocols. */
export const channelIndex = 0

/** A writer that has grown beyond this is given up once it is empty. */
const keptCapacity = 256 << 10

export type Appended = 'sent' | 'blocked' | 'full' | 'oversized'

/**
 * What one channel has still to write. Frames are gathered and written once per microtask; when libp2p wants a pause
 * they wait here, and on the bulk plane also while the credit is used up. Both waits are bounded.
 */
export class Outbox {
  readonly #stream: Stream
  readonly #limits: HostLimits
  readonly #counters: MutableCounters
  readonly #lost: (error: unknown) => void
  readonly #unblocked: () => void
  #writer = new ByteWriter(1024)
  /** Frames of a bulk channel that wait for credit. */
  #waiting: Uint8Array[] = []
  #waitingSize = 0
  /** Bytes that may still be sent; infinite where no credit is given. */
  #credit = Number.POSITIVE_INFINITY
  #metered = false
  #scheduled = false
  #draining = false
  #refused = false
  #closed = false

  constructor(
    stream: Stream,
    limits: HostLimits,
    counters: MutableCounters,
    lost: (error: unknown) => void,
    unblocked: () => void,
  ) {
    this.#stream = stream
    this.#limits = limits
    this.#counters = counters
    this.#lost = lost
    this.#unblocked = unblocked
    stream.addEventListener('drain', this.#drained)
  }

  /** Bytes that wait here. */
  get size(): number {
    return this.#writer.length + this.#waitingSize
  }

  /** From here on only so much is sent before the other side gives more. */
  meter(credit: number): void {
    this.#metered = true
    this.#credit = credit
  }

  /** The other side has dealt with so many bytes. */
  credited(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, Number.MAX_SAFE_INTEGER)
    let sent = 0
    for (const frame of this.#waiting) {
      // A frame may be longer than the window: it goes as soon as any credit is left, and the balance below zero.
      if (this.#credit <= 0) break
      this.#credit -= frame.length
      this.#waitingSize -= frame.length
      this.#writer.raw(frame)
      sent++
    }
    if (sent > 0) {
      this.#waiting.splice(0, sent)
      this.#schedule()
    }
    this.#maybeUnblock()
  }

  /** Bytes as they are, with a length before them: frames of the hello. */
  raw(frame: Uint8Array): void {
    this.#writer.u32(frame.length).raw(frame)
    this.#schedule()
  }

  /** A frame of the channel itself: needs no credit. */
  own(write: (writer: ByteWriter) => void): void {
    const writer = this.#writer
    const start = writer.length
    writer.u32(0).varint(channelIndex)
    write(writer)
    writer.patchU32(start, writer.length - start - 4)
    this.#schedule()
  }

  /** @throws whatever the codec throws; nothing is appended then */
  append<Message>(index: number, codec: Codec<Message>, message: Message): Appended {
    const writer = this.#writer
    const start = writer.length
    if (start >= this.#limits.queueSize) return this.#refuse('full')
    writer.u32(0).varint(index)
    try {
      codec.encode(message, writer)
    } catch (error) {
      writer.truncate(start)
      throw error
    }
    return this.#appended(start)
  }

  /** A body that was encoded before the channel was there. */
  appendEncoded(index: number, body: Uint8Array): Appended {
    const writer = this.#writer
    const start = writer.length
    if (start >= this.#limits.queueSize) return this.#refuse('full')
    writer.u32(0).varint(index).raw(body)
    return this.#appended(start)
  }

  /** Writes what may be written now. @param last nothing comes after: libp2p may buffer what the socket does not take */
  flush(last = false): void {
    this.#scheduled = false
    const writer = this.#writer
    if (this.#closed || writer.length === 0 || (this.#draining && !last)) return
    const bytes = writer.finish()
    if (writer.length > keptCapacity) this.#writer = new ByteWriter(1024)
    else writer.truncate(0)
    const { packetSize } = this.#limits
    this.#counters.bytesSent += bytes.length
    for (let offset = 0; offset < bytes.length && !this.#closed; offset += packetSize) {
      this.#counters.packetsSent++
      try {
        const packet = bytes.length <= packetSize ? bytes : bytes.subarray(offset, offset + packetSize)
        if (!this.#stream.send(packet)) this.#draining = true
      } catch (error) {
        // A stream that is closing throws: its 'close' event may be a long way off.
        this.#lost(error)
        return
      }
    }
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#waitingSize = 0
    this.#writer = new ByteWriter(0)
    this.#stream.removeEventListener('drain', this.#drained)
  }

  #appended(start: number): Appended {
    const writer = this.#writer
    const length = writer.length - start
    if (length - 4 > this.#limits.frameSize) {
      writer.truncate(start)
      return 'oversized'
    }
    writer.patchU32(start, length - 4)
    if (this.#metered && (this.#credit <= 0 || this.#waitingSize > 0)) return this.#wait(start, length)
    this.#counters.framesSent++
    this.#schedule()
    if (!this.#metered) return 'sent'
    this.#credit -= length
    return this.#credit > 0 && !this.#draining ? 'sent' : this.#refuse('blocked')
  }

  #wait(start: number, length: number): Appended {
    const writer = this.#writer
    if (this.#waitingSize + length > this.#limits.bulkQueueSize) {
      writer.truncate(start)
      return this.#refuse('full')
    }
    this.#waiting.push(writer.view().slice(start))
    this.#waitingSize += length
    this.#counters.framesSent++
    writer.truncate(start)
    return this.#refuse('blocked')
  }

  #refuse(result: Appended): Appended {
    this.#refused = true
    return result
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    queueMicrotask(this.#flushLater)
  }

  #maybeUnblock(): void {
    if (!this.#refused || this.#closed || this.#draining || this.#credit <= 0 || this.#waitingSize > 0) return
    this.#refused = false
    this.#unblocked()
  }

  readonly #flushLater = (): void => this.flush()

  readonly #drained = (): void => {
    this.#draining = false
    this.flush()
    this.#maybeUnblock()
  }
}
