import { type AbortOptions, NotFoundError } from '@libp2p/interface'
import { BaseDatastore } from 'datastore-core/base'
import { Key, type Batch, type KeyQuery, type Pair, type Query } from 'interface-datastore'
import type { DocumentStore, StoredValue, ValueChange } from '../protocol/index.ts'

/** Under which libp2p's keys, which begin with `/`, stand among the small values of a store. */
const namespace = 'libp2p'

/**
 * A store of ours as a datastore of libp2p's: each key is a small value, at most 1 MiB. What was put would survive a crash
 * when the promise resolves. Puts made at once share a flush. The store is its opener's to close.
 *
 * @throws StoreFullError StoreFailedError StoreClosedError as the store, from whatever writes
 * @throws StoreDamagedError from what reads
 */
export class StoreDatastore extends BaseDatastore {
  readonly #store: DocumentStore

  constructor(store: DocumentStore) {
    super()
    this.#store = store
  }

  override async put(key: Key, value: Uint8Array, options?: AbortOptions): Promise<Key> {
    options?.signal?.throwIfAborted()
    await this.#store.put(nameOf(key), value)
    return key
  }

  /** @throws NotFoundError */
  override async get(key: Key, options?: AbortOptions): Promise<Uint8Array> {
    options?.signal?.throwIfAborted()
    const value = await this.#store.get(nameOf(key))
    if (value === undefined) throw new NotFoundError(`There is no ${key.toString()}`)
    return value
  }

  override async has(key: Key, options?: AbortOptions): Promise<boolean> {
    options?.signal?.throwIfAborted()
    return (await this.#store.get(nameOf(key))) !== undefined
  }

  override async delete(key: Key, options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    await this.#store.change([{ key: nameOf(key) }])
  }

  /** All of it is kept or nothing; of one key the last that was said counts. */
  override batch(): Batch {
    let changes: ValueChange[] = []
    return {
      put: (key, value) => void changes.push({ key: nameOf(key), value }),
      delete: (key) => void changes.push({ key: nameOf(key) }),
      commit: async (options) => {
        options?.signal?.throwIfAborted()
        const committed = changes
        changes = []
        await this.#store.change(committed)
      },
    }
  }

  override async *_all({ prefix }: Query, options?: AbortOptions): AsyncGenerator<Pair> {
    for (const { key, value } of await this.#scan(prefix, options)) yield { key: keyOf(key), value }
  }

  override async *_allKeys({ prefix }: KeyQuery, options?: AbortOptions): AsyncGenerator<Key> {
    for (const { key } of await this.#scan(prefix, options)) yield keyOf(key)
  }

  async #scan(prefix: string | undefined, options: AbortOptions | undefined): Promise<readonly StoredValue[]> {
    options?.signal?.throwIfAborted()
    if (prefix === undefined || prefix === '') return this.#store.scan(`${namespace}/`)
    return prefix.startsWith('/') ? this.#store.scan(`${namespace}${prefix}`) : []
  }
}

function nameOf(key: Key): string {
  return `${namespace}${key.toString()}`
}

function keyOf(name: string): Key {
  return new Key(name.slice(namespace.length), false)
}
