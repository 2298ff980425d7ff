import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  StoreDamagedError,
  StoreFailedError,
  createRandom,
  integer,
  type DocumentId,
  type DocumentStore,
  type StoredChangeSet,
} from '../../../node/protocol/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import { isLongRun } from '../../figures.ts'

/** Thousands of stores are opened here: in memory, where there is such a place, that costs no flush. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const headerLength = 100
const documents = [1, 2, 3].map((number) => String(number).padStart(64, '0') as DocumentId)
const identity = new TextEncoder().encode('the author key')
let root: string
/** The bytes of a database that was closed. */
let closed: Buffer
let sets: readonly StoredChangeSet[]

beforeAll(async () => {
  root = mkdtempSync(join(place, 'peerloom-damage-'))
  const random = createRandom('damage')
  sets = Array.from({ length: 150 }, (_, index) => ({
    document: documents[integer(random, 3)] as DocumentId,
    replica: `replica ${integer(random, 4)}`,
    sequence: index,
    fragment: 0,
    bytes: Uint8Array.from({ length: index % 40 === 0 ? 9_000 : 120 }, () => integer(random, 256)),
  }))
  const store = await openSqliteStore(join(root, 'origin'))
  for (const id of documents) await store.create({ id, genesis: identity })
  await store.put('identity', identity)
  for (let index = 0; index < sets.length; index += 10) await store.append(sets.slice(index, index + 10))
  const lease = await store.lease()
  await lease.release()
  await store.close()
  closed = readFileSync(join(root, 'origin', 'peerloom.sqlite'))
})

afterAll(() => {
  rmSync(root, { recursive: true })
})

/** Opens a store from these files, or says how that was refused. */
async function openFrom(files: Record<string, Uint8Array>): Promise<DocumentStore | Error> {
  const directory = join(root, 'damaged')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes, { mode: 0o600 })
  return openAgain()
}

async function openAgain(): Promise<DocumentStore | Error> {
  try {
    return await openSqliteStore(join(root, 'damaged'))
  } catch (error) {
    return error as Error
  }
}

type Outcome = 'harmless' | 'named'

/** Everything the store answers is right, or named as damage. */
async function assertNothingWrong(store: DocumentStore, what: string): Promise<Outcome> {
  let outcome: Outcome = 'harmless'
  const check = async (read: () => Promise<void>): Promise<void> => {
    try {
      await read()
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error
      outcome = 'named'
      if (error.document === undefined) return
      const written = new Set(sets.filter((set) => set.document === error.document).map(text))
      expect(
        error.intact.map(text).filter((set) => !written.has(set)),
        what,
      ).toEqual([])
    }
  }
  for (const document of documents) {
    await check(async () => {
      const expected = sets.filter((set) => set.document === document)
      expect((await store.load(document)).map(text), what).toEqual(expected.map(text))
    })
  }
  await check(async () =>
    expect(
      (await store.list()).map(({ id }) => id),
      what,
    ).toEqual(documents),
  )
  await check(async () => expect(await store.get('identity'), what).toEqual(identity))
  await check(async () => expect((await store.lease()).counter, what).toBeGreaterThanOrEqual(0))
  return outcome
}

function text(set: StoredChangeSet): string {
  return `${set.document} ${set.replica} ${set.sequence} ${set.fragment} ${Buffer.from(set.bytes).toString('base64')}`
}

async function damage(bytes: Uint8Array, what: string): Promise<Outcome> {
  const store = await openFrom({ 'peerloom.sqlite': bytes })
  if (store instanceof Error) {
    expect(store instanceof StoreDamagedError || store instanceof StoreFailedError, `${what}: ${store}`).toBe(true)
    return 'named'
  }
  try {
    return await assertNothingWrong(store, what)
  } finally {
    await store.close()
  }
}

test('a changed row is named with its document, and the rest of it is given back', async () => {
  const place = closed.indexOf(sets[33]!.bytes.subarray(0, 60))
  const bytes = Buffer.from(closed)
  bytes[place + 10]! ^= 1
  const store = (await openFrom({ 'peerloom.sqlite': bytes })) as DocumentStore
  const document = sets[33]!.document
  const expected = sets.filter((set) => set.document === document)
  const error: unknown = await store.load(document).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StoreDamagedError)
  expect(error).toMatchObject({
    document,
    message: `Cannot load the document ${document}: a change set is not what was written`,
  })
  const { intact } = error as StoreDamagedError
  expect(intact.map(text)).toEqual(expected.filter((set) => set !== sets[33]).map(text))
  await store.remove(document)
  await store.append(intact)
  expect((await store.load(document)).map(text)).toEqual(intact.map(text))
  expect((await store.lease()).counter, 'a counter released before the damage is not leased again').toBe(1)
  await store.close()
})

test('a row that is gone is noticed', async () => {
  const directory = join(root, 'damaged')
  await openFrom({ 'peerloom.sqlite': closed }).then((store) => (store as DocumentStore).close())
  const database = new DatabaseSync(join(directory, 'peerloom.sqlite'))
  database.exec('DELETE FROM changes WHERE position = 50')
  database.close()
  const store = (await openAgain()) as DocumentStore
  await expect(store.load(sets[49]!.document)).rejects.toThrow(/\d+ change sets are there where \d+ were written/)
  await store.close()
})

test('one flipped bit anywhere in the database is harmless or named, never wrong data', async () => {
  const random = createRandom('flips')
  const from = (length: number): number[] => Array.from({ length }, (_, index) => index)
  const places = isLongRun
    ? from(Math.min(65_536, closed.length))
    : [...from(headerLength), ...from(2_000).map(() => integer(random, closed.length))]
  const outcomes = { harmless: 0, named: 0 }
  for (const place of places) {
    const bytes = Buffer.from(closed)
    bytes[place]! ^= 1 << integer(random, 8)
    outcomes[await damage(bytes, `a bit of byte ${place}`)]++
  }
  expect(outcomes.named).toBeGreaterThan(places.length / 4)
})

test('a database cut short is named', async () => {
  const random = createRandom('cuts')
  const every = Array.from({ length: closed.length - 1 }, (_, index) => 1 + index)
  const lengths = isLongRun ? every : Array.from({ length: 500 }, () => 1 + integer(random, closed.length - 1))
  for (const length of lengths) {
    expect(await damage(closed.subarray(0, length), `cut to ${length} bytes`)).toBe('named')
  }
})

/** Database and log as a killed process leaves them. @returns the files and what was acknowledged */
async function killed(): Promise<{ readonly files: Record<string, Buffer>; readonly acknowledged: readonly string[] }> {
  const directory = join(root, 'killed')
  const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
  const child = spawn(process.execPath, [writer, directory, '1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('kept')) acknowledged.push(line)
    if (acknowledged.length === 90) child.kill('SIGKILL')
  }
  await ended
  const files = Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]))
  rmSync(directory, { recursive: true })
  return { files, acknowledged }
}

test(
  'damage in the middle of the log is named once and the log kept; what came before stays',
  { timeout: 120_000 },
  async () => {
    const { files, acknowledged } = await killed()
    const log = files['peerloom.sqlite-wal']!
    const random = createRandom('log')
    let named = 0
    for (let round = 0; round < 200; round++) {
      const place = round < 32 ? round : integer(random, log.length)
      const bytes = Buffer.from(log)
      bytes[place]! ^= 1 << integer(random, 8)
      let store = await openFrom({ ...files, 'peerloom.sqlite-wal': bytes })
      let lossAllowed = 3
      if (store instanceof Error) {
        expect(store).toBeInstanceOf(StoreDamagedError)
        if (store.message.includes('log is damaged')) {
          expect(readFileSync(join(root, 'damaged', 'peerloom.sqlite-wal.damaged')).equals(bytes)).toBe(true)
        }
        named++
        lossAllowed = Infinity
        store = await openAgain()
      }
      // Damage within the schema's own transaction leaves nothing to open.
      if (store instanceof Error) continue
      const kept = new Set(
        (await store.load(documents[0]!)).map((set) => `kept ${set.replica.slice(5)} ${set.sequence}`),
      )
      const lost = acknowledged.filter((line) => !kept.has(line))
      expect(lost.length, `a bit of byte ${place} of the log`).toBeLessThanOrEqual(lossAllowed)
      // What is lost is a tail.
      expect(acknowledged.slice(acknowledged.length - lost.length)).toEqual(lost)
      await store.close()
    }
    expect(named).toBeGreaterThan(100)
  },
)
