import type { Dot, ReplicaId } from '../index.ts'
import { changeSetKey, type SealedChangeSet } from './change-set.ts'

/** All sets that wait in one document, in bytes. */
const bytesLimit = 8 * 1024 * 1024

export interface WaitingSet {
  readonly set: SealedChangeSet
  /** It comes from the store: nobody else may have it, so no limit holds for it. */
  readonly stored: boolean
}

interface Dependent {
  readonly key: string
  /** The operation that it lacks. */
  readonly sequence: number
}

/**
 * Sets that arrived before something they depend on. They are found by what they wait for, since strangers decide how
 * many there are: a set before them in their own chain, or an operation of another replica.
 */
export class WaitingSets {
  readonly #sets = new Map<string, WaitingSet>()
  /** Sets that follow their own chain, by the replica whose operation they lack; the lowest sequence last. */
  readonly #dependents = new Map<ReplicaId, Dependent[]>()
  #bytes = 0

  get size(): number {
    return this.#sets.size
  }

  has(set: SealedChangeSet): boolean {
    return this.#sets.has(changeSetKey(set))
  }

  /** @param missing what it lacks of another replica; undefined where its own chain has a gap before it */
  add({ set, stored }: WaitingSet, missing: Dot | undefined): 'waiting' | 'full' {
    const key = changeSetKey(set)
    if (this.#sets.has(key)) return 'waiting'
    if (!stored && this.#bytes + set.bytes.length > bytesLimit) return 'full'
    this.#sets.set(key, { set, stored })
    this.#bytes += set.bytes.length
    if (missing !== undefined) this.#depend({ key, sequence: missing.sequence }, missing.replica)
    return 'waiting'
  }

  /**
   * @param accepted the newest set of its chain
   * @param sequence operations of the chain, that set included
   * @param fragment sets of an unfinished transaction after them
   * @returns what waited for it, and may wait for something else
   */
  take(accepted: SealedChangeSet, sequence: number, fragment: number): WaitingSet[] {
    const { replica } = accepted
    this.#remove(changeSetKey(accepted))
    const taken = [this.#remove(changeSetKey({ replica, sequence, fragment }))]
    const dependents = this.#dependents.get(replica) ?? []
    for (let last = dependents.at(-1); last !== undefined && last.sequence < sequence; last = dependents.at(-1)) {
      dependents.pop()
      taken.push(this.#remove(last.key))
    }
    if (dependents.length === 0) this.#dependents.delete(replica)
    return taken.filter((waiting) => waiting !== undefined)
  }

  /** Drops all but those of the store. */
  drop(): void {
    for (const [key, { stored }] of this.#sets) if (!stored) this.#remove(key)
    for (const [replica, dependents] of this.#dependents) {
      const kept = dependents.filter(({ key }) => this.#sets.has(key))
      if (kept.length > 0) this.#dependents.set(replica, kept)
      else this.#dependents.delete(replica)
    }
  }

  #remove(key: string): WaitingSet | undefined {
    const waiting = this.#sets.get(key)
    if (waiting === undefined) return undefined
    this.#sets.delete(key)
    this.#bytes -= waiting.set.bytes.length
    return waiting
  }

  #depend(dependent: Dependent, replica: ReplicaId): void {
    const list = this.#dependents.get(replica)
    if (list === undefined) this.#dependents.set(replica, [dependent])
    else list.splice(firstUpTo(list, dependent.sequence), 0, dependent)
  }
}

/** Binary search for the first that lacks nothing beyond `sequence`. */
function firstUpTo(dependents: readonly Dependent[], sequence: number): number {
  let low = 0
  let high = dependents.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((dependents[middle] as Dependent).sequence > sequence) low = middle + 1
    else high = middle
  }
  return low
}
