import { equals } from 'uint8arrays'
import { hashLength, type SealedChangeSet } from './change-set.ts'

/** Where a set stands to a chain. */
export type Fit =
  /** Continues the chain. */
  | 'next'
  /** Is in the chain already. */
  | 'known'
  /** Something before it is missing. */
  | 'gap'
  /** Follows a set that has another successor here: the author wrote two histories. */
  | 'fork'
  /** Follows a set that is not in the chain, in a place that is: it belongs to a history that begins further back. */
  | 'stray'
  /** Follows a set whose operations were no operations: nothing can come after that. */
  | 'spoiled'

/** Between the sets of a replica: so many operations and so many fragments of an unfinished transaction lie before it. */
export interface Place {
  readonly sequence: number
  readonly fragment: number
}

export const noHash: Uint8Array = new Uint8Array(hashLength)

/** What a chain begins behind: nothing, or another chain that has several continuations. */
export interface ChainStart extends Place {
  readonly head: Uint8Array
}

const beginning: ChainStart = { sequence: 0, fragment: 0, head: noHash }

/**
 * A chain of one replica's sets in one document, without gaps, each linked to the one before by its hash. Where the author
 * wrote two histories, the chain ends at the fork and each history is a chain of its own, counted from its start.
 */
export class ReplicaLog {
  readonly start: ChainStart
  readonly #sets: SealedChangeSet[] = []
  #sequence: number
  #fragment: number
  #spoiled = false

  constructor(start: ChainStart = beginning) {
    this.start = start
    this.#sequence = start.sequence
    this.#fragment = start.fragment
  }

  /** Operations of the chain whose sets are here up to the end of their transaction. */
  get sequence(): number {
    return this.#sequence - this.start.sequence
  }

  /** Sets here of a transaction whose end is missing. */
  get fragment(): number {
    return this.#fragment
  }

  get head(): Uint8Array {
    return this.#sets.at(-1)?.hash ?? this.start.head
  }

  get sets(): readonly SealedChangeSet[] {
    return this.#sets
  }

  fit(set: SealedChangeSet): Fit {
    const order = comparePlaces(set, { sequence: this.#sequence, fragment: this.#fragment })
    if (order > 0) return 'gap'
    if (order === 0) {
      if (!equals(set.previous, this.head)) return 'stray'
      return this.#spoiled ? 'spoiled' : 'next'
    }
    const sibling = this.at(set)
    if (sibling === undefined) return 'stray'
    if (equals(sibling.hash, set.hash)) return 'known'
    return equals(sibling.previous, set.previous) ? 'fork' : 'stray'
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
      this.#sequence = set.sequence + set.count
      this.#fragment = 0
    }
  }

  /** The fragments, here, of the transaction that ended with the newest set. */
  lastTransaction(): readonly SealedChangeSet[] {
    const last = this.#sets.at(-1)
    return last === undefined ? [] : this.#sets.slice(-1 - last.fragment)
  }

  /** The set that begins at that place of the replica. */
  at(place: Place): SealedChangeSet | undefined {
    const found = this.#sets[this.#search(place)]
    return found !== undefined && comparePlaces(found, place) === 0 ? found : undefined
  }

  /** The last set of the transaction that holds that operation of the replica. */
  holder(sequence: number): SealedChangeSet | undefined {
    if (sequence >= this.#sequence) return undefined
    return this.#sets[this.#search({ sequence: sequence + 1, fragment: 0 }) - 1]
  }

  /** Hash of the set that ends at that place of the replica; undefined where none does. */
  headAt(place: Place): Uint8Array | undefined {
    if (comparePlaces(place, this.start) === 0) return this.start.head
    if (comparePlaces(place, { sequence: this.#sequence, fragment: this.#fragment }) === 0) return this.head
    return this.at(place)?.previous
  }

  /** Binary search: how many sets begin before the place. */
  #search(place: Place): number {
    let low = 0
    let high = this.#sets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (comparePlaces(this.#sets[middle] as SealedChangeSet, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

export function comparePlaces(one: Place, other: Place): number {
  return one.sequence - other.sequence || one.fragment - other.fragment
}
