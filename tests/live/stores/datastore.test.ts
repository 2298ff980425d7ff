import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Key, type Datastore } from 'interface-datastore'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { NodeDatastore, StoreDatastore, outlivesProcess } from '../../../node/libp2p/index.ts'
import { StoreFullError, type DocumentStore } from '../../../node/protocol/index.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'

// The suite is written for Mocha: it finds these in the global scope, and `timeout` in `this`.
type Case = (this: { timeout(): void }) => unknown
Object.assign(globalThis, {
  describe,
  before: beforeAll,
  after: afterAll,
  beforeEach,
  afterEach,
  it: (name: string, run: Case) => test(name, async () => void (await run.call({ timeout: () => {} }))),
})
const { interfaceDatastoreTests } = await import('interface-datastore-tests')

const directories: string[] = []

async function openSqlite(): Promise<DocumentStore> {
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-datastore-'))
  directories.push(directory)
  return openSqliteStore(directory)
}

afterAll(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true })
})

const opened = new Map<Datastore, DocumentStore>()
const stores = [
  ['memory', async () => memoryStore()],
  ['SQLite', openSqlite],
] as const
const datastores = [
  ['a store', async (store: DocumentStore) => new StoreDatastore(store)],
  ['a node', (store: DocumentStore) => NodeDatastore.open(store)],
] as const

describe.each(stores)('over %s', (_, open) => {
  describe.each(datastores)('the datastore of %s', (_, create) => {
    interfaceDatastoreTests({
      async setup() {
        const store = await open()
        const datastore = await create(store)
        opened.set(datastore, store)
        return datastore
      },
      teardown: async (datastore) => opened.get(datastore)!.close(),
    })
  })
})

describe('the datastore of a store', () => {
  test('stands apart from the other values, and finds nothing of them', async () => {
    const store = memoryStore()
    await store.put('libp2pish', bytes('theirs'))
    await store.put('author-key', bytes('secret'))
    const datastore = new StoreDatastore(store)
    await datastore.put(new Key('/a/b'), bytes('ours'))
    expect((await store.scan('')).map(({ key }) => key)).toEqual(['author-key', 'libp2p/a/b', 'libp2pish'])
    for (const prefix of ['', 'ish', 'author-key', '/']) {
      const found: string[] = []
      for await (const { key } of datastore.query({ prefix })) found.push(key.toString())
      expect(found, prefix).toEqual(prefix === '' || prefix === '/' ? ['/a/b'] : [])
    }
  })

  test('keeps a batch whole or not at all', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'peerloom-datastore-'))
    directories.push(directory)
    const store = await openSqliteStore(directory, { sizeLimitBytes: 200_000 })
    const datastore = new StoreDatastore(store)
    await datastore.put(new Key('/old'), bytes('old'))
    const batch = datastore.batch()
    batch.delete(new Key('/old'))
    for (let index = 0; index < 4; index++) batch.put(new Key(`/new/${index}`), new Uint8Array(80_000))
    await expect(batch.commit()).rejects.toThrow(StoreFullError)
    expect(await datastore.has(new Key('/old'))).toBe(true)
    expect(await datastore.has(new Key('/new/0'))).toBe(false)
    await store.close()
  })

  test('in a batch the last that was said of a key counts', async () => {
    const datastore = new StoreDatastore(memoryStore())
    const [one, two] = [new Key('/one'), new Key('/two')]
    const batch = datastore.batch()
    batch.put(one, bytes('1'))
    batch.delete(one)
    batch.delete(two)
    batch.put(two, bytes('2'))
    await batch.commit()
    expect([await datastore.has(one), await datastore.has(two)]).toEqual([false, true])
  })
})

describe('what a node knows of peers', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is written after a while, all at once, and is there when it is opened again', async () => {
    const store = memoryStore()
    const commits = vi.spyOn(store, 'change')
    const datastore = await NodeDatastore.open(store)
    for (let round = 0; round < 10; round++) {
      for (const name of ['one', 'two', 'three']) await datastore.put(peerKey(name), bytes(`${name} ${round}`))
    }
    await datastore.delete(peerKey('two'))
    expect(commits).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(commits).toHaveBeenCalledOnce()
    const reopened = await NodeDatastore.open(store)
    expect(await reopened.get(peerKey('three'))).toEqual(bytes('three 9'))
    expect(await reopened.has(peerKey('two'))).toBe(false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(commits, 'nothing has changed').toHaveBeenCalledOnce()
  })

  test('is written at once when the node is closed', async () => {
    const store = memoryStore()
    const datastore = await NodeDatastore.open(store)
    await datastore.put(peerKey('one'), bytes('here'))
    await datastore.close()
    expect(await (await NodeDatastore.open(store)).get(peerKey('one'))).toEqual(bytes('here'))
    expect(vi.getTimerCount()).toBe(0)
  })

  test('other values are kept before they are acknowledged', async () => {
    const store = memoryStore()
    const datastore = await NodeDatastore.open(store)
    await datastore.put(new Key('/dht/record/one'), bytes('value'))
    expect(await new StoreDatastore(store).get(new Key('/dht/record/one'))).toEqual(bytes('value'))
  })

  test('a store that is full costs the addresses alone, and only on disk', async () => {
    const store = memoryStore()
    vi.spyOn(store, 'change').mockRejectedValueOnce(new StoreFullError('full'))
    const datastore = await NodeDatastore.open(store)
    await datastore.put(peerKey('one'), bytes('here'))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await datastore.get(peerKey('one'))).toEqual(bytes('here'))
    await datastore.put(peerKey('two'), bytes('there'))
    await datastore.close()
    const reopened = await NodeDatastore.open(store)
    expect([await reopened.has(peerKey('one')), await reopened.has(peerKey('two'))]).toEqual([false, true])
  })

  test('strangers without number make room for each other, never for the node or whoever is connected', async () => {
    const store = memoryStore()
    const [self, connected] = [await newPeer(), await newPeer()]
    const datastore = await NodeDatastore.open(store)
    datastore.protect({ peerId: self, getPeers: () => [connected] })
    for (const peer of [self, connected]) await datastore.put(keyOfPeer(peer), bytes('needed'))
    for (let index = 0; index < 10_000; index++) await datastore.put(peerKey(`stranger ${index}`), bytes('x'))
    await datastore.close()
    const kept = await store.scan('libp2p/peers/')
    expect(kept.length).toBeLessThanOrEqual(4096)
    expect(kept.length).toBeGreaterThan(3_500)
    for (const peer of [self, connected]) expect(await datastore.has(keyOfPeer(peer))).toBe(true)
    expect(await datastore.has(peerKey('stranger 9999'))).toBe(true)
    expect(await datastore.has(peerKey('stranger 0'))).toBe(false)
  })

  test('a peer of whom too much is told is not kept on disk', async () => {
    const store = memoryStore()
    const datastore = await NodeDatastore.open(store)
    await datastore.put(peerKey('talker'), new Uint8Array(20_000))
    expect(await datastore.has(peerKey('talker'))).toBe(true)
    await datastore.close()
    expect(await store.scan('libp2p/')).toEqual([])
  })

  test('without a store nothing outlives the process, and services can tell', async () => {
    const datastore = await NodeDatastore.open()
    expect(outlivesProcess(datastore)).toBe(false)
    expect(outlivesProcess(await NodeDatastore.open(memoryStore()))).toBe(true)
    await datastore.put(peerKey('one'), bytes('here'))
    expect(vi.getTimerCount()).toBe(0)
  })
})

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function peerKey(name: string): Key {
  return new Key(`/peers/${name.replaceAll(' ', '-')}`)
}

async function newPeer(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

function keyOfPeer(peer: PeerId): Key {
  return new Key(`/peers/${peer.toCID().toString()}`)
}
