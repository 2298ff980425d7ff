import { MalformedMessageError, assert } from './errors.ts'

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Above this a string is encoded by the platform; below it, by a loop that spares the call. */
const shortText = 96

/** Writes little messages into one growing buffer. Integers are big-endian, varints are LEB128 of at most 53 bits. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
    return this
  }

  f64(value: number): this {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
    return this
  }

  /** @param value an integer from 0 to 2^53 − 1 */
  varint(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint holds integers from 0 to 2^53 - 1')
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  /** As they are, without a length. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Length, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes)
  }

  /** Length in bytes, then UTF-8. Lone surrogates become U+FFFD. */
  text(text: string): this {
    if (text.length <= shortText && this.#ascii(text)) return this
    return this.bytes(textEncoder.encode(text))
  }

  /** Overwrites four bytes written before, for a length that is known only afterwards. */
  patchU32(offset: number, value: number): void {
    assert(offset + 4 <= this.#length, 'only what was written can be overwritten')
    this.#view.setUint32(offset, value)
  }

  /** Forgets what was written from `length` on. */
  truncate(length: number): void {
    assert(length <= this.#length, 'a writer cannot be cut to more than it holds')
    this.#length = length
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  /** What was written, without a copy: valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #ascii(text: string): boolean {
    const start = this.#length
    this.#reserve(text.length + 1)
    this.#bytes[this.#length++] = text.length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) {
        this.#length = start
        return false
      }
      this.#bytes[this.#length++] = code
    }
    return true
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/**
 * Reads what strangers sent. Every method throws `MalformedMessageError` when the bytes end early or a length exceeds
 * what is allowed, before anything is allocated for it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #offset: number

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    // A subclass may have views where copies are expected (slice() of Node's Buffer).
    this.#bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = start
    this.#end = end
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#end - this.#offset
  }

  /** A view of all that is left, for whoever finds out by reading how much of it is his; he skips that with `raw`. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.#end)
  }

  u8(): number {
    this.#need(1)
    return this.#bytes[this.#offset++] as number
  }

  u32(): number {
    this.#need(4)
    const bytes = this.#bytes
    const at = this.#offset
    this.#offset += 4
    return (
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
      0
    )
  }

  f64(): number {
    this.#need(8)
    const value = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#offset, 8).getFloat64(0)
    this.#offset += 8
    return value
  }

  /** @returns an integer from 0 to `limit`; only the shortest form of a number is accepted */
  varint(limit: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    let scale = 1
    for (let count = 0; ; count++) {
      if (count === 8) throw new MalformedMessageError('A varint of more than 53 bits')
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && count > 0) throw new MalformedMessageError('A varint that is longer than it need be')
        break
      }
      scale *= 0x80
    }
    if (value > limit) throw new MalformedMessageError(`A number of ${value} where at most ${limit} is allowed`)
    return value
  }

  /** A view, not a copy: whoever keeps it copies it. */
  raw(length: number): Uint8Array {
    this.#need(length)
    const view = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return view
  }

  /** A view, not a copy. @param limit greatest length in bytes */
  bytes(limit: number): Uint8Array {
    return this.raw(this.varint(limit))
  }

  /** @param limit greatest length in bytes of UTF-8 */
  text(limit: number): string {
    const length = this.varint(limit)
    this.#need(length)
    if (length <= shortText) {
      const text = this.#ascii(length)
      if (text !== undefined) return text
    }
    try {
      return textDecoder.decode(this.raw(length))
    } catch (cause) {
      throw new MalformedMessageError('Text that is not UTF-8', { cause })
    }
  }

  /** @param limit greatest number of items @param read reads one item, of at least one byte */
  list<Item>(limit: number, read: (reader: ByteReader) => Item): Item[] {
    const count = this.varint(limit)
    if (count > this.remaining) throw new MalformedMessageError('A list with more items than bytes')
    if (count === 0) return []
    // Most lists are of one, and an array that begins empty makes room for many.
    const items = [read(this)]
    while (items.length < count) items.push(read(this))
    return items
  }

  /** Whoever has read a whole message says so: bytes left over are refused. */
  finish(): void {
    if (this.#offset !== this.#end) throw new MalformedMessageError(`${this.remaining} bytes left after a message`)
  }

  #ascii(length: number): string | undefined {
    const bytes = this.#bytes
    let text = ''
    for (let index = this.#offset, end = index + length; index < end; index++) {
      const byte = bytes[index] as number
      if (byte >= 0x80) return undefined
      text += String.fromCharCode(byte)
    }
    this.#offset += length
    return text
  }

  #need(count: number): void {
    if (count > this.#end - this.#offset) {
      throw new MalformedMessageError(`${count} bytes wanted where ${this.remaining} are left`)
    }
  }
}
