/** Below this the halves would be too narrow to mix. */
const leastBits = 6

const rounds = 4

/**
 * A permutation of 0 … size − 1 that is computed instead of stored: a Feistel network over the next power of two, walked
 * on until it hits the range (cycle walking: Black, Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Another
 * key gives another permutation. It mixes; it keeps no secret.
 */
export class Permutation {
  readonly size: number
  readonly #key: number
  readonly #rightBits: number
  readonly #leftMask: number
  readonly #rightMask: number

  /** @param size at most 2^30 @param key an integer of 32 bits */
  constructor(size: number, key: number) {
    const bits = Math.max(leastBits, 32 - Math.clz32(Math.max(0, size - 1)))
    this.size = size
    this.#key = key
    this.#rightBits = bits >> 1
    this.#rightMask = (1 << this.#rightBits) - 1
    this.#leftMask = (1 << (bits - this.#rightBits)) - 1
  }

  /** @returns the number at that place, 0 ≤ place < size */
  at(place: number): number {
    let value = place
    do value = this.#forward(value)
    while (value >= this.size)
    return value
  }

  /** @returns the place of that number, 0 ≤ number < size */
  placeOf(number: number): number {
    let value = number
    do value = this.#backward(value)
    while (value >= this.size)
    return value
  }

  #forward(value: number): number {
    let [left, right] = [value >>> this.#rightBits, value & this.#rightMask]
    for (let round = 0; round < rounds; round += 2) {
      left ^= this.#mix(right, round) & this.#leftMask
      right ^= this.#mix(left, round + 1) & this.#rightMask
    }
    return (left << this.#rightBits) | right
  }

  #backward(value: number): number {
    let [left, right] = [value >>> this.#rightBits, value & this.#rightMask]
    for (let round = rounds - 2; round >= 0; round -= 2) {
      right ^= this.#mix(left, round + 1) & this.#rightMask
      left ^= this.#mix(right, round) & this.#leftMask
    }
    return (left << this.#rightBits) | right
  }

  #mix(half: number, round: number): number {
    let hash = Math.imul(half + this.#key + Math.imul(round, 0x9e3779b9), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    return (hash ^ (hash >>> 13)) >>> 3
  }
}
