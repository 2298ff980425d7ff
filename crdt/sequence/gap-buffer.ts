/** Code units with a gap where the last edit was: typing on costs one store. Bytes, until a unit needs two. */
export class GapBuffer {
  #units: Uint8Array | Uint16Array
  #gapStart: number
  #gapEnd: number
  /** Whether every unit so far was below 0x80. */
  #ascii: boolean

  /** @param units what it holds; taken over, not copied */
  constructor(units: Uint8Array | Uint16Array = new Uint8Array(0), ascii: boolean = units.length === 0) {
    this.#units = units
    this.#gapStart = units.length
    this.#gapEnd = units.length
    this.#ascii = ascii
  }

  get length(): number {
    return this.#units.length - this.#gapEnd + this.#gapStart
  }

  charCodeAt(index: number): number {
    return this.#units[index < this.#gapStart ? index : index + this.#gapEnd - this.#gapStart] as number
  }

  insert(index: number, text: string, from: number, to: number): void {
    this.#open(index, to - from)
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 0x7f) {
        this.#ascii = false
        if (unit > 0xff && this.#units.BYTES_PER_ELEMENT === 1) this.#units = new Uint16Array(this.#units)
      }
      this.#units[this.#gapStart++] = unit
    }
  }

  delete(index: number, count: number): void {
    // What lies on both sides of the gap goes without moving it.
    if (index <= this.#gapStart && index + count >= this.#gapStart) {
      this.#gapEnd += index + count - this.#gapStart
      this.#gapStart = index
      return
    }
    this.#moveGap(index)
    this.#gapEnd += count
  }

  slice(start: number, end: number): string {
    if (start >= this.#gapStart || end <= this.#gapStart) return this.#read(start, end)
    return this.#read(start, this.#gapStart) + this.#read(this.#gapStart, end)
  }

  /** A range on one side of the gap. */
  #read(start: number, end: number): string {
    const shift = start >= this.#gapStart ? this.#gapEnd - this.#gapStart : 0
    const units = this.#units.subarray(start + shift, end + shift)
    if (this.#ascii && units.length > 64) return ascii.decode(units as Uint8Array)
    let text = ''
    for (let at = 0; at < units.length; at += 4096) {
      text += String.fromCharCode.apply(undefined, units.subarray(at, at + 4096) as unknown as number[])
    }
    return text
  }

  #open(index: number, count: number): void {
    if (this.#gapEnd - this.#gapStart < count) this.#grow(count)
    this.#moveGap(index)
  }

  #grow(count: number): void {
    const { length } = this
    const size = length + count + 32 + (length >>> 2)
    const grown = this.#units.BYTES_PER_ELEMENT === 1 ? new Uint8Array(size) : new Uint16Array(size)
    grown.set(this.#units.subarray(0, this.#gapStart))
    const tail = this.#units.subarray(this.#gapEnd)
    grown.set(tail, size - tail.length)
    this.#units = grown
    this.#gapEnd = size - tail.length
  }

  #moveGap(index: number): void {
    const distance = index - this.#gapStart
    if (distance === 0) return
    if (distance < 0) this.#units.copyWithin(this.#gapEnd + distance, index, this.#gapStart)
    else this.#units.copyWithin(this.#gapStart, this.#gapEnd, this.#gapEnd + distance)
    this.#gapStart = index
    this.#gapEnd += distance
  }
}

const ascii = new TextDecoder()
