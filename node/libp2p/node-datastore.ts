import { type AbortOptions, type Libp2p, NotFoundError, type PeerId } from '@libp2p/interface'
import { BaseDatastore } from 'datastore-core/base'
import { MemoryDatastore } from 'datastore-core/memory'
import type { Batch, Datastore, Key, KeyQuery, Pair, Query } from 'interface-datastore'
import { StoreDamagedError, type DocumentStore } from '../protocol/index.ts'
import { KeptAddresses } from './kept-addresses.ts'
import { StoreDatastore } from './store-datastore.ts'

/** What all keys of libp2p's peer store begin with. */
const addressPrefix = '/peers/'

type Prefixed = Pick<KeyQuery, 'prefix'>

/**
 * The datastore of a node: what libp2p knows of peers, and whatever its services keep, in a store. The former is bounded,
 * and written within five seconds; the latter is durable when it is acknowledged, and bounded by the service.
 */
export class NodeDatastore extends BaseDatastore {
  /** Whether anything is left of it when the process ends. */
  readonly isDurable: boolean
  readonly #values: Datastore
  readonly #addresses: KeptAddresses

  /** @param store left out, all is in memory */
  private constructor(store: DocumentStore | undefined, values: Datastore, addresses: readonly Pair[]) {
    super()
    this.isDurable = store !== undefined
    this.#values = values
    this.#addresses = new KeptAddresses(this.isDurable ? values : undefined, addresses)
  }

  /**
   * @param store where it is kept, its opener's to close; left out, in memory
   * @throws StoreClosedError
   */
  static async open(store?: DocumentStore): Promise<NodeDatastore> {
    const values = store === undefined ? new MemoryDatastore() : new StoreDatastore(store)
    return new NodeDatastore(store, values, await readAddresses(values))
  }

  /** The node itself and the peers that are connected make no room for others. To be called when there is a node. */
  protect(node: Pick<Libp2p, 'peerId' | 'getPeers'>): void {
    this.#addresses.protect(() => new Set([node.peerId, ...node.getPeers()].map(nameOf)))
  }

  /** Writes what was gathered. After the node has stopped, before the store is closed; to be used no more. */
  close(): Promise<void> {
    return this.#addresses.close()
  }

  override put(key: Key, value: Uint8Array, options?: AbortOptions): Key | Promise<Key> {
    if (!isAddress(key)) return this.#values.put(key, value, options)
    options?.signal?.throwIfAborted()
    this.#addresses.put(key, value)
    return key
  }

  override get(key: Key, options?: AbortOptions): Uint8Array | Promise<Uint8Array> {
    if (!isAddress(key)) return this.#values.get(key, options)
    options?.signal?.throwIfAborted()
    const value = this.#addresses.get(key)
    if (value === undefined) throw new NotFoundError(`There is no ${key.toString()}`)
    return value
  }

  override has(key: Key, options?: AbortOptions): boolean | Promise<boolean> {
    if (!isAddress(key)) return this.#values.has(key, options)
    options?.signal?.throwIfAborted()
    return this.#addresses.get(key) !== undefined
  }

  override delete(key: Key, options?: AbortOptions): void | Promise<void> {
    if (!isAddress(key)) return this.#values.delete(key, options)
    options?.signal?.throwIfAborted()
    this.#addresses.delete(key)
  }

  /** One act for all that is not of the peer store. */
  override batch(): Batch {
    const batch = this.#values.batch()
    let addresses: (() => void)[] = []
    return {
      put: (key, value) => {
        if (isAddress(key)) addresses.push(() => this.#addresses.put(key, value))
        else batch.put(key, value)
      },
      delete: (key) => {
        if (isAddress(key)) addresses.push(() => this.#addresses.delete(key))
        else batch.delete(key)
      },
      commit: async (options) => {
        await batch.commit(options)
        for (const change of addresses) change()
        addresses = []
      },
    }
  }

  override async *_all(query: Query, options?: AbortOptions): AsyncGenerator<Pair> {
    options?.signal?.throwIfAborted()
    if (overlaps(query)) yield* this.#addresses
    if (isOfAddresses(query)) return
    for await (const pair of this.#values.query(prefixOnly(query), options)) if (!isAddress(pair.key)) yield pair
  }

  override async *_allKeys(query: KeyQuery, options?: AbortOptions): AsyncGenerator<Key> {
    options?.signal?.throwIfAborted()
    if (overlaps(query)) for (const { key } of this.#addresses) yield key
    if (isOfAddresses(query)) return
    for await (const key of this.#values.queryKeys(prefixOnly(query), options)) if (!isAddress(key)) yield key
  }
}

/**
 * Whether a datastore keeps anything beyond the end of the process, as far as can be told. That of a node of somebody's own
 * is of his copy of the class.
 */
export function outlivesProcess(datastore: Datastore): boolean {
  return datastore instanceof NodeDatastore ? datastore.isDurable : datastore.constructor.name !== MemoryDatastore.name
}

/** Damaged, they are of no use and no loss: other peers tell them again. */
async function readAddresses(values: Datastore): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  try {
    for await (const pair of values.query({ prefix: addressPrefix })) pairs.push(pair)
  } catch (error) {
    if (!(error instanceof StoreDamagedError)) throw error
  }
  return pairs
}

/** As libp2p's peer store has it. */
function nameOf(peer: PeerId): string {
  return `${addressPrefix}${peer.toCID().toString()}`
}

function isAddress(key: Key): boolean {
  return key.toString().startsWith(addressPrefix)
}

function isOfAddresses({ prefix = '' }: Prefixed): boolean {
  return prefix.startsWith(addressPrefix)
}

function overlaps({ prefix = '' }: Prefixed): boolean {
  return addressPrefix.startsWith(prefix) || prefix.startsWith(addressPrefix)
}

/** The rest of a query is made once, of all that is found. */
function prefixOnly({ prefix }: Prefixed): { readonly prefix?: string } {
  return prefix === undefined ? {} : { prefix }
}
