import type { SequenceContent } from './sequence-content.ts'

const leafLimit = 4096
const leafTarget = 2048

/** Text as a row of short strings, so that an edit copies one of them; it remembers where the last edit was. */
export class TextBuffer implements SequenceContent<string> {
  #leaves: string[] = ['']
  #length = 0
  /** The leaf where the last edit was, and what is in front of it. */
  #leaf = 0
  #start = 0
  #whole: string | undefined = ''

  get length(): number {
    return this.#length
  }

  insert(index: number, text: string): void {
    this.#seek(index)
    const leaf = this.#leaves[this.#leaf] as string
    const at = index - this.#start
    this.#put(this.#leaf, 1, leaf.slice(0, at) + text + leaf.slice(at))
    this.#length += text.length
    this.#whole = undefined
  }

  delete(index: number, count: number): void {
    this.#seek(index)
    const end = index + count
    let last = this.#leaf
    let lastStart = this.#start
    while (lastStart + (this.#leaves[last] as string).length < end) lastStart += (this.#leaves[last++] as string).length
    const head = (this.#leaves[this.#leaf] as string).slice(0, index - this.#start)
    const tail = (this.#leaves[last] as string).slice(end - lastStart)
    this.#put(this.#leaf, last - this.#leaf + 1, head + tail)
    this.#length -= count
    this.#whole = undefined
  }

  slice(start: number, end: number): string {
    if (start >= end) return ''
    this.#seek(start)
    let text = ''
    let at = this.#start
    for (let leaf = this.#leaf; at < end; leaf++) {
      const part = this.#leaves[leaf] as string
      text += part.slice(Math.max(0, start - at), end - at)
      at += part.length
    }
    return text
  }

  charCodeAt(index: number): number {
    this.#seek(index)
    let leaf = this.#leaf
    let start = this.#start
    while (index - start >= (this.#leaves[leaf] as string).length && leaf + 1 < this.#leaves.length) {
      start += (this.#leaves[leaf++] as string).length
    }
    return (this.#leaves[leaf] as string).charCodeAt(index - start)
  }

  toString(): string {
    this.#whole ??= this.#leaves.join('')
    return this.#whole
  }

  /** Goes to the leaf that holds the index, or ends there. */
  #seek(index: number): void {
    if (index < this.#start / 2) {
      this.#leaf = 0
      this.#start = 0
    }
    while (index < this.#start) this.#start -= (this.#leaves[--this.#leaf] as string).length
    for (;;) {
      const end = this.#start + (this.#leaves[this.#leaf] as string).length
      if (index <= end || this.#leaf + 1 === this.#leaves.length) return
      this.#start = end
      this.#leaf++
    }
  }

  /** Replaces `count` leaves by a text, cut into leaves where it is long. */
  #put(leaf: number, count: number, text: string): void {
    if (text === '' && this.#leaves.length > count) {
      this.#leaves.splice(leaf, count)
      if (this.#leaf === this.#leaves.length) this.#start -= (this.#leaves[--this.#leaf] as string).length
      return
    }
    if (text.length <= leafLimit) {
      if (count === 1) this.#leaves[leaf] = text
      else this.#leaves.splice(leaf, count, text)
      return
    }
    const parts: string[] = []
    for (let at = 0; at < text.length; at += leafTarget) parts.push(text.slice(at, at + leafTarget))
    this.#leaves = [...this.#leaves.slice(0, leaf), ...parts, ...this.#leaves.slice(leaf + count)]
  }
}
