import type { KadDHTComponents } from '@libp2p/kad-dht'
import { Key } from 'interface-datastore'

type Datastore = KadDHTComponents['datastore']

/** As it was kept. */
export interface KeptHolding {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * What a peer holds, on the disk of its node: a copy of what is in memory, from which it is restored. What changes while one
 * batch is being written goes into the next, all of it at once.
 */
export class KeptHoldings {
  readonly #datastore: Datastore
  /** A node may carry several of these overlays. */
  readonly #root: string
  readonly #changed = new Map<string, Uint8Array | undefined>()
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(datastore: Datastore, protocol: string) {
    this.#datastore = datastore
    this.#root = `/kademlia${protocol}`
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<KeptHolding> {
    for await (const { key, value } of this.#datastore.query({ prefix: `${this.#root}/` })) {
      yield { name: key.toString().slice(this.#root.length), bytes: value }
    }
  }

  /** @param bytes undefined: it is held no longer. The caller gives them away */
  note(name: string, bytes: Uint8Array | undefined): void {
    this.#changed.set(name, bytes)
    if (this.#next !== undefined) return
    this.#next = this.#writeAfter(this.#writing)
    // Whoever needs to know asks `saved`; what only makes room is not worth a word.
    this.#next.catch(() => undefined)
  }

  /**
   * Resolves when what was noted so far would survive a crash. What could not be written is not tried again: it is written
   * when it changes.
   *
   * @throws what the datastore says
   */
  saved(): Promise<void> {
    return this.#next ?? this.#writing ?? Promise.resolve()
  }

  async #writeAfter(previous: Promise<void> | undefined): Promise<void> {
    await previous?.catch(() => undefined)
    this.#next = undefined
    const writing = this.#write()
    this.#writing = writing
    try {
      await writing
    } finally {
      if (this.#writing === writing) this.#writing = undefined
    }
  }

  async #write(): Promise<void> {
    const batch = this.#datastore.batch()
    for (const [name, bytes] of this.#changed) {
      const key = new Key(`${this.#root}${name}`, false)
      if (bytes === undefined) batch.delete(key)
      else batch.put(key, bytes)
    }
    this.#changed.clear()
    await batch.commit()
  }
}
