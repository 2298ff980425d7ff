import type { DocumentId } from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { DocumentLog } from './document-log.ts'
import { comparePlaces, type Place } from './replica-log.ts'

/** What one peer lacks of one document, given out bit by bit as credit allows. */
export class Transfer {
  readonly document: DocumentId
  /** Of two with one name, the later tells what is still lacking. */
  readonly name: string
  readonly #log: DocumentLog
  readonly #known: ReadonlyMap<ReplicaId, Place>
  readonly #without: ReadonlySet<ReplicaId>
  readonly #sets: readonly SealedChangeSet[]
  #next = 0

  /**
   * @param known how far the other is in the chains that it has
   * @param without chains of which nothing is sent
   * @param chain what it is about, where that is not the whole document
   */
  constructor(
    log: DocumentLog,
    known: ReadonlyMap<ReplicaId, Place>,
    without: Iterable<ReplicaId> = [],
    chain: ReplicaId | '' = '',
  ) {
    this.document = log.id
    this.name = `${log.id} ${chain}`
    this.#log = log
    this.#known = known
    this.#without = new Set(without)
    this.#sets = log.sets
  }

  /** @returns the bytes of the next set that is lacking there, undefined when nothing is left */
  next(): Uint8Array | undefined {
    // What is believed has changed: the other says again what it has, once it knows why.
    if (this.#log.sets !== this.#sets) return undefined
    while (this.#next < this.#sets.length) {
      const set = this.#sets[this.#next++] as SealedChangeSet
      if (this.#lacks(set)) return set.bytes
    }
    return undefined
  }

  #lacks(set: SealedChangeSet): boolean {
    const place = this.#log.placeOf(set)
    if (this.#without.has(place.name)) return false
    const known = this.#known.get(place.name)
    return known === undefined || comparePlaces(place, known) >= 0
  }
}
