import {
  Listeners,
  StoreClosedError,
  assert,
  assertStorable,
  assertStorableValues,
  storedSizeLimitBytes,
  type DocumentId,
  type DocumentStore,
  type ListedDocument,
  type ReplicaLease,
  type StoreEvent,
  type StoredChangeSet,
  type StoredDocument,
  type StoredValue,
  type ValueChange,
  type SubscribeOptions,
} from '../../protocol/index.ts'

/** A store that lasts as long as it is open, for tests and for peers without a directory. Nothing is shared between two. */
export function memoryStore(): DocumentStore {
  return new MemoryStore()
}

class MemoryStore implements DocumentStore {
  readonly #changes = new Map<DocumentId, Map<string, StoredChangeSet>>()
  readonly #documents = new Map<DocumentId, StoredDocument>()
  readonly #values = new Map<string, Uint8Array>()
  readonly #listeners = new Listeners<StoreEvent>()
  readonly #free = new Set<number>()
  #nextCounter = 0
  /** Those below were leased when something was removed. */
  #leastFree = 0
  #closed = false

  async append(sets: readonly StoredChangeSet[]): Promise<void> {
    this.#assertOpen()
    for (const set of sets) assertStorable(set)
    for (const set of sets) {
      let changes = this.#changes.get(set.document)
      if (changes === undefined) this.#changes.set(set.document, (changes = new Map()))
      const key = `${set.sequence} ${set.fragment} ${set.replica}`
      if (!changes.has(key)) changes.set(key, copyOf(set))
    }
  }

  async load(document: DocumentId): Promise<readonly StoredChangeSet[]> {
    this.#assertOpen()
    return Array.from(this.#changes.get(document)?.values() ?? [], copyOf)
  }

  async create(document: StoredDocument): Promise<void> {
    this.#assertOpen()
    assert(
      document.genesis.length <= storedSizeLimitBytes,
      'a genesis is no larger than what a store keeps in one piece',
    )
    if (this.#documents.has(document.id)) return
    this.#documents.set(document.id, { id: document.id, genesis: document.genesis.slice() })
  }

  async list(): Promise<readonly ListedDocument[]> {
    this.#assertOpen()
    const documents = Array.from(this.#documents.values(), ({ id, genesis }) => {
      return { id, genesis: genesis.slice(), changeSets: this.#changes.get(id)?.size ?? 0 }
    })
    return documents.sort((one, other) => (one.id < other.id ? -1 : 1))
  }

  async remove(document: DocumentId): Promise<void> {
    this.#assertOpen()
    this.#changes.delete(document)
    this.#documents.delete(document)
    this.#free.clear()
    this.#leastFree = this.#nextCounter
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    return this.#values.get(key)?.slice()
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    this.#assertOpen()
    assert(value.length <= storedSizeLimitBytes, 'a value is no larger than what a store keeps in one piece')
    this.#values.set(key, value.slice())
  }

  async scan(prefix: string): Promise<readonly StoredValue[]> {
    this.#assertOpen()
    const found = [...this.#values].filter(([key]) => key.startsWith(prefix))
    return found.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => ({ key, value: value.slice() }))
  }

  async change(changes: readonly ValueChange[]): Promise<void> {
    this.#assertOpen()
    assertStorableValues(changes)
    for (const { key, value } of changes) {
      if (value === undefined) this.#values.delete(key)
      else this.#values.set(key, value.slice())
    }
  }

  async lease(): Promise<ReplicaLease> {
    this.#assertOpen()
    const [free] = this.#free
    if (free !== undefined) this.#free.delete(free)
    const counter = free ?? this.#nextCounter++
    let held = true
    return {
      counter,
      release: async (): Promise<void> => {
        this.#assertOpen()
        if (held && counter >= this.#leastFree) this.#free.add(counter)
        held = false
      },
    }
  }

  subscribe(listener: (event: StoreEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#changes.clear()
    this.#documents.clear()
    this.#values.clear()
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreClosedError()
  }
}

/** Neither what was given nor what is given back may change what is kept. */
function copyOf(set: StoredChangeSet): StoredChangeSet {
  const { document, replica, sequence, fragment, bytes } = set
  return { document, replica, sequence, fragment, bytes: bytes.slice() }
}
