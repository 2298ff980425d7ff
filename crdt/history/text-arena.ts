/** Append-only text, in bytes until a unit needs two. */
export class TextArena {
  #units: Uint8Array | Uint16Array = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @returns where it begins */
  append(text: string): number {
    const start = this.#length
    const end = start + text.length
    if (end > this.#units.length) this.#grow(end)
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 0xff && this.#units.BYTES_PER_ELEMENT === 1) this.#units = new Uint16Array(this.#units)
      this.#units[start + at] = unit
    }
    this.#length = end
    return start
  }

  /** Makes room for text that is told later. @returns where it begins */
  reserve(length: number): number {
    const start = this.#length
    if (start + length > this.#units.length) this.#grow(start + length)
    this.#length = start + length
    return start
  }

  /** Fills in text where room was made. */
  fill(start: number, text: string): void {
    const length = this.#length
    this.#length = start
    this.append(text)
    this.#length = length
  }

  charCodeAt(index: number): number {
    return this.#units[index] as number
  }

  slice(start: number, end: number): string {
    if (end === start + 1) return String.fromCharCode(this.#units[start] as number)
    let text = ''
    for (let at = start; at < end; at += 4096) {
      const units = this.#units.subarray(at, Math.min(end, at + 4096))
      text += String.fromCharCode.apply(undefined, units as unknown as number[])
    }
    return text
  }

  truncate(length: number): void {
    this.#length = length
  }

  #grow(length: number): void {
    const size = Math.max(length, this.#length + (this.#length >>> 1))
    const grown = this.#units.BYTES_PER_ELEMENT === 1 ? new Uint8Array(size) : new Uint16Array(size)
    grown.set(this.#units.subarray(0, this.#length))
    this.#units = grown
  }
}
