// What a store says and keeps when the medium under it has no room, does not flush, or may not be written.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  StoreFailedError,
  StoreFullError,
  type DocumentId,
  type DocumentStore,
  type StoredChangeSet,
} from '../../../node/protocol/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'

/** The user id of nobody on Linux and the BSDs. */
const nobody = 65_534
const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
const document = '1'.padStart(64, '0') as DocumentId
let root: string
let directory: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'peerloom-medium-'))
  directory = join(root, 'alice')
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(root, { recursive: true })
})

function change(sequence: number, length = 2_000): StoredChangeSet {
  return { document, replica: 'a', sequence, fragment: 0, bytes: new Uint8Array(length).fill(sequence % 251) }
}

/** Appends until there is no room. @returns how many were acknowledged */
async function fill(store: DocumentStore): Promise<number> {
  for (let sequence = 0; ; sequence++) {
    try {
      await store.append([change(sequence)])
    } catch (error) {
      expect(error).toBeInstanceOf(StoreFullError)
      expect((error as Error).message).toContain('there is no room left')
      return sequence
    }
  }
}

async function sequences(store: DocumentStore): Promise<number[]> {
  return (await store.load(document)).map(({ sequence, bytes }) => {
    expect(bytes).toEqual(change(sequence).bytes)
    return sequence
  })
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** A file system of its own with so much room; false where this user may not have one. */
async function mountSmall(mebibytes: number): Promise<boolean> {
  await mkdir(directory)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'peerloom', directory])
  return status === 0
}

describe('a disk that is full', () => {
  test('refuses what is new, goes on reading, loses nothing, and goes on when there is room', async () => {
    // Where no file system can be made, SQLite's own limit stands for the end of the disk.
    const isMounted = await mountSmall(4)
    try {
      const filler = join(directory, 'filler')
      await writeFile(filler, new Uint8Array(2_000_000))
      const options = isMounted ? {} : { sizeLimitBytes: 2_000_000 }
      let store = await openSqliteStore(directory, options)
      const kept = await fill(store)
      expect(kept).toBeGreaterThan(100)
      expect(await sequences(store)).toEqual(upTo(kept))
      await expect(store.append([change(kept), change(kept + 1, 60_000)])).rejects.toThrow(StoreFullError)
      expect(await sequences(store), 'nothing of a refused append').toEqual(upTo(kept))
      await rm(filler)
      if (!isMounted) {
        await store.close()
        store = await openSqliteStore(directory)
      }
      await store.append([change(kept)])
      expect(await sequences(store)).toEqual(upTo(kept + 1))
      await store.close()
      const reopened = await openSqliteStore(directory)
      expect(await sequences(reopened)).toEqual(upTo(kept + 1))
      await reopened.close()
    } finally {
      if (isMounted) execFileSync('umount', ['-l', directory])
    }
  })

  test('is named when a store is to be made on it, and is no harm to one that is closed', async () => {
    const isMounted = await mountSmall(1)
    try {
      if (!isMounted) {
        await expect(openSqliteStore(directory, { sizeLimitBytes: 1 })).rejects.toThrow(StoreFullError)
        return
      }
      const store = await openSqliteStore(directory)
      const kept = await fill(store)
      await store.close()
      const reopened = await openSqliteStore(directory)
      expect(await sequences(reopened)).toEqual(upTo(kept))
      await reopened.close()
      for (const name of await readdir(directory)) await rm(join(directory, name))
      await writeFile(join(directory, 'filler'), new Uint8Array(2_000_000)).catch(() => undefined)
      await expect(openSqliteStore(directory)).rejects.toThrow(StoreFullError)
    } finally {
      if (isMounted) execFileSync('umount', ['-l', directory])
    }
  })
})

describe('a flush that fails', () => {
  test('stops the store: no write is tried again, reads go on', async () => {
    const store = await openSqliteStore(directory)
    await store.append([change(0)])
    const told: string[] = []
    store.subscribe(({ type, error }) => told.push(`${type} ${error.name}`))
    // SQLite's own words for it (SQLITE_IOERR_FSYNC).
    const failure = Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 1034 })
    const exec = Reflect.get(DatabaseSync.prototype, 'exec')
    const statements: string[] = []
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
      statements.push(sql)
      if (sql === 'COMMIT') throw failure
      exec.call(this, sql)
    })
    await expect(store.append([change(1)])).rejects.toThrow(StoreFailedError)
    expect(told).toEqual(['failed StoreFailedError'])
    const before = statements.length
    await expect(store.append([change(2)])).rejects.toThrow(StoreFailedError)
    await expect(store.put('name', new Uint8Array(1))).rejects.toThrow(StoreFailedError)
    await expect(store.lease()).rejects.toThrow(StoreFailedError)
    expect(statements.slice(before)).not.toContain('COMMIT')
    expect(await sequences(store)).toEqual([0])
    await store.close()
    vi.restoreAllMocks()
    const reopened = await openSqliteStore(directory)
    expect(await sequences(reopened)).toContain(0)
    await reopened.close()
  })

  const shim = `
    #define _GNU_SOURCE
    #include <errno.h>
    #include <unistd.h>
    static int left = 40;
    int fsync(int fd) { if (left > 0) { left--; return 0; } errno = EIO; return -1; }
    int fdatasync(int fd) { return fsync(fd); }
  `
  const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0

  test.skipIf(!hasCompiler)('of a real process, from the fortieth on: what it had acknowledged is there', async () => {
    const library = join(root, 'shim.so')
    execFileSync('cc', ['-shared', '-fPIC', '-x', 'c', '-o', library, '-'], { input: shim })
    const said = await write([directory], { LD_PRELOAD: library })
    expect(said.slice(-2)).toEqual(['failed', expect.stringMatching(/^error StoreFailedError: .*disk I\/O error/)])
    const acknowledged = said.filter((line) => line.startsWith('kept'))
    expect(acknowledged.length).toBeGreaterThan(10)
    const store = await openSqliteStore(directory)
    const sets = await store.load('0'.padStart(64, '0') as DocumentId)
    const kept = new Set(sets.map(({ replica, sequence }) => `kept ${replica.slice(5)} ${sequence}`))
    expect(acknowledged.filter((line) => !kept.has(line))).toEqual([])
    await store.close()
  })
})

test('a directory that may not be written is named, though its database may', async () => {
  await openSqliteStore(directory).then((store) => store.close())
  // Root may write everything, so the writer becomes somebody else.
  const user = process.getuid?.() === 0 ? nobody : process.getuid?.()
  const file = join(directory, 'peerloom.sqlite')
  if (user === nobody) for (const path of [root, directory, file]) await chown(path, nobody, nobody)
  await chmod(directory, 0o500)
  const said = await write([directory, '0', ...(user === nobody ? [String(nobody)] : [])])
  await chmod(directory, 0o700)
  expect(said).toEqual([
    expect.stringMatching(/^error StoreFailedError: Cannot open the store in .*(read-only|rights)/),
  ])
  const store = await openSqliteStore(directory)
  await store.append([change(0)])
  await store.close()
})

/** @returns every line that the writer says until it ends */
async function write(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const child = spawn(process.execPath, [writer, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) said.push(line)
  await ended
  return said
}
