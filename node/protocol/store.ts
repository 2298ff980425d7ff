import { assert } from './errors.ts'
import type { SubscribeOptions } from './subscription.ts'

declare const brand: unique symbol

/** The hash of a document's genesis, 32 bytes as 64 lower-case hexadecimal digits. */
export type DocumentId = string & { readonly [brand]: 'DocumentId' }

/**
 * One signed change set as a store keeps it. (document, replica, sequence, fragment) is its key: appending the same key
 * again is no error and changes nothing.
 */
export interface StoredChangeSet {
  readonly document: DocumentId
  /** 1–64 printable ASCII characters. */
  readonly replica: string
  /** First operation, counted from 0 in each replica. */
  readonly sequence: number
  /** Place among the sets of one transaction that spans several; 0 where it fits in one. */
  readonly fragment: number
  /** Body and signature, at most 64 KiB and some. */
  readonly bytes: Uint8Array
}

export interface StoredDocument {
  readonly id: DocumentId
  /** Canonical bytes whose SHA-256 is the id. */
  readonly genesis: Uint8Array
}

export interface ListedDocument extends StoredDocument {
  /** Change sets of it that were appended: as many as `load` resolves with where nothing is damaged. */
  readonly changeSets: number
}

export interface StoredValue {
  readonly key: string
  readonly value: Uint8Array
}

export interface ValueChange {
  readonly key: string
  /** Left out: the value is deleted. No error when there is none. */
  readonly value?: Uint8Array
}

/** The right to write as one replica. No two sessions ever hold the same counter at once. */
export interface ReplicaLease {
  /** From 0. With the author's key it gives the ReplicaId. */
  readonly counter: number
  /**
   * Everything written under this counter is in the store: it may be leased again. A lease that ends otherwise (crash,
   * kill, closed tab) is never given out again, since a change that was sent but not kept would be numbered twice.
   */
  release(): Promise<void>
}

/** What a store tells besides its answers. */
export type StoreEvent =
  /** From here on every write fails with `StoreFailedError`; reads may go on. */
  { readonly type: 'failed'; readonly error: Error }

/**
 * Keeps change sets, documents and a few values of one author. Every method rejects with `StoreClosedError` after
 * `close`. One contract suite (`documentStoreContract`) tests all of them.
 */
export interface DocumentStore {
  /**
   * Resolves when all of them would survive a crash; all or none of them are kept. Appends made at once share a flush.
   *
   * @throws StoreFullError when there is no room: nothing of this call is kept, reads and later appends go on
   * @throws StoreFailedError when the medium failed (a flush above all): the store is stopped
   */
  append(sets: readonly StoredChangeSet[]): Promise<void>
  /** Change sets of a document in the order they were appended, none of them damaged. */
  load(document: DocumentId): Promise<readonly StoredChangeSet[]>
  /** Makes a document known; keeps its genesis. No error when it is known. */
  create(document: StoredDocument): Promise<void>
  /** Every known document, by id. */
  list(): Promise<readonly ListedDocument[]>
  /**
   * Forgets a document and its change sets. No counter that was leased so far is leased again: what was written under it
   * would be numbered twice.
   */
  remove(document: DocumentId): Promise<void>
  /** A small named value (identity, settings), or undefined. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Resolves when it would survive a crash. */
  put(key: string, value: Uint8Array): Promise<void>
  /** All small values whose name begins so, by name in the order of their UTF-16 code units. */
  scan(prefix: string): Promise<readonly StoredValue[]>
  /**
   * Puts and deletes several small values at once; the last of one name counts. Resolves when all would survive a crash;
   * all or none of them are kept.
   *
   * @throws StoreFullError StoreFailedError as `append`
   */
  change(changes: readonly ValueChange[]): Promise<void>
  lease(): Promise<ReplicaLease>
  subscribe(listener: (event: StoreEvent) => void, options?: SubscribeOptions): void
  /** Waits for what was appended, then closes. Leases not released by then count as lost. */
  close(): Promise<void>
}

/** Another process (or another peer of this one) has the store open. */
export class StoreInUseError extends Error {
  override readonly name: 'StoreInUseError' = 'StoreInUseError'
  /** Directory or database. */
  readonly location: string

  constructor(location: string, options?: ErrorOptions) {
    super(`Cannot open the store in ${location}: another peer is using it`, options)
    this.location = location
  }
}

export class StoreFullError extends Error {
  override readonly name: 'StoreFullError' = 'StoreFullError'
}

export class StoreFailedError extends Error {
  override readonly name: 'StoreFailedError' = 'StoreFailedError'
}

export class StoreClosedError extends Error {
  override readonly name: 'StoreClosedError' = 'StoreClosedError'

  constructor() {
    super('Cannot use the store: it is closed')
  }
}

export interface StoreDamage extends ErrorOptions {
  /** The document it concerns, where it is one. */
  readonly document?: DocumentId
  /** What of it is still there and right, in the order it was appended. */
  readonly intact?: readonly StoredChangeSet[]
}

/**
 * What was read is not what was written.
 *
 * A document is repaired by `remove`, `create` and `append` of what is intact; peers have the rest. Changes of one's own
 * may be among the lost: whoever goes on writing leases another counter first, or numbers would be used twice.
 */
export class StoreDamagedError extends Error {
  override readonly name: 'StoreDamagedError' = 'StoreDamagedError'
  readonly document: DocumentId | undefined
  readonly intact: readonly StoredChangeSet[]

  constructor(message: string, damage: StoreDamage = {}) {
    super(message, damage)
    this.document = damage.document
    this.intact = damage.intact ?? []
  }
}

/** Greatest length of what a store keeps in one piece, in bytes: a change set, a genesis, a value. */
export const storedSizeLimitBytes = 1_048_576

const documentPattern = /^[0-9a-f]{64}$/
const replicaPattern = /^[\x20-\x7e]{1,64}$/

/** @throws AssertionError when a store could not keep the set as it is or find it again */
export function assertStorable(set: StoredChangeSet): void {
  assert(documentPattern.test(set.document), 'a document id is 64 lower-case hexadecimal digits')
  assert(replicaPattern.test(set.replica), 'a replica id is 1 to 64 printable ASCII characters')
  assert(Number.isSafeInteger(set.sequence) && set.sequence >= 0, 'a sequence number is an integer from 0 on')
  assert(Number.isSafeInteger(set.fragment) && set.fragment >= 0, 'a fragment number is an integer from 0 on')
  assert(set.bytes.length <= storedSizeLimitBytes, 'a change set is no larger than what a store keeps in one piece')
}

/** @throws AssertionError when a store could not keep one of them in one piece */
export function assertStorableValues(changes: readonly ValueChange[]): void {
  const isStorable = ({ value }: ValueChange): boolean => (value?.length ?? 0) <= storedSizeLimitBytes
  assert(changes.every(isStorable), 'a value is no larger than what a store keeps in one piece')
}
