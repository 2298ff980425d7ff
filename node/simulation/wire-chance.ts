import type { Random } from '../protocol/index.ts'

/**
 * The chance of the wires: each peer has a sequence of its own, so that one that sends more leaves the others' as they
 * were. A counter-based generator: the n-th number of a peer is a hash of both, and a counter is all that is kept.
 */
export class WireChance implements Random {
  readonly #seed: number
  readonly #counts: number[] = []
  #peer = 0

  constructor(seed: number) {
    this.#seed = seed | 0
  }

  addPeer(): void {
    this.#counts.push(0)
  }

  /** @returns this, drawing for that peer until it is asked for another one */
  of(peer: number): this {
    this.#peer = peer
    return this
  }

  next(): number {
    const count = (this.#counts[this.#peer] as number) + 1
    this.#counts[this.#peer] = count
    const sequence = Math.imul(this.#peer + 1, 0x9e3779b1) ^ this.#seed
    return (mix(mix(count + this.#seed) ^ sequence) >>> 0) / 0x1_0000_0000
  }
}

/** Wellons' lowbias32: every bit of the word changes every bit of the result with nearly even odds. */
function mix(word: number): number {
  let hash = word ^ (word >>> 16)
  hash = Math.imul(hash, 0x7feb352d)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x846ca68b)
  return hash ^ (hash >>> 16)
}
