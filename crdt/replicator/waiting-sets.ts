import { hashKey, type HashKey, type SealedChangeSet } from './change-set.ts'

/** What waits of one author in one document, in bytes, so that nobody fills the place of all others. */
const authorBytesLimit = 4 * 1024 * 1024

/** All sets that wait in one document, in bytes. Past it, those lose theirs whose sets take most of the room. */
const bytesLimit = 16 * 1024 * 1024

/** What is left then: room is made for many at once, as it takes a look at everybody. */
const bytesLeft = 12 * 1024 * 1024

export interface WaitingSet {
  readonly set: SealedChangeSet
  /** It comes from the store: nobody else may have it, so no limit holds for it. */
  readonly stored: boolean
}

interface Waiting extends WaitingSet {
  /** Hash of what it lacks. */
  readonly lacked: HashKey
}

/** What waits of one author, but for what comes from the store. */
interface Share {
  readonly keys: Set<HashKey>
  bytes: number
}

/**
 * Sets that arrived before something they follow or depend on, by the hash of what they lack. Strangers decide how many
 * there are, so that each author has a share of the room.
 */
export class WaitingSets {
  readonly #sets = new Map<HashKey, Waiting>()
  /** By what they lack. */
  readonly #dependents = new Map<HashKey, Set<HashKey>>()
  readonly #shares = new Map<HashKey, Share>()
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
  add({ set, stored }: WaitingSet, missing: Uint8Array): 'waiting' | 'full' {
    const key = hashKey(set.hash)
    if (this.#sets.has(key)) return 'waiting'
    const bytes = this.#shares.get(hashKey(set.author))?.bytes ?? 0
    if (!stored && bytes + set.bytes.length > authorBytesLimit) return 'full'
    const lacked = hashKey(missing)
    this.#sets.set(key, { set, stored, lacked })
    const dependents = this.#dependents.get(lacked)
    if (dependents === undefined) this.#dependents.set(lacked, new Set([key]))
    else dependents.add(key)
    if (!stored) this.#share(key, set)
    if (this.#bytes > bytesLimit) this.#makeRoom()
    return this.#sets.has(key) ? 'waiting' : 'full'
  }

  /** @returns what waited for that set, and may wait for something else; the set itself waits no more */
  take(accepted: SealedChangeSet): WaitingSet[] {
    const hash = hashKey(accepted.hash)
    this.#remove(hash)
    const dependents = this.#dependents.get(hash) ?? []
    return [...dependents].flatMap((key) => this.#remove(key) ?? [])
  }

  /** Drops all but those of the store: nobody else may have them. */
  drop(): void {
    for (const share of this.#shares.values()) this.#dropShare(share)
  }

  #makeRoom(): void {
    const shares = [...this.#shares.values()].sort((one, other) => other.bytes - one.bytes)
    for (const share of shares) {
      if (this.#bytes <= bytesLeft) return
      this.#dropShare(share)
    }
  }

  #dropShare({ keys }: Share): void {
    for (const key of keys) this.#remove(key)
  }

  #share(key: HashKey, { author, bytes }: SealedChangeSet): void {
    const name = hashKey(author)
    let share = this.#shares.get(name)
    if (share === undefined) this.#shares.set(name, (share = { keys: new Set(), bytes: 0 }))
    share.keys.add(key)
    share.bytes += bytes.length
    this.#bytes += bytes.length
  }

  #remove(key: HashKey): WaitingSet | undefined {
    const waiting = this.#sets.get(key)
    if (waiting === undefined) return undefined
    const { set, stored, lacked } = waiting
    this.#sets.delete(key)
    const dependents = this.#dependents.get(lacked)
    dependents?.delete(key)
    if (dependents?.size === 0) this.#dependents.delete(lacked)
    if (!stored) this.#unshare(key, set)
    return { set, stored }
  }

  #unshare(key: HashKey, { author, bytes }: SealedChangeSet): void {
    const name = hashKey(author)
    const share = this.#shares.get(name)
    if (share?.keys.delete(key) !== true) return
    share.bytes -= bytes.length
    this.#bytes -= bytes.length
    if (share.keys.size === 0) this.#shares.delete(name)
  }
}
