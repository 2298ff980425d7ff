import { hashKey, type HashKey, type SealedChangeSet } from './change-set.ts'

/** What waits of one author in one document, in bytes, so that nobody fills the place of all others. */
const authorBytesLimit = 4 * 1024 * 1024

/** All sets that wait in one document, in bytes. Past it, whose sets take most of the room loses them. */
const bytesLimit = 16 * 1024 * 1024

export interface WaitingSet {
  readonly set: SealedChangeSet
  /** It comes from the store: nobody else may have it, so no limit holds for it. */
  readonly stored: boolean
}

/**
 * Sets that arrived before something they follow or depend on, by the hash of what they lack. Strangers decide how many
 * there are, so that each author has a share of the room.
 */
export class WaitingSets {
  readonly #sets = new Map<HashKey, WaitingSet>()
  /** By what they lack. */
  readonly #dependents = new Map<HashKey, HashKey[]>()
  readonly #bytesByAuthor = new Map<string, number>()
  #bytes = 0

  get size(): number {
    return this.#sets.size
  }

  has(set: SealedChangeSet): boolean {
    return this.#sets.has(hashKey(set.hash))
  }

  /** Whether a set that waits lacks that one. */
  isLacked(hash: Uint8Array): boolean {
    return this.#dependents.has(hashKey(hash))
  }

  /** @param missing hash of a set that it lacks */
  add(waiting: WaitingSet, missing: Uint8Array): 'waiting' | 'full' {
    const { set, stored } = waiting
    const key = hashKey(set.hash)
    if (this.#sets.has(key)) return 'waiting'
    const author = authorOf(set)
    const bytes = this.#bytesByAuthor.get(author) ?? 0
    if (!stored && bytes + set.bytes.length > authorBytesLimit) return 'full'
    this.#sets.set(key, waiting)
    this.#count(waiting, 1)
    const lacked = hashKey(missing)
    const dependents = this.#dependents.get(lacked)
    if (dependents === undefined) this.#dependents.set(lacked, [key])
    else dependents.push(key)
    if (this.#bytes > bytesLimit) this.#drop(this.#greediest())
    return this.#sets.has(key) ? 'waiting' : 'full'
  }

  /** @returns what waited for that set, and may wait for something else; the set itself waits no more */
  take(accepted: SealedChangeSet): WaitingSet[] {
    const hash = hashKey(accepted.hash)
    this.#remove(hash)
    const dependents = this.#dependents.get(hash) ?? []
    this.#dependents.delete(hash)
    return dependents.flatMap((key) => this.#remove(key) ?? [])
  }

  /** Drops all but those of the store. */
  drop(): void {
    this.#drop(undefined)
  }

  /** @param author whose; all where it is left out */
  #drop(author: string | undefined): void {
    for (const [key, { set, stored }] of this.#sets) {
      if (!stored && (author === undefined || authorOf(set) === author)) this.#remove(key)
    }
    for (const [lacked, dependents] of this.#dependents) {
      const kept = dependents.filter((key) => this.#sets.has(key))
      if (kept.length > 0) this.#dependents.set(lacked, kept)
      else this.#dependents.delete(lacked)
    }
  }

  #greediest(): string | undefined {
    let most: readonly [author: string | undefined, bytes: number] = [undefined, 0]
    for (const [author, bytes] of this.#bytesByAuthor) if (bytes > most[1]) most = [author, bytes]
    return most[0]
  }

  #remove(key: HashKey): WaitingSet | undefined {
    const waiting = this.#sets.get(key)
    if (waiting === undefined) return undefined
    this.#sets.delete(key)
    this.#count(waiting, -1)
    return waiting
  }

  /** What comes from the store takes nobody's share. */
  #count({ set, stored }: WaitingSet, direction: 1 | -1): void {
    if (stored) return
    const author = authorOf(set)
    const bytes = (this.#bytesByAuthor.get(author) ?? 0) + direction * set.bytes.length
    if (bytes > 0) this.#bytesByAuthor.set(author, bytes)
    else this.#bytesByAuthor.delete(author)
    this.#bytes += direction * set.bytes.length
  }
}

function authorOf({ author }: SealedChangeSet): string {
  return hashKey(author)
}
