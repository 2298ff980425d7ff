import { equals } from 'uint8arrays'
import { hashLength, type SealedChangeSet } from './change-set.ts'

/** Where a set stands to the chain of its replica. */
export type Fit =
  /** Continues the chain. */
  | 'next'
  /** Is in the chain already. */
  | 'known'
  /** Something before it is missing. */
  | 'gap'
  /** Its place is taken by another set, or it follows another past: the author wrote two histories. */
  | 'fork'
  /** Follows a set whose operations were no operations: nothing can come after that. */
  | 'spoiled'

const noHash: Uint8Array = new Uint8Array(hashLength)

/** The chain of one replica's sets in one document, without gaps, each linked to the one before by its hash. */
export class ReplicaLog {
  readonly #sets: SealedChangeSet[] = []
  #sequence = 0
  #fragment = 0
  #spoiled = false

  /** Operations whose sets are here up to the end of their transaction. */
  get sequence(): number {
    return this.#sequence
  }

  /** Sets here of a transaction whose end is missing. */
  get fragment(): number {
    return this.#fragment
  }

  get head(): Uint8Array {
    return this.#sets.at(-1)?.hash ?? noHash
  }

  fit(set: SealedChangeSet): Fit {
    const order = set.sequence - this.#sequence || set.fragment - this.#fragment
    if (order > 0) return 'gap'
    if (order < 0) return this.#has(set) ? 'known' : 'fork'
    if (this.#spoiled) return 'spoiled'
    return equals(set.previous, this.head) ? 'next' : 'fork'
  }

  /**
   * The newest transaction holds no operations that can be read. The chain ends here, as it does at every peer that
   * has the same sets.
   */
  spoil(): void {
    this.#spoiled = true
  }

  /** @param set one whose `fit` is `next` */
  append(set: SealedChangeSet): void {
    this.#sets.push(set)
    if (set.continues) this.#fragment++
    else {
      this.#sequence += set.count
      this.#fragment = 0
    }
  }

  /** The fragments of the transaction that ended with the newest set. */
  lastTransaction(): readonly SealedChangeSet[] {
    const last = this.#sets.at(-1)
    return last === undefined ? [] : this.#sets.slice(-1 - last.fragment)
  }

  #has(set: SealedChangeSet): boolean {
    const index = this.#indexOf(set.sequence, set.fragment)
    const kept = this.#sets[index]
    return kept !== undefined && equals(kept.hash, set.hash)
  }

  /** Binary search over (sequence, fragment). */
  #indexOf(sequence: number, fragment: number): number {
    let low = 0
    let high = this.#sets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const set = this.#sets[middle] as SealedChangeSet
      if ((set.sequence - sequence || set.fragment - fragment) < 0) low = middle + 1
      else high = middle
    }
    const found = this.#sets[low]
    return found?.sequence === sequence && found.fragment === fragment ? low : -1
  }
}
