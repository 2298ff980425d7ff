import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreDamagedError, StoreFailedError } from '../../protocol/index.ts'
import { openError } from './failure.ts'

/** Raised whenever an older release could misread the file. Older files are brought up to date when they are opened. */
const formatVersion = 1
/** Names the file's format to `file` and the like: "PLST". */
const applicationId = 0x504c_5354

const schema = `
  CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    genesis BLOB,
    checksum INTEGER NOT NULL,
    change_count INTEGER NOT NULL,
    change_tally INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE changes (
    position INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    replica TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    fragment INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (document, replica, sequence, fragment)
  ) STRICT;
  CREATE TABLE "values" (key TEXT PRIMARY KEY, checksum INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
  CREATE TABLE internals (key TEXT PRIMARY KEY, checksum INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

export interface DatabaseOptions {
  readonly file: string
  readonly sizeLimitBytes: number | undefined
}

/**
 * Opens the file for this peer alone, made if it is not there.
 *
 * The lock is the one of SQLite's exclusive mode, on the file itself: the operating system drops it when the process
 * ends in whatever way. It would also drop it if anything else in this process opened and closed the file (POSIX
 * locks), which is why nothing here reads the file but SQLite.
 */
export function openDatabase({ file, sizeLimitBytes }: DatabaseOptions): DatabaseSync {
  prepareFile(file)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON')
    // The first access takes the lock and, after a crash, plays back what the log holds. Nothing is written before it
    // is known that this release understands the file.
    const found = look(database)
    if (!found.empty) assertFormat(file, found)
    setDurability(database)
    if (found.empty) create(database)
    else assertSound(database, file)
    if (sizeLimitBytes !== undefined) limitSize(database, sizeLimitBytes)
    return database
  } catch (cause) {
    database?.close()
    throw openError(file, cause)
  }
}

/** Tells a file from its copy or a restored backup, whose replica counters somebody else may have gone on using. */
export function fileIdentity(file: string): string {
  const { ino, birthtimeMs } = statSync(file)
  return `${ino}:${Math.floor(birthtimeMs)}`
}

/** SQLite gives its log the same mode as the file itself. */
function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!isExisting(cause)) throw new StoreFailedError(`Cannot create the store in ${file}`, { cause })
    if ((statSync(file).mode & 0o077) !== 0) restrict(file)
  }
}

/** Keys and texts are nobody else's business. Somebody else's file is left as it is; it cannot be opened anyway. */
function restrict(file: string): void {
  try {
    chmodSync(file, statSync(file).mode & 0o700)
  } catch (cause) {
    throw new StoreFailedError(`Cannot open the store in ${file}: others may read it and that cannot be changed`, {
      cause,
    })
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

interface Found {
  readonly empty: boolean
  readonly applicationId: unknown
  readonly version: unknown
}

/** A file with more than its first page was ours before, even if damage makes it look empty. */
function look(database: DatabaseSync): Found {
  const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).get()?.[name]
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']
  const found = { applicationId: pragma('application_id'), version: pragma('user_version') }
  const pages = Number(pragma('page_count'))
  return { ...found, empty: tables === 0 && pages <= 1 && found.version === 0 && found.applicationId === 0 }
}

function assertFormat(file: string, found: Found): void {
  const wish = `Cannot open the store in ${file}`
  if (found.applicationId !== applicationId) {
    throw new StoreDamagedError(`${wish}: it is the database of another program, or its first page is damaged`)
  }
  if (typeof found.version === 'number' && found.version > formatVersion) {
    throw new StoreFailedError(
      `${wish}: its format is version ${found.version}, this release knows up to ${formatVersion}. Install a newer one`,
    )
  }
  if (found.version !== formatVersion) throw new StoreDamagedError(`${wish}: its format has no known version`)
}

/**
 * Checkpoints are made by the store, not by SQLite after some commit: SQLite keeps quiet about a flush that fails there.
 */
function setDurability(database: DatabaseSync): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 16777216;
  `)
}

function create(database: DatabaseSync): void {
  database.exec(`BEGIN EXCLUSIVE; ${schema} COMMIT`)
}

/** The small tables are read by key, so that a row which damage has hidden would seem never to have been there. */
function assertSound(database: DatabaseSync, file: string): void {
  for (const table of ['sqlite_schema', 'documents', '"values"', 'internals']) {
    const answer = database.prepare(`PRAGMA quick_check(${table})`).get()?.['quick_check']
    if (answer !== 'ok') throw new StoreDamagedError(`Cannot open the store in ${file}: it is damaged (${answer})`)
  }
}

function limitSize(database: DatabaseSync, bytes: number): void {
  const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytes / pageSize))}`)
}
