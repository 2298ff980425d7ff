import type { Duration } from '../../node/protocol/index.ts'

const free = -1

/** Smoothed round trips by slot, 8 bytes each: a hash table with linear probing, at most half full. Never shrinks. */
export class RoundTrips {
  /** Slots at even places, each followed by its round trip; one that was forgotten has none. */
  #table = new Int32Array(0)
  #count = 0

  /** An eighth of each new measurement is taken, as TCP does (RFC 6298). */
  measured(slot: number, roundTrip: Duration): void {
    if (4 * (this.#count + 1) > this.#table.length) this.#grow()
    const place = this.#placeOf(slot)
    if (this.#table[place] === free) this.#count++
    const before = this.#table[place + 1] as number
    this.#table[place] = slot
    this.#table[place + 1] = before === free ? roundTrip : Math.round(before + (roundTrip - before) / 8)
  }

  get(slot: number): Duration | undefined {
    if (this.#count === 0) return undefined
    const duration = this.#table[this.#placeOf(slot) + 1] as number
    return duration === free ? undefined : duration
  }

  /** The place stays taken, as others may have been put after it. */
  forget(slot: number): void {
    if (this.#count > 0) this.#table[this.#placeOf(slot) + 1] = free
  }

  #placeOf(slot: number): number {
    const mask = this.#table.length - 2
    let place = (Math.imul(slot, 0x9e3779b1) >>> 7) & mask
    while (this.#table[place] !== free && this.#table[place] !== slot) place = (place + 2) & mask
    return place
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Int32Array(Math.max(16, 2 * before.length)).fill(free)
    for (let place = 0; place < before.length; place += 2) {
      const slot = before[place] as number
      if (slot === free) continue
      const to = this.#placeOf(slot)
      this.#table[to] = slot
      this.#table[to + 1] = before[place + 1] as number
    }
  }
}
