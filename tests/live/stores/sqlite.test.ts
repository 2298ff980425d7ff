import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  StoreFailedError,
  StoreFullError,
  StoreInUseError,
  createRandom,
  integer,
  type DocumentId,
  type StoredChangeSet,
} from '../../../node/protocol/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import { isLongRun } from '../../figures.ts'

/** The user id of nobody on Linux and the BSDs. */
const nobody = 65_534
const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
let directory: string
let children: ChildProcess[]

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'peerloom-sqlite-')), 'alice')
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(join(directory, '..'), { recursive: true })
})

function document(number: number): DocumentId {
  return String(number).padStart(64, '0') as DocumentId
}

function change(number: number, sequence: number, length = 50): StoredChangeSet {
  return { document: document(number), replica: 'a', sequence, fragment: 0, bytes: new Uint8Array(length).fill(7) }
}

/** Runs the writer and hands every line it says to `hear`, until it ends. */
async function write(
  run: number,
  hear: (line: string, child: ChildProcess) => void,
  limit = '',
  more: readonly string[] = [],
): Promise<void> {
  const command = `${limit} exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', command, process.execPath, writer, directory, String(run), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const ended = new Promise((resolve) => child.once('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) hear(line, child)
  await ended
}

test('what a process had acknowledged when it was killed is there, whole, wherever that was', async () => {
  const random = createRandom('kill')
  const rounds = isLongRun ? 1_000 : 50
  const counters = new Set<string>()
  for (let run = 0; run < rounds; run++) {
    const acknowledged: string[] = []
    const killAfter = 1 + integer(random, 60)
    await write(run, (line, child) => {
      if (line.startsWith('counter')) counters.add(line)
      else acknowledged.push(line)
      if (acknowledged.length === killAfter) child.kill('SIGKILL')
    })
    expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter)
    const store = await openSqliteStore(directory)
    const sets = await store.load(document(run))
    const fragments = new Map<string, number>()
    for (const { replica, sequence } of sets) {
      const call = `kept ${replica.slice(5)} ${sequence}`
      fragments.set(call, (fragments.get(call) ?? 0) + 1)
    }
    expect([...fragments].filter(([, count]) => count !== 3)).toEqual([])
    expect(acknowledged.filter((line) => !fragments.has(line))).toEqual([])
    await store.close()
  }
  expect(counters.size).toBe(rounds)
})

test('a second store on the directory is refused at once, in this process and in another', async () => {
  const store = await openSqliteStore(directory)
  await expect(openSqliteStore(directory)).rejects.toThrow(StoreInUseError)
  const said: string[] = []
  await write(0, (line) => said.push(line))
  expect(said).toEqual([expect.stringMatching(/^error StoreInUseError/)])
  await store.append([change(1, 0)])
  await store.close()
  const next = await openSqliteStore(directory)
  expect(await next.load(document(1))).toHaveLength(1)
  await next.close()
})

test('nobody but the owner can read the directory, the database or its log', async () => {
  const store = await openSqliteStore(directory)
  await store.append([change(1, 0)])
  const modes = async (...names: string[]): Promise<string[]> =>
    Promise.all(names.map(async (name) => ((await stat(join(directory, name))).mode & 0o777).toString(8)))
  expect(await modes('.', 'peerloom.sqlite', 'peerloom.sqlite-wal')).toEqual(['700', '600', '600'])
  await store.close()
})

test('without room an append is refused whole, reads go on, and smaller appends are kept', async () => {
  const store = await openSqliteStore(directory, { sizeLimitBytes: 200_000 })
  await store.append([change(1, 0)])
  const [full, small] = await Promise.allSettled([
    store.append([change(1, 1), change(1, 2, 60_000), change(1, 3, 60_000), change(1, 4, 60_000)]),
    store.append([change(1, 9)]),
  ])
  expect(full).toMatchObject({ status: 'rejected', reason: expect.any(StoreFullError) as unknown })
  expect(small.status).toBe('fulfilled')
  expect((await store.load(document(1))).map(({ sequence }) => sequence)).toEqual([0, 9])
  await store.append([change(1, 10)])
  await store.close()
  const reopened = await openSqliteStore(directory)
  expect((await reopened.load(document(1))).map(({ sequence }) => sequence)).toEqual([0, 9, 10])
  await reopened.close()
})

test('a medium that fails stops the store, and what was acknowledged stays', async () => {
  const said: string[] = []
  await write(3, (line) => said.push(line), 'ulimit -f 600;')
  expect(said.slice(-2)).toEqual(['failed', expect.stringMatching(/^error StoreFailedError/)])
  const store = await openSqliteStore(directory)
  const kept = new Set((await store.load(document(3))).map((set) => `kept ${set.replica.slice(5)} ${set.sequence}`))
  const acknowledged = said.filter((line) => line.startsWith('kept'))
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(acknowledged.filter((line) => !kept.has(line))).toEqual([])
  await store.close()
})

test('a store that cannot be created says so', async () => {
  await expect(openSqliteStore('/dev/null/alice')).rejects.toThrow(StoreFailedError)
  await openSqliteStore(directory).then((store) => store.close())
  await expect(openSqliteStore(join(directory, 'peerloom.sqlite'))).rejects.toThrow(StoreFailedError)
})

test('a format newer than this release is refused, and not touched', async () => {
  await openSqliteStore(directory).then((store) => store.close())
  const file = join(directory, 'peerloom.sqlite')
  withDatabase(file, (database) => database.exec('PRAGMA user_version = 2'))
  await expect(openSqliteStore(directory)).rejects.toThrow(/its format is version 2, this release knows up to 1/)
  withDatabase(file, (database) => database.exec('PRAGMA user_version = 1'))
  await openSqliteStore(directory).then((store) => store.close())
})

test('the database of another program is refused, and not touched', async () => {
  await openSqliteStore(directory).then((store) => store.close())
  await rm(join(directory, 'peerloom.sqlite'))
  withDatabase(join(directory, 'peerloom.sqlite'), (database) => database.exec('CREATE TABLE theirs (a)'))
  await expect(openSqliteStore(directory)).rejects.toThrow(/the database of another program/)
})

test('in a copy of the directory, released counters are not leased again', async () => {
  const store = await openSqliteStore(directory)
  const released = await store.lease()
  await released.release()
  await store.close()
  const copy = `${directory}-copy`
  await cp(directory, copy, { recursive: true })
  const [original, copied] = [await openSqliteStore(directory), await openSqliteStore(copy)]
  expect((await original.lease()).counter).toBe(released.counter)
  expect((await copied.lease()).counter).not.toBe(released.counter)
  await Promise.all([original.close(), copied.close()])
})

test('a large append lets the event loop go on', async () => {
  const store = await openSqliteStore(directory)
  let turns = 0
  let done = false
  const count = (): void => {
    turns++
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  await store.append(Array.from({ length: 20_000 }, (_, index) => change(1, index, 100)))
  const turnsOfAppend = turns
  expect(await store.load(document(1))).toHaveLength(20_000)
  done = true
  expect(turnsOfAppend).toBeGreaterThan(3)
  expect(turns).toBeGreaterThan(turnsOfAppend)
  await store.close()
})

test('a change stands in the file as docs/formats/store.md says', async () => {
  const store = await openSqliteStore(directory)
  const id = 'ab'.repeat(32) as DocumentId
  const bytes = Uint8Array.of(1, 2, 3)
  await store.append([{ document: id, replica: 'NZjRZwFTMxtIYrPo4aNrgA', sequence: 12, fragment: 0, bytes }])
  await store.close()
  withDatabase(join(directory, 'peerloom.sqlite'), (database) => {
    expect(database.prepare('SELECT * FROM changes').all()).toEqual([
      {
        position: 1,
        document: 1,
        replica: 'NZjRZwFTMxtIYrPo4aNrgA',
        sequence: 12,
        fragment: 0,
        checksum: 525236780,
        bytes,
      },
    ])
  })
})

test('a database that may not be written is refused', async () => {
  await openSqliteStore(directory).then((store) => store.close())
  const file = join(directory, 'peerloom.sqlite')
  // Root may write everything, so the writer becomes somebody else.
  const user = process.getuid?.() === 0 ? nobody : process.getuid?.()
  if (user === nobody) for (const path of [join(directory, '..'), directory, file]) await chown(path, nobody, nobody)
  await chmod(file, 0o400)
  const said: string[] = []
  await write(0, (line) => said.push(line), '', user === nobody ? [String(nobody)] : [])
  expect(said).toEqual([expect.stringMatching(/^error StoreFailedError: .* this user cannot .* write it/)])
})

function withDatabase(file: string, act: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file)
  try {
    act(database)
  } finally {
    database.close()
  }
}
