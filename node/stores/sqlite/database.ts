import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
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
  const isNew = prepareFile(file)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON')
    // The first access takes the lock and, after a crash, plays back what the log holds. Nothing is written before it
    // is known that this release understands the file.
    if (isNew) create(database)
    else assertFormat(database, file)
    setDurability(database)
    if (!isNew) assertSound(database, file)
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

/** SQLite gives its log the same mode as the file itself. @returns whether nothing was ever written to it */
function prepareFile(file: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if (createFile(file)) return true
    accessSync(file, constants.R_OK | constants.W_OK)
    const { mode, size } = statSync(file)
    if ((mode & 0o077) !== 0) chmodSync(file, mode & 0o700)
    return size === 0 && !existsSync(`${file}-wal`)
  } catch (cause) {
    const wish = `Cannot open the store in ${file}: this user cannot create it, write it or keep it from others`
    throw new StoreFailedError(wish, { cause })
  }
}

/** @returns false when it is there already */
function createFile(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

function assertFormat(database: DatabaseSync, file: string): void {
  const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).get()?.[name]
  const wish = `Cannot open the store in ${file}`
  if (pragma('application_id') !== applicationId) {
    throw new StoreDamagedError(`${wish}: it is the database of another program, or its first page is damaged`)
  }
  const version = Number(pragma('user_version'))
  if (version > formatVersion) {
    throw new StoreFailedError(
      `${wish}: its format is version ${version}, this release knows up to ${formatVersion}. Install a newer one`,
    )
  }
  if (version !== formatVersion) throw new StoreDamagedError(`${wish}: its format has no known version`)
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

/** In one transaction, before there is a log: the file is empty until all of it is there. */
function create(database: DatabaseSync): void {
  database.exec(`BEGIN EXCLUSIVE; ${schema} COMMIT`)
}

/**
 * The small tables are read by key, so that a row which damage has hidden, in the table or in its index, would seem never
 * to have been there. The change sets need no such look: each document has a tally of them.
 */
function assertSound(database: DatabaseSync, file: string): void {
  for (const table of ['sqlite_schema', 'documents', '"values"', 'internals']) {
    const answer = database.prepare(`PRAGMA integrity_check(${table})`).get()?.['integrity_check']
    if (answer !== 'ok') throw new StoreDamagedError(`Cannot open the store in ${file}: it is damaged (${answer})`)
  }
}

function limitSize(database: DatabaseSync, bytes: number): void {
  const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytes / pageSize))}`)
}
