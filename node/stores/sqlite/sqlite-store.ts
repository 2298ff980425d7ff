import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
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
import { ChangeTables } from './changes.ts'
import { Counters } from './counters.ts'
import { fileIdentity, openDatabase } from './database.ts'
import { isNoTransaction, openError, storeError } from './failure.ts'
import { isLogDamaged } from './log.ts'
import { WorkQueue, type Work } from './queue.ts'
import { ValueTable } from './values.ts'

export interface SqliteStoreOptions {
  /** Name of the database in the directory. @default 'peerloom.sqlite' */
  readonly file?: string
  /**
   * The database does not grow beyond this; its log may add some megabytes. Appends that would need more reject with
   * `StoreFullError`. @default no limit but the disk's
   */
  readonly sizeLimitBytes?: number
}

/**
 * The log is worked into the database after so many transactions or bytes, whichever comes first: when nothing is asked
 * for, since it takes as long as several commits, and at the latest after four times as much.
 */
const checkpointTransactions = 250
const checkpointBytes = 4_194_304
const checkpointPatience = 4

/**
 * Opens the store in a directory, made (0700) when it is not there. The database (0600) belongs to this store until it is
 * closed or the process ends.
 *
 * @throws StoreInUseError when another store, here or in another process, has it open
 * @throws StoreDamagedError when it is not what was written
 * @throws StoreFailedError when it cannot be created, read or written, or its format is newer than this release
 */
export async function openSqliteStore(directory: string, options: SqliteStoreOptions = {}): Promise<DocumentStore> {
  const file = join(directory, options.file ?? 'peerloom.sqlite')
  const database = openDatabase({ file, sizeLimitBytes: options.sizeLimitBytes })
  try {
    const store = new SqliteStore(file, database)
    if (isLogDamaged(`${file}-wal`)) await store.setLogAside()
    await store.recognise()
    return store
  } catch (error) {
    database.close()
    throw openError(file, error)
  }
}

class SqliteStore implements DocumentStore {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #changes: ChangeTables
  readonly #values: ValueTable
  readonly #internals: ValueTable
  readonly #counters: Counters
  readonly #queue: WorkQueue
  readonly #listeners = new Listeners<StoreEvent>()
  #transactionsSinceCheckpoint = 0
  #bytesSinceCheckpoint = 0
  #failure: StoreFailedError | undefined
  #closing: Promise<void> | undefined

  constructor(file: string, database: DatabaseSync) {
    this.#file = file
    this.#database = database
    this.#changes = new ChangeTables(database)
    this.#values = new ValueTable(database, 'values')
    this.#internals = new ValueTable(database, 'internals')
    this.#counters = new Counters(this.#internals)
    this.#queue = new WorkQueue({
      begin: () => database.exec('BEGIN'),
      commit: () => this.#commit(),
      rollback: () => this.#rollback(),
      rest: () => this.#checkpointAfter(1),
      explain: (error) => this.#explain(error),
    })
  }

  /** In a copy or a restored backup, the released counters may have been used by somebody else since. */
  recognise(): Promise<void> {
    const identity = fileIdentity(this.#file)
    return this.#write(() => {
      const known = this.#internals.get('file')
      if (known !== undefined && new TextDecoder().decode(known) === identity) return
      if (known !== undefined) this.#counters.distrust()
      this.#counters.forget()
      this.#internals.put('file', new TextEncoder().encode(identity))
    })
  }

  /**
   * Closing works what is right in the log into the database and drops the log. The damaged one is kept beside it, and
   * whoever opens the store is told once.
   */
  async setLogAside(): Promise<never> {
    const aside = `${this.#file}-wal.damaged`
    copyFileSync(`${this.#file}-wal`, aside)
    await this.#write(() => this.#internals.put('file', new TextEncoder().encode('damaged')))
    throw new StoreDamagedError(
      `Cannot open the store in ${this.#file}: its log is damaged, and what was written last is lost. The damaged log ` +
        `is kept as ${aside}; opening again goes on with what is intact`,
    )
  }

  async append(sets: readonly StoredChangeSet[]): Promise<void> {
    for (const set of sets) assertStorable(set)
    const copies = sets.map((set) => ({ ...set, bytes: set.bytes.slice() }))
    const length = copies.reduce((sum, set) => sum + set.bytes.length, 0)
    await this.#do('write', () => {
      this.#bytesSinceCheckpoint += length
      return this.#changes.append(copies)
    })
  }

  load(document: DocumentId): Promise<readonly StoredChangeSet[]> {
    return this.#do('read', () => this.#changes.load(document))
  }

  async create(document: StoredDocument): Promise<void> {
    assert(
      document.genesis.length <= storedSizeLimitBytes,
      'a genesis is no larger than what a store keeps in one piece',
    )
    const copy = { id: document.id, genesis: document.genesis.slice() }
    await this.#write(() => this.#changes.create(copy))
  }

  list(): Promise<readonly ListedDocument[]> {
    return this.#do('read', () => this.#changes.list())
  }

  remove(document: DocumentId): Promise<void> {
    return this.#write(() => {
      this.#changes.remove(document)
      this.#counters.distrust()
      this.#counters.forget()
    })
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#do('read', () => once(() => this.#values.get(key)))
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    assert(value.length <= storedSizeLimitBytes, 'a value is no larger than what a store keeps in one piece')
    const copy = value.slice()
    await this.#write(() => this.#values.put(key, copy))
  }

  scan(prefix: string): Promise<readonly StoredValue[]> {
    return this.#do('read', () => scanned(this.#values, prefix))
  }

  async change(changes: readonly ValueChange[]): Promise<void> {
    assertStorableValues(changes)
    const copies = changes.map(({ key, value }) => ({ key, value: value?.slice() }))
    this.#bytesSinceCheckpoint += copies.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    await this.#do('write', () => changed(this.#values, copies))
  }

  async lease(): Promise<ReplicaLease> {
    const counter = await this.#write(() => this.#counters.take())
    let released: Promise<void> | undefined
    return {
      counter,
      release: () => (released ??= this.#write(() => this.#counters.giveBack(counter))),
    }
  }

  subscribe(listener: (event: StoreEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.idle().then(() => this.#database.close())
    return this.#closing
  }

  #write<Result>(act: () => Result): Promise<Result> {
    return this.#do('write', () => once(act))
  }

  async #do<Result>(kind: 'read' | 'write', work: Work<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw new StoreClosedError()
    return this.#queue.do(kind, () => {
      if (kind === 'write' && this.#failure !== undefined) throw this.#failure
      return work()
    })
  }

  #commit(): void {
    this.#database.exec('COMMIT')
    this.#transactionsSinceCheckpoint++
    this.#checkpointAfter(checkpointPatience)
  }

  /** @param times how often what is usual */
  #checkpointAfter(times: number): void {
    const isDue =
      this.#transactionsSinceCheckpoint >= times * checkpointTransactions ||
      this.#bytesSinceCheckpoint >= times * checkpointBytes
    if (!isDue) return
    this.#transactionsSinceCheckpoint = 0
    this.#bytesSinceCheckpoint = 0
    this.#checkpoint()
  }

  /** What was committed is safe in the log already, so a failure here stops the store but takes nothing back. */
  #checkpoint(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch (error) {
      this.#explain(error)
    }
  }

  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch (error) {
      if (!isNoTransaction(error)) this.#explain(error)
    }
  }

  #explain(error: unknown): Error {
    const explained = storeError(`Cannot use the store in ${this.#file}`, error)
    if (explained instanceof StoreDamagedError) this.#counters.distrust()
    if (explained instanceof StoreFailedError && this.#failure === undefined) {
      this.#failure = explained
      this.#listeners.tell({ type: 'failed', error: explained })
    }
    return explained
  }
}

/** Sorted here: SQLite has the order of UTF-8, which is not that of JavaScript's texts. */
function* scanned(values: ValueTable, prefix: string): Generator<void, StoredValue[]> {
  const found: StoredValue[] = []
  for (const value of values.scan(prefix)) {
    found.push(value)
    yield
  }
  return found.sort((one, other) => (one.key < other.key ? -1 : 1))
}

function* changed(
  values: ValueTable,
  changes: readonly { readonly key: string; readonly value: Uint8Array | undefined }[],
): Generator<void, void> {
  for (const { key, value } of changes) {
    if (value === undefined) values.delete(key)
    else values.put(key, value)
    yield
  }
}

/** Work that is done in one step. */
function* once<Result>(act: () => Result): Generator<void, Result> {
  yield
  return act()
}
