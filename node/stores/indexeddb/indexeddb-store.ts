import {
  Listeners,
  StoreClosedError,
  StoreDamagedError,
  StoreFailedError,
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
  type SubscribeOptions,
  type ValueChange,
} from '../../protocol/index.ts'
import { AppendQueue } from './append-queue.ts'
import {
  answerOf,
  changes,
  changesByDocument,
  completionOf,
  documents,
  internals,
  openDatabase,
  storeError,
  values,
  type StoreName,
} from './database.ts'
import { holdLock, type HeldLock } from './held-lock.ts'

/** The replica counters. Whatever is neither free nor from `next` on is held by a tab, or was lost with one. */
interface Counters {
  readonly next: number
  readonly free: readonly number[]
  /** Those below were leased when something was removed, and are not given out again. */
  readonly least?: number
}

/** More are not kept: the rest count as lost. */
const freeCounterLimit = 1_000

/**
 * Opens the store of this name and origin, made when it is not there. All tabs share it: a change set that one tab
 * appends, another loads.
 *
 * @throws StoreInUseError when a tab with an older format does not let go of the database
 * @throws StoreFullError
 * @throws StoreFailedError when the browser refuses, the page is no secure context (no Web Locks), or the format is
 * newer than this release
 */
export async function openIndexedDbStore(name: string): Promise<DocumentStore> {
  if (!globalThis.isSecureContext) {
    throw new StoreFailedError(`Cannot open the store ${name}: Web Locks need https, or http on this very machine`)
  }
  return new IndexedDbStore(name, await openDatabase(name))
}

class IndexedDbStore implements DocumentStore {
  readonly #name: string
  readonly #database: IDBDatabase
  readonly #appends: AppendQueue
  readonly #underWay = new Set<Promise<void>>()
  readonly #locks = new Set<HeldLock>()
  readonly #listeners = new Listeners<StoreEvent>()
  #failure: StoreFailedError | undefined
  #closing: Promise<void> | undefined

  constructor(name: string, database: IDBDatabase) {
    this.#name = name
    this.#database = database
    this.#appends = new AppendQueue((sets) => this.#write([changes], (transaction) => addAll(transaction, sets)))
    // A newer release, or whoever clears the site's data, waits until every older tab has let go.
    database.addEventListener('versionchange', () => {
      this.#fail(new StoreFailedError(`The store ${name} was given up to a newer release. Reload the page`))
      database.close()
    })
    database.addEventListener('close', () => {
      this.#fail(
        new StoreFailedError(`The browser has closed the store ${name}: its data was cleared or cannot be read`),
      )
    })
  }

  async append(sets: readonly StoredChangeSet[]): Promise<void> {
    if (this.#closing !== undefined) throw new StoreClosedError()
    for (const set of sets) assertStorable(set)
    await this.#appends.append(sets.map(copyOf))
  }

  async load(document: DocumentId): Promise<readonly StoredChangeSet[]> {
    return this.#read<StoredChangeSet[]>(changes, (store) =>
      store.index(changesByDocument).getAll(IDBKeyRange.only(document)),
    )
  }

  async create({ id, genesis }: StoredDocument): Promise<void> {
    this.#takeTurn()
    assert(genesis.length <= storedSizeLimitBytes, 'a genesis is no larger than what a store keeps in one piece')
    await this.#write([documents], (transaction) => {
      tolerateDuplicate(transaction.objectStore(documents).add({ id, genesis: genesis.slice() }))
    })
  }

  async list(): Promise<readonly ListedDocument[]> {
    this.#takeTurn()
    // One transaction, so that documents and numbers belong together.
    const transaction = this.#begin([documents, changes], 'readonly')
    const sets = transaction.objectStore(changes).index(changesByDocument)
    try {
      const found = await answerOf<StoredDocument[]>(transaction.objectStore(documents).getAll())
      const numbers = found.map(({ id }) => answerOf(sets.count(IDBKeyRange.only(id))))
      const counted = await Promise.all(numbers)
      return found.map((document, place) => ({ ...document, changeSets: counted[place] ?? 0 }))
    } catch (cause) {
      throw this.#unreadable(cause)
    }
  }

  async remove(document: DocumentId): Promise<void> {
    this.#takeTurn()
    await this.#write([documents, changes, internals], (transaction) => {
      changeCounters(transaction, ({ next }) => ({ next, free: [], least: next }))
      transaction.objectStore(documents).delete(document)
      const found = transaction.objectStore(changes).index(changesByDocument).openKeyCursor(IDBKeyRange.only(document))
      found.addEventListener('success', () => {
        if (found.result === null) return
        transaction.objectStore(changes).delete(found.result.primaryKey)
        found.result.continue()
      })
    })
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#read<Uint8Array | undefined>(values, (store) => store.get(key))
  }

  async scan(prefix: string): Promise<readonly StoredValue[]> {
    this.#takeTurn()
    // One transaction, so that names and values belong together.
    const store = this.#begin(values, 'readonly').objectStore(values)
    const range = IDBKeyRange.lowerBound(prefix)
    try {
      const [names, found] = await Promise.all([answerOf(store.getAllKeys(range)), answerOf(store.getAll(range))])
      const all = names.map((key, place) => ({ key: String(key), value: found[place] as Uint8Array }))
      return all.filter(({ key }) => key.startsWith(prefix))
    } catch (cause) {
      throw this.#unreadable(cause)
    }
  }

  async change(changes: readonly ValueChange[]): Promise<void> {
    assertStorableValues(changes)
    this.#takeTurn()
    const copies = changes.map(({ key, value }) => ({ key, value: value?.slice() }))
    await this.#write([values], (transaction) => {
      const store = transaction.objectStore(values)
      for (const { key, value } of copies) {
        if (value === undefined) store.delete(key)
        else store.put(value, key)
      }
    })
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    this.#takeTurn()
    assert(value.length <= storedSizeLimitBytes, 'a value is no larger than what a store keeps in one piece')
    await this.#write([values], (transaction) => transaction.objectStore(values).put(value.slice(), key))
  }

  /**
   * A counter is taken off the list in a transaction, so two tabs never get the same and one lost with its tab never
   * comes back. The lock is a second wall: it also holds when the list does not, as after the site's data was cleared
   * under an open tab.
   */
  async lease(): Promise<ReplicaLease> {
    for (;;) {
      this.#takeTurn()
      const counter = await this.#takeCounter()
      const lock = await holdLock(`${this.#name} replica ${counter}`)
      if (lock === undefined) continue
      this.#locks.add(lock)
      if (this.#closing !== undefined) await this.#letGo()
      let released: Promise<void> | undefined
      const release = (): Promise<void> => (released ??= this.#giveBack(counter, lock))
      return { counter, release }
    }
  }

  subscribe(listener: (event: StoreEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    await this.#appends.idle()
    await Promise.allSettled(this.#underWay)
    this.#database.close()
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    for (const lock of this.#locks) await lock.letGo()
  }

  async #takeCounter(): Promise<number> {
    let taken = 0
    await this.#changeCounters((counters) => {
      const [counter = counters.next, ...free] = counters.free
      taken = counter
      return { ...counters, next: Math.max(counters.next, counter + 1), free }
    })
    return taken
  }

  /** First the lock, then the list: whoever finds the counter on the list can lock it. */
  async #giveBack(counter: number, lock: HeldLock): Promise<void> {
    this.#takeTurn()
    this.#locks.delete(lock)
    await lock.letGo()
    await this.#changeCounters((counters) => {
      if (counter < (counters.least ?? 0)) return counters
      const all = [...counters.free, counter].sort((one, other) => one - other)
      return { ...counters, free: all.slice(0, freeCounterLimit) }
    })
  }

  async #changeCounters(change: (counters: Counters) => Counters): Promise<void> {
    await this.#write([internals], (transaction) => changeCounters(transaction, change))
  }

  async #read<Result>(name: StoreName, ask: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
    this.#takeTurn()
    const transaction = this.#begin(name, 'readonly')
    try {
      return await answerOf(ask(transaction.objectStore(name)))
    } catch (cause) {
      throw this.#unreadable(cause)
    }
  }

  #unreadable(cause: unknown): StoreDamagedError {
    const reason = cause instanceof Error ? cause.message : cause
    return new StoreDamagedError(`Cannot read from the store ${this.#name}: ${reason}`, { cause })
  }

  async #write(stores: readonly StoreName[], act: (transaction: IDBTransaction) => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      const transaction = this.#begin(stores, 'readwrite')
      const completion = completionOf(transaction)
      this.#underWay.add(completion)
      try {
        act(transaction)
        await completion
      } finally {
        this.#underWay.delete(completion)
      }
    } catch (cause) {
      const error = storeError(this.#name, cause)
      if (error instanceof StoreFailedError) this.#fail(error)
      throw error
    }
  }

  #begin(stores: StoreName | readonly StoreName[], mode: IDBTransactionMode): IDBTransaction {
    try {
      return this.#database.transaction(stores, mode, { durability: 'strict' })
    } catch (cause) {
      throw this.#failure ?? storeError(this.#name, cause)
    }
  }

  #fail(error: StoreFailedError): void {
    if (this.#failure !== undefined || this.#closing !== undefined) return
    this.#failure = error
    this.#listeners.tell({ type: 'failed', error })
  }

  /** Appends that wait are started first: the browser keeps transactions in the order they began. */
  #takeTurn(): void {
    if (this.#closing !== undefined) throw new StoreClosedError()
    this.#appends.start()
  }
}

function addAll(transaction: IDBTransaction, sets: readonly StoredChangeSet[]): void {
  const store = transaction.objectStore(changes)
  for (const set of sets) tolerateDuplicate(store.add(set))
}

function changeCounters(transaction: IDBTransaction, change: (counters: Counters) => Counters): void {
  const list = transaction.objectStore(internals)
  const found: IDBRequest<Counters | undefined> = list.get('counters')
  found.addEventListener('success', () => list.put(change(found.result ?? { next: 0, free: [] }), 'counters'))
}

/** What is there already stays; without this the browser would abort the whole transaction. */
function tolerateDuplicate(request: IDBRequest): void {
  request.addEventListener('error', (event) => {
    if (request.error?.name !== 'ConstraintError') return
    event.preventDefault()
    event.stopPropagation()
  })
}

/** Bytes of their own, and nothing but what a change set is. */
function copyOf({ document, replica, sequence, fragment, bytes }: StoredChangeSet): StoredChangeSet {
  return { document, replica, sequence, fragment, bytes: bytes.slice() }
}
