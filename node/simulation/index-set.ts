const vacant = -1
const leastCapacity = 8

/**
 * A set of peers by number: open addressing in one array of 32-bit words, four to eight bytes for each. Peers that talk
 * to everybody have thousands of links, and a `Set` takes ten times as much.
 */
export class IndexSet {
  #size = 0
  #slots: Int32Array = new Int32Array(leastCapacity).fill(vacant)

  get size(): number {
    return this.#size
  }

  has(index: number): boolean {
    return this.#slots[this.#find(index)] === index
  }

  /** @returns whether it was not there before */
  add(index: number): boolean {
    const at = this.#find(index)
    if (this.#slots[at] === index) return false
    this.#slots[at] = index
    this.#size++
    // Never full, so that a search always ends.
    if (this.#size * 4 > this.#slots.length * 3) this.#resize(this.#slots.length * 2)
    return true
  }

  /** @returns whether it was there */
  delete(index: number): boolean {
    const at = this.#find(index)
    if (this.#slots[at] !== index) return false
    this.#slots[at] = vacant
    this.#size--
    this.#close(at)
    return true
  }

  values(): number[] {
    return Array.from(this.#slots.filter((index) => index !== vacant))
  }

  /** @returns where the index is, or where it would be put */
  #find(index: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = home(index) & mask
    while (slots[at] !== vacant && slots[at] !== index) at = (at + 1) & mask
    return at
  }

  /** Moves up what was displaced by the one that went, so that no search ends at the gap. */
  #close(gap: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let vacated = gap
    for (let at = (gap + 1) & mask; slots[at] !== vacant; at = (at + 1) & mask) {
      const index = slots[at] as number
      const wanted = home(index) & mask
      if (((at - wanted) & mask) < ((at - vacated) & mask)) continue
      slots[vacated] = index
      slots[at] = vacant
      vacated = at
    }
  }

  #resize(capacity: number): void {
    const old = this.#slots
    this.#slots = new Int32Array(capacity).fill(vacant)
    for (const index of old) if (index !== vacant) this.#slots[this.#find(index)] = index
  }
}

function home(index: number): number {
  const hash = Math.imul(index, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}
