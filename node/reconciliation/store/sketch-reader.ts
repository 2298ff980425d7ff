import type { HeadSnapshot } from '../heads/head-snapshot.ts'
import type { HeadRecord } from '../heads/head-record.ts'
import { estimateDifference, symbolsFor } from '../sketch/estimate.ts'
import { Peeling, type PeeledHash } from '../sketch/peeling.ts'
import type { StoreBodyOf } from './messages.ts'

/** Counts of a peer's first message, or of a peer's symbols so far, with ours. */
interface Counts {
  readonly theirs: Int32Array
  readonly ours: Int32Array
}

/** What comes of symbols. `more`: up to which. `failed`: no honest peer's, or hashes that collide, or too many. */
export type Reading =
  | { readonly kind: 'found'; readonly own: readonly PeeledHash[]; readonly wants: readonly PeeledHash[] }
  | { readonly kind: 'more'; readonly to: number }
  | { readonly kind: 'failed' }

/** Batches that are asked for. Of honest sketches one in twenty takes two, and one that takes more than four holds no more. */
const batchLimit = 4

const failed: Reading = Object.freeze({ kind: 'failed' })

/** The side of L2 that takes symbols of the other until they give away what differs. */
export class SketchReader {
  readonly #snapshot: HeadSnapshot
  /** Left out of the sketches. */
  readonly #without: readonly HeadRecord[]
  readonly #peeling: Peeling
  readonly #limit: number
  #theirs: Int32Array = new Int32Array(0)
  #asked = 0
  #batches = 0

  /** @param limit symbols taken at the most */
  constructor(snapshot: HeadSnapshot, without: readonly HeadRecord[], limit: number) {
    this.#snapshot = snapshot
    this.#without = without
    this.#limit = Math.min(limit, snapshot.symbolLimit)
    this.#peeling = new Peeling()
  }

  /** How many symbols were taken. */
  get taken(): number {
    return this.#peeling.length
  }

  /** Whether these are the symbols that are due. */
  isDue({ from, symbols, first }: StoreBodyOf<'sketch'>): boolean {
    const to = from + symbols.length
    if (from !== this.taken || symbols.length === 0) return false
    return first === undefined ? to <= this.#asked : to + first.counts.length <= this.#snapshot.symbolLimit
  }

  read({ from, symbols, first }: StoreBodyOf<'sketch'>): Reading {
    const to = from + symbols.length
    const ours = this.#snapshot.sketch(to + (first?.counts.length ?? 0), this.#without)
    this.#theirs = concatenated(this.#theirs.subarray(0, from), symbols.counts, first?.counts)
    switch (this.#peeling.extend(symbols, ours.slice(from, to))) {
      case 'complete':
        return this.#conclude()
      case 'stuck':
        return failed
      case 'open':
        return this.#ask({ theirs: this.#theirs, ours: ours.counts })
    }
  }

  /** The symbols that are still missing: as many as the estimate says, and where those were too few, more and more. */
  #ask({ theirs, ours }: Counts): Reading {
    if (this.taken < this.#asked) return { kind: 'more', to: this.#asked }
    if (this.#batches === batchLimit) return failed
    const wanted = symbolsFor(estimateDifference(theirs, ours), theirs.length)
    const least = Math.ceil(this.taken * (1 + 0.1 * 2 ** this.#batches)) + 8
    if (wanted > this.#limit || this.taken === this.#limit) return failed
    this.#batches++
    this.#asked = Math.min(this.#limit, Math.max(wanted, least))
    return { kind: 'more', to: this.#asked }
  }

  /** What is said to be ours must be so, and once: else hashes collide, or the other side has made it up. */
  #conclude(): Reading {
    const { own, lacked } = this.#peeling
    const isOurs = own.every(({ high, low }) => this.#snapshot.countWithHash(high, low) === 1)
    return isOurs ? { kind: 'found', own, wants: lacked } : failed
  }
}

function concatenated(...parts: readonly (Int32Array | undefined)[]): Int32Array {
  const whole = new Int32Array(parts.reduce((length, part) => length + (part?.length ?? 0), 0))
  let at = 0
  for (const part of parts) {
    if (part !== undefined) whole.set(part, at)
    at += part?.length ?? 0
  }
  return whole
}
