import { StoreDamagedError, StoreFailedError, StoreFullError, StoreInUseError } from '../../protocol/index.ts'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const result = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

/** The primary result code of an error of SQLite, undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** The transaction that should be rolled back is none any more: SQLite did it itself. */
export function isNoTransaction(error: unknown): boolean {
  return resultCode(error) === result.error
}

/**
 * What an error of the database means to whoever uses the store. What is neither room nor damage is the medium: the
 * caller then stops the store, since a flush that failed once may seem to succeed the next time although data is gone
 * (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
 */
export function storeError(wish: string, cause: unknown): Error {
  const code = resultCode(cause)
  if (code === undefined && cause instanceof Error && !isNumberTooLarge(cause)) return cause
  switch (code) {
    case result.full:
      return new StoreFullError(`${wish}: there is no room left`, { cause })
    // A statement that worked when the store was written and does not any more is damage as well.
    case undefined:
    case result.error:
    case result.corrupt:
    case result.notADatabase:
      return new StoreDamagedError(`${wish}: the database is damaged (${reason(cause)})`, { cause })
    default:
      return new StoreFailedError(`${wish}: ${reason(cause)}`, { cause })
  }
}

/** As `storeError`, for what happens while the store is opened. */
export function openError(location: string, cause: unknown): Error {
  const wish = `Cannot open the store in ${location}`
  switch (resultCode(cause)) {
    case result.busy:
    case result.locked:
      return new StoreInUseError(location, { cause })
    case result.readOnly:
      return new StoreFailedError(`${wish}: it cannot be written (file or directory is read-only)`, { cause })
    case result.cannotOpen:
      return new StoreFailedError(`${wish}: the file cannot be opened (missing rights?)`, { cause })
    default:
      return storeError(wish, cause)
  }
}

/** A number beyond 2^53 - 1 was never written, so it is damage. */
function isNumberTooLarge(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
