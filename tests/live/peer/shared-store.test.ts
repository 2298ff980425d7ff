// Tabs share one store; peers in Node never do. Here they are given one, so that what happens between tabs can be timed.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPeer } from '../../../node/peer/index.ts'
import {
  StoreDamagedError,
  StoreFailedError,
  StoreFullError,
  type DocumentId,
  type DocumentStore,
} from '../../../node/protocol/index.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'

type Peer = Awaited<ReturnType<typeof createPeer>>

const shared = vi.hoisted(() => ({ open: (): DocumentStore => expect.fail('no store was set up') }))
vi.mock(import('../../../node/stores/sqlite/index.ts'), () => ({ openSqliteStore: async () => shared.open() }))

const peers: Peer[] = []
let store: DocumentStore

beforeEach(() => {
  store = memoryStore()
})

afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop()
})

/** @param calls what else happens at a call of the store by this tab */
async function openTab(calls: Partial<DocumentStore> = {}): Promise<Peer> {
  const all: Partial<DocumentStore> = { close: async () => {}, ...calls }
  shared.open = () =>
    new Proxy(store, {
      get(target, name) {
        const method: unknown = Reflect.get(all, name) ?? Reflect.get(target, name)
        return typeof method === 'function' ? method.bind(target) : method
      },
    })
  const peer = await createPeer({ directory: 'shared', listen: [], mdns: false, network: 'tabs' })
  peers.push(peer)
  return peer
}

test('a tab that takes over the counter of one that ends just now goes on where that one ended', async () => {
  const first = await openTab()
  const notes = await first.documents.open('notes')
  const second = await openTab({
    lease: async () => {
      notes.text('body').insert(0, 'written last')
      await first.stop()
      return store.lease()
    },
  })
  const same = await second.documents.open('notes')
  expect(same.replica).toBe(notes.replica)
  expect(same.text('body').toString()).toBe('written last')
})

test.each([
  ['has failed', new StoreFailedError('The disk is gone')],
  ['is full', new StoreFullError('There is no room')],
] as const)('where the store %s, whoever waits hears so, and the peer still stops', async (_, error) => {
  const tab = await openTab({
    append: () => Promise.reject(error),
    lease: async () => ({ counter: 0, release: () => Promise.reject(error) }),
  })
  await tab.stop()
  const other = await openTab({ append: () => Promise.reject(error) })
  const notes = await other.documents.open('notes')
  notes.text('body').insert(0, 'not kept')
  await expect(other.documents.saved(notes)).rejects.toBe(error)
  await expect(other.documents.converged()).rejects.toBe(error)
  await expect(other.ready({ members: 5 })).rejects.toBe(error)
  await other.stop()
})

test('where something was damaged, no counter under which it may have been written is used again', async () => {
  const first = await openTab()
  const notes = await first.documents.open('notes')
  notes.text('body').insert(0, 'lost')
  await first.stop()
  // Without a snapshot it is read at the start.
  await store.change((await store.scan('snapshot/')).map(({ key }) => ({ key })))
  const second = await openTab({
    load: async (document: DocumentId) => {
      throw new StoreDamagedError('Cannot read', { document, intact: [] })
    },
  })
  const same = await second.documents.open('notes')
  expect(second.damages).toHaveLength(1)
  expect(same.replica).not.toBe(notes.replica)
})
