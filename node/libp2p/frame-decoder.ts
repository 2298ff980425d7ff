/** Hears every frame: its body stands in `bytes` from `start` to `end`, valid during the call. False ends the reading. */
export type FrameSink = (bytes: Uint8Array, start: number, end: number) => boolean

/** A frame longer than `limit` was announced: what follows cannot be read any more. */
export class FrameTooLongError extends Error {
  override readonly name: 'FrameTooLongError' = 'FrameTooLongError'
}

const headerLength = 4
/** A buffer up to this size is kept for the next frame that comes in pieces. */
const keptCapacity = 64 << 10

/**
 * Cuts a stream of bytes into frames: a length of four bytes, big-endian, then the body. A frame that lies whole in
 * what arrived is handed on without a copy; one that comes in pieces is gathered in a buffer that grows with what has
 * really arrived, so that announcing a long frame costs nothing.
 */
export class FrameDecoder {
  /** Longest body that is read. May be changed between frames. */
  limit: number
  #buffer = new Uint8Array(0)
  #filled = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes of a frame that is not complete yet. */
  get partial(): number {
    return this.#filled
  }

  /** @throws FrameTooLongError */
  feed(chunk: Uint8Array, sink: FrameSink): void {
    let offset = 0
    if (this.#filled > 0) {
      offset = this.#complete(chunk, sink)
      if (offset < 0) return
    }
    const end = chunk.length
    while (end - offset >= headerLength) {
      const length = this.#length(chunk, offset)
      const start = offset + headerLength
      if (end - start < length) break
      offset = start + length
      if (!sink(chunk, start, offset)) return
    }
    if (offset < end) this.#keep(chunk, offset, end)
  }

  /** @returns where the next frame begins, or −1 when the chunk or the interest is used up */
  #complete(chunk: Uint8Array, sink: FrameSink): number {
    let offset = 0
    if (this.#filled < headerLength) {
      offset = Math.min(headerLength - this.#filled, chunk.length)
      this.#keep(chunk, 0, offset)
      if (this.#filled < headerLength) return -1
    }
    const total = headerLength + this.#length(this.#buffer, 0)
    const taken = Math.min(total - this.#filled, chunk.length - offset)
    this.#keep(chunk, offset, offset + taken)
    if (this.#filled < total) return -1
    const bytes = this.#buffer
    this.#filled = 0
    if (bytes.length > keptCapacity) this.#buffer = new Uint8Array(0)
    return sink(bytes, headerLength, total) ? offset + taken : -1
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const filled = this.#filled + end - start
    if (filled > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(filled, 2 * this.#buffer.length, 256))
      grown.set(this.#buffer.subarray(0, this.#filled))
      this.#buffer = grown
    }
    this.#buffer.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.#filled)
    this.#filled = filled
  }

  #length(bytes: Uint8Array, at: number): number {
    const length =
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
      0
    if (length > this.limit) {
      throw new FrameTooLongError(`A frame of ${length} bytes where at most ${this.limit} are allowed`)
    }
    return length
  }
}
