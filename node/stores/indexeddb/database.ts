import { StoreFailedError, StoreFullError, StoreInUseError } from '../../protocol/index.ts'

/** Raised whenever an older release could misread the database. */
const formatVersion = 1

export const changes = 'changes'
const changesByKey = 'by key'
export const changesByDocument = 'by document'
export const documents = 'documents'
export const values = 'values'
export const internals = 'internals'

export type StoreName = typeof changes | typeof documents | typeof values | typeof internals

/**
 * @throws StoreInUseError when a tab with an older format does not let go of the database
 * @throws StoreFailedError
 */
export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let refused = false
    const request = indexedDB.open(name, formatVersion)
    request.addEventListener('upgradeneeded', () => create(request.result))
    request.addEventListener('blocked', () => {
      refused = true
      reject(new StoreInUseError(name))
    })
    request.addEventListener('error', () => reject(openError(name, request.error)))
    request.addEventListener('success', () => {
      if (refused) request.result.close()
      else resolve(request.result)
    })
  })
}

/** What a database error means to whoever uses the store. Whatever is not a lack of room is the medium. */
export function storeError(name: string, cause: unknown): StoreFullError | StoreFailedError {
  if (cause instanceof StoreFailedError) return cause
  const wish = `Cannot write to the store ${name}`
  if (cause instanceof Error && cause.name === 'QuotaExceededError') {
    return new StoreFullError(`${wish}: there is no room left`, { cause })
  }
  return new StoreFailedError(`${wish}: ${cause instanceof Error ? cause.message : cause}`, { cause })
}

export function answerOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('A request without a result')))
  })
}

/** Resolves when the transaction is flushed, rejects with the error that aborted it. */
export function completionOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('The transaction was aborted', 'AbortError'))
    })
  })
}

function create(database: IDBDatabase): void {
  const sets = database.createObjectStore(changes, { autoIncrement: true })
  sets.createIndex(changesByKey, ['document', 'replica', 'sequence', 'fragment'], { unique: true })
  sets.createIndex(changesByDocument, 'document')
  database.createObjectStore(documents, { keyPath: 'id' })
  database.createObjectStore(values)
  database.createObjectStore(internals)
}

function openError(name: string, cause: DOMException | null): Error {
  const wish = `Cannot open the store ${name}`
  if (cause?.name === 'VersionError') {
    const reason = `its format is newer than this release, which knows up to ${formatVersion}. Reload the page`
    return new StoreFailedError(`${wish}: ${reason}`, { cause })
  }
  if (cause?.name === 'QuotaExceededError') return new StoreFullError(`${wish}: there is no room left`, { cause })
  return new StoreFailedError(`${wish}: ${cause?.message ?? 'no reason was given'}`, { cause })
}
