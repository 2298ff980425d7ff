import { GapBuffer } from './gap-buffer.ts'
import type { SequenceContent } from './sequence-content.ts'

/** A chunk above the limit is cut in two. An edit moves at most one chunk's units. */
const chunkLimit = 65_536

/** Text as a row of gap buffers; it remembers where the last edit was. */
export class TextBuffer implements SequenceContent<string> {
  #chunks: GapBuffer[] = [new GapBuffer()]
  #length = 0
  /** The chunk where the last edit was, and what is in front of it. */
  #at = 0
  #start = 0
  #whole: string | undefined = ''
  /** Whether a unit above 0xff was ever here: without one there are no surrogates. */
  #wide = false

  /** Fills an empty buffer. @param bytes text below 0x80, taken over */
  load(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks = []
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
    this.#whole = undefined
    this.#length += text.length
    if (!this.#wide) this.#wide = isWide(text)
    let chunk = this.#seek(index)
    if (chunk.length + text.length > chunkLimit) {
      if (text.length > chunkLimit / 4) return this.#insertChunks(index, text)
      this.#cut(chunk.length >>> 1)
      chunk = this.#seek(index)
    }
    chunk.insert(index - this.#start, text, 0, text.length)
  }

  delete(index: number, count: number): void {
    this.#whole = undefined
    this.#length -= count
    for (let left = count; left > 0;) {
      let chunk = this.#seek(index)
      if (index === this.#start + chunk.length) {
        this.#start = index
        chunk = this.#chunks[++this.#at] as GapBuffer
      }
      const taken = Math.min(left, this.#start + chunk.length - index)
      chunk.delete(index - this.#start, taken)
      left -= taken
      if (chunk.length === 0 && this.#chunks.length > 1) this.#drop()
    }
  }

  slice(start: number, end: number): string {
    let text = ''
    for (let chunk = this.#seek(start), at = this.#at, first = this.#start; first < end;) {
      text += chunk.slice(Math.max(0, start - first), Math.min(chunk.length, end - first))
      first += chunk.length
      at++
      if (at === this.#chunks.length) break
      chunk = this.#chunks[at] as GapBuffer
    }
    return text
  }

  charCodeAt(index: number): number {
    let chunk = this.#seek(index)
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
  #seek(index: number): GapBuffer {
    if (index < this.#start / 2) {
      this.#at = 0
      this.#start = 0
    }
    while (index < this.#start) this.#start -= (this.#chunks[--this.#at] as GapBuffer).length
    let chunk = this.#chunks[this.#at] as GapBuffer
    while (index > this.#start + chunk.length) {
      this.#start += chunk.length
      chunk = this.#chunks[++this.#at] as GapBuffer
    }
    return chunk
  }

  /** Cuts the present chunk in two. */
  #cut(at: number): void {
    const chunk = this.#chunks[this.#at] as GapBuffer
    const rest = new GapBuffer()
    const text = chunk.slice(at, chunk.length)
    rest.insert(0, text, 0, text.length)
    chunk.delete(at, text.length)
    this.#chunks.splice(this.#at + 1, 0, rest)
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
    if (this.#at === this.#chunks.length) this.#start -= (this.#chunks[--this.#at] as GapBuffer).length
  }
}

function isWide(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return true
  return false
}
