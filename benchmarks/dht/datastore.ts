import { BaseDatastore } from 'datastore-core'
import { Key, type Pair, type Query } from 'interface-datastore'
import type { DocumentStore } from '../../node/protocol/index.ts'

/** A store of ours as the datastore of a libp2p node, so that its DHT writes to the same kind of disk. */
export class StoreDatastore extends BaseDatastore {
  readonly #store: DocumentStore

  constructor(store: DocumentStore) {
    super()
    this.#store = store
  }

  override async put(key: Key, value: Uint8Array): Promise<Key> {
    await this.#store.put(key.toString(), value)
    return key
  }

  override async get(key: Key): Promise<Uint8Array> {
    const value = await this.#store.get(key.toString())
    if (value !== undefined) return value
    // libp2p tells it from other failures by this name.
    throw Object.assign(new Error(`There is no ${key.toString()}`), { name: 'NotFoundError' })
  }

  override async has(key: Key): Promise<boolean> {
    return (await this.#store.get(key.toString())) !== undefined
  }

  override async delete(key: Key): Promise<void> {
    await this.#store.change([{ key: key.toString() }])
  }

  override async *_all({ prefix = '' }: Query): AsyncGenerator<Pair> {
    for (const { key, value } of await this.#store.scan(prefix)) yield { key: new Key(key), value }
  }

  override async *_allKeys({ prefix = '' }: { readonly prefix?: string }): AsyncGenerator<Key> {
    for (const { key } of await this.#store.scan(prefix)) yield new Key(key)
  }
}
