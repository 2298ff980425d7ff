import type { Datastore, Key, Pair } from 'interface-datastore'
import type { Duration } from '../protocol/index.ts'

/** Peers that are remembered. */
const peerLimit = 4096
/** What is known of one peer, in bytes: more than libp2p's identify takes. More is not kept on disk. */
const peerLimitBytes = 16_384
/** How long changes are gathered before they are written. */
const gatherFor: Duration = 5_000
/** So many at once make room for those that come after them. */
const madeRoom = 256

interface Kept {
  readonly key: Key
  readonly value: Uint8Array
}

/**
 * What libp2p's peer store holds. It writes for each stream and each round of identify, and loses nothing that others would
 * not tell again: so it is all in memory, and what has changed is written now and then, one transaction for all of it.
 */
export class KeptAddresses {
  /** By key, the peer that was written last at the end. */
  readonly #peers = new Map<string, Kept>()
  readonly #changed = new Map<string, Key>()
  readonly #values: Datastore | undefined
  #needed: () => ReadonlySet<string> = () => new Set()
  #timer: ReturnType<typeof setTimeout> | undefined
  #writing: Promise<void> | undefined
  #closed = false

  /** @param values where they are kept; undefined: nowhere */
  constructor(values: Datastore | undefined, peers: Iterable<Pair>) {
    this.#values = values
    for (const { key, value } of peers) this.#peers.set(key.toString(), { key, value })
    this.#makeRoom()
  }

  [Symbol.iterator](): Iterator<Pair> {
    return [...this.#peers.values()][Symbol.iterator]()
  }

  get(key: Key): Uint8Array | undefined {
    return this.#peers.get(key.toString())?.value
  }

  put(key: Key, value: Uint8Array): void {
    this.#peers.delete(key.toString())
    this.#peers.set(key.toString(), { key, value })
    this.#note(key)
    this.#makeRoom()
  }

  delete(key: Key): void {
    if (this.#peers.delete(key.toString())) this.#note(key)
  }

  /** @param needed keys of peers that make no room for others: libp2p counts on what it knows of them */
  protect(needed: () => ReadonlySet<string>): void {
    this.#needed = needed
  }

  /** Resolves when what is known now has been written, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#writing !== undefined || this.#changed.size > 0) {
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
      await this.#writing
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return this.flush()
  }

  #note(key: Key): void {
    if (this.#values === undefined || this.#closed) return
    this.#changed.set(key.toString(), key)
    this.#timer ??= setTimeout(() => void this.flush(), gatherFor)
  }

  /** A store that takes nothing says so itself, to whoever listens to it; what it did not take is written when it changes. */
  async #write(): Promise<void> {
    const batch = this.#values?.batch()
    if (batch === undefined) return
    for (const [name, key] of this.#changed) {
      const value = this.#peers.get(name)?.value
      if (value === undefined || value.length > peerLimitBytes) batch.delete(key)
      else batch.put(key, value)
    }
    this.#changed.clear()
    try {
      await batch.commit()
    } catch {
      // See above.
    }
  }

  #makeRoom(): void {
    if (this.#peers.size <= peerLimit) return
    const needed = this.#needed()
    let left = madeRoom
    for (const [name, { key }] of this.#peers) {
      if (left === 0) return
      if (needed.has(name)) continue
      left--
      this.#peers.delete(name)
      this.#note(key)
    }
  }
}
