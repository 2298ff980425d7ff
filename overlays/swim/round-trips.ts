import type { Duration } from '../../node/protocol/index.ts'

const free = -1

/** Smoothed round trips by slot, 8 bytes each: a hash table with linear probing, at most half full. Never shrinks. */
export class RoundTrips {
  #slots = new Int32Array(0)
  #durations = new Int32Array(0)
  #count = 0

  /** An eighth of each new measurement is taken, as TCP does (RFC 6298). */
  measured(slot: number, roundTrip: Duration): void {
    if (2 * (this.#count + 1) > this.#slots.length) this.#grow()
    const place = this.#placeOf(slot)
    if (this.#slots[place] === free || this.#durations[place] === free) {
      if (this.#slots[place] === free) this.#count++
      this.#slots[place] = slot
      this.#durations[place] = roundTrip
      return
    }
    const before = this.#durations[place] as number
    this.#durations[place] = Math.round(before + (roundTrip - before) / 8)
  }

  get(slot: number): Duration | undefined {
    if (this.#count === 0) return undefined
    const duration = this.#durations[this.#placeOf(slot)] as number
    return duration === free ? undefined : duration
  }

  /** The place stays taken, as others may have been put after it. */
  forget(slot: number): void {
    if (this.#count > 0) this.#durations[this.#placeOf(slot)] = free
  }

  #placeOf(slot: number): number {
    const mask = this.#slots.length - 1
    let place = (Math.imul(slot, 0x9e3779b1) >>> 7) & mask
    while (this.#slots[place] !== free && this.#slots[place] !== slot) place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const [slots, durations] = [this.#slots, this.#durations]
    const size = Math.max(8, 2 * slots.length)
    this.#slots = new Int32Array(size).fill(free)
    this.#durations = new Int32Array(size).fill(free)
    for (const [place, slot] of slots.entries()) {
      if (slot === free) continue
      const to = this.#placeOf(slot)
      this.#slots[to] = slot
      this.#durations[to] = durations[place] as number
    }
  }
}
