import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPeer, OwnChangesMissingError, type Peer } from '../../../node/peer/index.ts'
import type { DocumentId } from '../../../node/protocol/index.ts'

/** Documents whose change sets were read of a store, in any peer here. */
const loads = vi.hoisted(() => ({ documents: [] as DocumentId[] }))
vi.mock(import('../../../node/stores/sqlite/index.ts'), async (original) => {
  const { openSqliteStore } = await original()
  return {
    openSqliteStore: async (...parameters) => {
      const store = await openSqliteStore(...parameters)
      const load = store.load.bind(store)
      store.load = (document) => {
        loads.documents.push(document)
        return load(document)
      }
      return store
    },
  }
})

const names = Array.from({ length: 20 }, (_, number) => `note ${number}`)
let root: string
let peers: Peer<never>[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'peerloom-asleep-'))
  peers = []
})

afterEach(async () => {
  for (const peer of peers) await peer.stop()
  await rm(root, { recursive: true })
})

async function start(name: string, follow: readonly string[] = []) {
  const peer = await createPeer({
    network: 'asleep',
    directory: join(root, name),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    documents: { follow },
  })
  peers.push(peer as Peer<never>)
  return peer
}

async function write(name: string): Promise<void> {
  const peer = await start(name)
  for (const note of names) {
    const document = await peer.documents.open(note)
    document.text('body').insert(0, `the text of ${note}`)
    await peer.documents.saved(document)
  }
  await peer.stop()
  loads.documents = []
}

const limit = (): AbortSignal => AbortSignal.timeout(60_000)

test('a peer that starts reads no document, knows what it has of each, and reads the one that is opened', async () => {
  await write('alice')
  const alice = await start('alice')
  expect(loads.documents).toEqual([])
  expect(alice.documents.list().map(({ changeSets }) => changeSets)).toEqual(names.map(() => 1))
  const [first, again] = await Promise.all([alice.documents.open('note 7'), alice.documents.open('note 7')])
  expect(first.text('body').toString()).toBe('the text of note 7')
  expect(again).toBe(first)
  expect(loads.documents).toEqual([alice.documents.idOf(first)])
  first.text('body').insert(0, 'And ')
  await alice.documents.saved(first)
  await alice.stop()
  const next = await start('alice')
  expect((await next.documents.open('note 7')).text('body').toString()).toBe('And the text of note 7')
  expect(loads.documents).toHaveLength(2)
})

test('peers that have the same compare it without reading it, and who has nothing gets it all', async () => {
  await write('alice')
  const alice = await start('alice')
  const bob = await start('bob', ['*'])
  await bob.dial(alice.addresses[0]!)
  await bob.documents.converged({ signal: limit() })
  await vi.waitUntil(() => bob.documents.list().length === names.length, { timeout: 60_000 })
  await bob.documents.converged({ signal: limit() })
  const copy = await bob.documents.open('note 3')
  expect(copy.text('body').toString()).toBe('the text of note 3')
  expect(new Set(loads.documents).size).toBe(names.length)
  await Promise.all([alice.stop(), bob.stop()])

  loads.documents = []
  const [aliceAgain, bobAgain] = [await start('alice'), await start('bob', ['*'])]
  await bobAgain.dial(aliceAgain.addresses[0]!)
  await bobAgain.documents.converged({ signal: limit() })
  expect(loads.documents).toEqual([])
})

test('snapshots that are damaged cost nothing but reading everything at the start', async () => {
  await write('alice')
  const database = new DatabaseSync(join(root, 'alice', 'peerloom.sqlite'))
  database.exec(`UPDATE "values" SET value = x'00' WHERE key LIKE 'snapshot/%'`)
  database.close()
  const alice = await start('alice')
  expect(loads.documents).toHaveLength(names.length)
  expect(alice.damages).toEqual([])
  const note = await alice.documents.open('note 19')
  expect(note.text('body').toString()).toBe('the text of note 19')
  await alice.stop()
  loads.documents = []
  await start('alice')
  expect(loads.documents).toEqual([])
})

test('a document that turns out to be damaged comes back from others, and no number of its author is used twice', async () => {
  await write('alice')
  const alice = await start('alice')
  const bob = await start('bob', ['*'])
  await bob.dial(alice.addresses[0]!)
  await bob.documents.openById(alice.documents.idOf(await alice.documents.open('note 5')), { signal: limit() })
  await bob.documents.converged({ signal: limit() })
  await Promise.all([alice.stop(), bob.stop()])
  const database = new DatabaseSync(join(root, 'alice', 'peerloom.sqlite'))
  database.exec('UPDATE changes SET sequence = sequence + 1')
  database.close()

  const hurt = await start('alice')
  expect(hurt.damages).toEqual([])
  const note = await hurt.documents.open('note 5')
  expect(hurt.damages.map(({ document }) => document)).toEqual([hurt.documents.idOf(note)])
  expect(() => note.text('body').insert(0, 'x')).toThrow(OwnChangesMissingError)
  const anew = await hurt.documents.open('note 5')
  const whole = await start('bob', ['*'])
  await hurt.dial(whole.addresses[0]!)
  await vi.waitUntil(() => anew.text('body').toString() === 'the text of note 5', { timeout: 60_000 })
  // Every number is known again.
  anew.text('body').insert(0, 'All of ')
  await hurt.documents.saved(anew)
  await hurt.documents.converged({ signal: limit() })
  expect((await whole.documents.open('note 5')).text('body').toString()).toBe('All of the text of note 5')
  await Promise.all([hurt.stop(), whole.stop()])

  const healed = await start('alice')
  expect(healed.damages).toEqual([])
  expect((await healed.documents.open('note 5')).replica).not.toBe(anew.replica)
})
