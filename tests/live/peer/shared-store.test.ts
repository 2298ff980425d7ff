// Tabs share one store; peers in Node never do. Here they are given one, so that what happens between tabs can be timed.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPeer } from '../../../node/peer/index.ts'
import { StoreDamagedError, type DocumentId, type DocumentStore } from '../../../node/protocol/index.ts'
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

test('where something was damaged, no counter under which it may have been written is used again', async () => {
  const first = await openTab()
  const notes = await first.documents.open('notes')
  notes.text('body').insert(0, 'lost')
  await first.stop()
  const second = await openTab({
    load: async (document: DocumentId) => {
      throw new StoreDamagedError('Cannot read', { document, intact: [] })
    },
  })
  const same = await second.documents.open('notes')
  expect(second.damages).toHaveLength(1)
  expect(same.replica).not.toBe(notes.replica)
})
