import { GapBuffer } from './gap-buffer.ts'
import type { SequenceContent } from './sequence-content.ts'

/** A chunk above the limit is cut in two. An edit moves at most one chunk's units. */
const chunkLimit = 16_384

/**
 * Text as a row of gap buffers; it remembers where the last edit was. An edit there is all that `insert` and `delete` do
 * themselves: everything else is elsewhere, so that what is rare never undoes what the engine has compiled for typing.
 */
export class TextBuffer implements SequenceContent<string> {
  #chunks: GapBuffer[] = []
  #length = 0
  /** The chunk where the last edit was, and the part of the text that it holds; before the first edit, nowhere. */
  #chunk: GapBuffer = new GapBuffer()
  #at = 0
  #start = 0
  #end = -1
  #whole: string | undefined = ''
  /** Whether a unit above 0xff was ever here: without one there are no surrogates. */
  #wide = false

  /** Fills an empty buffer. @param bytes text below 0x80, taken over */
  load(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += chunkLimit / 2) {
      this.#chunks.push(new GapBuffer(bytes.subarray(at, at + chunkLimit / 2), true))
    }
    this.#length = bytes.length
    this.#whole = undefined
  }

  get length(): number {
    return this.#length
  }

  get wide(): boolean {
    return this.#wide
  }

  insert(index: number, text: string): void {
    const { length } = text
    this.#whole = undefined
    this.#length += length
    if (!this.#wide) this.#wide = isWide(text)
    if (index < this.#start || index > this.#end || this.#end - this.#start + length > chunkLimit) {
      this.#insertElsewhere(index, text)
      return
    }
    this.#chunk.insert(index - this.#start, text, 0, length)
    this.#end += length
  }

  #insertElsewhere(index: number, text: string): void {
    this.#seek(index)
    if (this.#end - this.#start + text.length > chunkLimit) {
      if (text.length > chunkLimit / 4) return this.#insertChunks(index, text)
      this.#cut((this.#end - this.#start) >>> 1)
      this.#seek(index)
    }
    this.#chunk.insert(index - this.#start, text, 0, text.length)
    this.#end += text.length
  }

  delete(index: number, count: number): void {
    this.#whole = undefined
    this.#length -= count
    if (index < this.#start || index + count > this.#end || count === this.#end - this.#start) {
      this.#deleteElsewhere(index, count)
      return
    }
    this.#chunk.delete(index - this.#start, count)
    this.#end -= count
  }

  #deleteElsewhere(index: number, count: number): void {
    for (let left = count; left > 0;) {
      this.#seek(index)
      if (index === this.#end) this.#open(this.#at + 1, index)
      const taken = Math.min(left, this.#end - index)
      this.#chunk.delete(index - this.#start, taken)
      this.#end -= taken
      left -= taken
      if (this.#end === this.#start && this.#chunks.length > 1) this.#drop()
    }
  }

  slice(start: number, end: number): string {
    this.#seek(start)
    let text = ''
    for (let at = this.#at, first = this.#start; first < end && at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as GapBuffer
      text += chunk.slice(Math.max(0, start - first), Math.min(chunk.length, end - first))
      first += chunk.length
    }
    return text
  }

  charCodeAt(index: number): number {
    this.#seek(index)
    let chunk = this.#chunk
    let at = index - this.#start
    // Where the index is the end of a chunk, the unit is the first behind; chunks may be empty.
    for (let next = this.#at + 1; at >= chunk.length; next++) {
      at -= chunk.length
      chunk = this.#chunks[next] as GapBuffer
    }
    return chunk.charCodeAt(at)
  }

  toString(): string {
    this.#whole ??= this.#chunks.map((chunk) => chunk.slice(0, chunk.length)).join('')
    return this.#whole
  }

  /** Goes to the chunk that holds the index, or ends there. */
  #seek(index: number): void {
    if (this.#chunks.length === 0) this.#chunks.push(this.#chunk)
    if (this.#end < 0 || index < this.#start / 2) this.#open(0, 0)
    while (index < this.#start) this.#open(this.#at - 1, this.#start - (this.#chunks[this.#at - 1] as GapBuffer).length)
    while (index > this.#end) this.#open(this.#at + 1, this.#end)
  }

  #open(at: number, start: number): void {
    this.#chunk = this.#chunks[at] as GapBuffer
    this.#at = at
    this.#start = start
    this.#end = start + this.#chunk.length
  }

  /** Cuts the present chunk in two. */
  #cut(at: number): void {
    const chunk = this.#chunk
    const rest = new GapBuffer()
    const text = chunk.slice(at, chunk.length)
    rest.insert(0, text, 0, text.length)
    chunk.delete(at, text.length)
    this.#chunks.splice(this.#at + 1, 0, rest)
    this.#end = this.#start + at
  }

  #insertChunks(index: number, text: string): void {
    this.#cut(index - this.#start)
    const chunks: GapBuffer[] = []
    for (let at = 0; at < text.length; at += chunkLimit / 2) {
      const chunk = new GapBuffer()
      chunk.insert(0, text, at, Math.min(text.length, at + chunkLimit / 2))
      chunks.push(chunk)
    }
    const after = this.#chunks.splice(this.#at + 1)
    for (const chunk of chunks) this.#chunks.push(chunk)
    for (const chunk of after) this.#chunks.push(chunk)
  }

  /** Removes the present chunk, which is empty. */
  #drop(): void {
    this.#chunks.splice(this.#at, 1)
    if (this.#at < this.#chunks.length) this.#open(this.#at, this.#start)
    else this.#open(this.#at - 1, this.#start - (this.#chunks[this.#at - 1] as GapBuffer).length)
  }
}

function isWide(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return true
  return false
}
