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
  list(): Promise<readonly StoredDocument[]>
  /** Forgets a document and its change sets. */
  remove(document: DocumentId): Promise<void>
  /** A small named value (identity, settings), or undefined. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Resolves when it would survive a crash. */
  put(key: string, value: Uint8Array): Promise<void>
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

/** What was read is not what was written. */
export class StoreDamagedError extends Error {
  override readonly name: 'StoreDamagedError' = 'StoreDamagedError'
}
