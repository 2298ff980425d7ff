/** No slot. */
export const none = -1

const smallest = 16

/**
 * Slots by a hash of 32 bits that each of them has: open addressing, linear probing, entries moved back when one is
 * deleted. Slots with equal hashes lie side by side, so whoever looks for one goes from `home` on until `none`:
 *
 *     for (let at = table.home(hash); (slot = table.slotAt(at)) !== none; at = table.after(at)) …
 */
export class SlotTable {
  #slots: Int32Array = new Int32Array(smallest).fill(none)
  #size = 0

  home(hash: number): number {
    return hash & (this.#slots.length - 1)
  }

  after(at: number): number {
    return (at + 1) & (this.#slots.length - 1)
  }

  slotAt(at: number): number {
    return this.#slots[at] as number
  }

  /** @param hashes of all slots, the new one's among them */
  add(slot: number, hashes: Uint32Array): void {
    if (4 * (this.#size + 1) > 3 * this.#slots.length) this.#grow(hashes)
    this.#size++
    this.#put(slot, hashes)
  }

  /** @param hashes of all slots, the deleted one's still among them */
  delete(slot: number, hashes: Uint32Array): void {
    let hole = this.home(hashes[slot] as number)
    while (this.slotAt(hole) !== slot) hole = this.after(hole)
    const mask = this.#slots.length - 1
    for (let at = this.after(hole); ; at = this.after(at)) {
      const moved = this.slotAt(at)
      if (moved === none) break
      const home = this.home(hashes[moved] as number)
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      this.#slots[hole] = moved
      hole = at
    }
    this.#slots[hole] = none
    this.#size--
  }

  #put(slot: number, hashes: Uint32Array): void {
    let at = this.home(hashes[slot] as number)
    while (this.slotAt(at) !== none) at = this.after(at)
    this.#slots[at] = slot
  }

  #grow(hashes: Uint32Array): void {
    const old = this.#slots
    this.#slots = new Int32Array(2 * old.length).fill(none)
    for (const slot of old) if (slot !== none) this.#put(slot, hashes)
  }
}
