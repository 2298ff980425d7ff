import { SymbolWalk, checksum } from './symbol-walk.ts'

const walk = new SymbolWalk()

/**
 * The first so many coded symbols of a set of 64-bit hashes: Yang et al., "Practical Rateless Set Reconciliation"
 * (SIGCOMM 2024). A symbol is the exclusive or of the hashes that it has, that of their checksums, and their number; any
 * beginning of the sequence is a sketch of the set, and the difference of two sketches is that of the difference of the sets.
 */
export class Sketch {
  /** How many symbols. */
  readonly length: number
  readonly highs: Uint32Array
  readonly lows: Uint32Array
  readonly checks: Uint32Array
  readonly counts: Int32Array

  constructor(length: number) {
    this.length = length
    this.highs = new Uint32Array(length)
    this.lows = new Uint32Array(length)
    this.checks = new Uint32Array(length)
    this.counts = new Int32Array(length)
  }

  /** Adds a hash, or, with the sign −1, takes it away. */
  change(high: number, low: number, sign: 1 | -1): void {
    const { length, highs, lows, checks, counts } = this
    const check = checksum(high, low)
    walk.start(high, low)
    while (walk.index < length) {
      const { index } = walk
      highs[index] = (highs[index] as number) ^ high
      lows[index] = (lows[index] as number) ^ low
      checks[index] = (checks[index] as number) ^ check
      counts[index] = (counts[index] as number) + sign
      walk.advance()
    }
  }

  /** A copy of its symbols from one on up to but without another. */
  slice(from: number, to: number): Sketch {
    return this.#copied(from, to, Math.max(0, Math.min(to, this.length) - from))
  }

  /** A copy with further symbols, of no hash. */
  extended(length: number): Sketch {
    return this.#copied(0, this.length, length)
  }

  #copied(from: number, to: number, length: number): Sketch {
    const copy = new Sketch(length)
    copy.highs.set(this.highs.subarray(from, to))
    copy.lows.set(this.lows.subarray(from, to))
    copy.checks.set(this.checks.subarray(from, to))
    copy.counts.set(this.counts.subarray(from, to))
    return copy
  }
}
