/** A mixer of 32 bits (Wellons, "Prospecting for hash functions"). */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** What tells a symbol of one hash from one of several that happen to add up. */
export function checksum(high: number, low: number): number {
  return mix((mix(low ^ 0x9e3779b9) + Math.imul(high, 0x85ebca6b)) | 0)
}

/**
 * The symbols that a hash is part of, in ascending order, the first always 0. Symbol i has a hash with a chance of about
 * 1/(1 + i/2): Yang et al., section 4.2, whose step from i is ⌈(i + 1.5)·(1/√u − 1)⌉ for an even u of (0, 1].
 */
export class SymbolWalk {
  index = 0
  /** State of the generator xoroshiro64* (Blackman and Vigna), seeded with all 64 bits. */
  first = 0
  second = 0

  start(high: number, low: number): void {
    this.index = 0
    this.first = mix(low ^ 0x51ed270b)
    this.second = mix(high ^ 0x2545f491)
    if (this.first === 0 && this.second === 0) this.second = 1
  }

  advance(): void {
    const { first } = this
    const drawn = Math.imul(first, 0x9e3779bb) >>> 0
    const second = this.second ^ first
    this.first = ((first << 26) | (first >>> 6)) ^ second ^ (second << 9)
    this.second = (second << 13) | (second >>> 19)
    const step = Math.ceil((this.index + 1.5) * (0x1_0000 / Math.sqrt(drawn + 1) - 1))
    this.index += step < 1 ? 1 : step
  }
}
