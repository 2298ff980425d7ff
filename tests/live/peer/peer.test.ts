import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  PeerStoppedError,
  StoreInUseError,
  createPeer,
  type DocumentId,
  type PeerOptions,
} from '../../../node/peer/index.ts'

const limit = AbortSignal.timeout.bind(AbortSignal, 20_000)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'peerloom-'))
  cleanups.push(() => rm(made, { recursive: true, force: true }))
  return made
}

async function peer(options: PeerOptions = {}) {
  const made = await createPeer({ listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, network: 'live test', ...options })
  cleanups.push(() => made.stop())
  return made
}

function addressOf(other: { readonly addresses: readonly string[] }): string {
  return other.addresses[0]!
}

test('two peers share a note: what one writes, the other reads', async () => {
  const alice = await peer()
  const bob = await peer()
  await bob.dial(addressOf(alice))
  await Promise.all([
    alice.ready({ members: 2, replicas: 1, signal: limit() }),
    bob.ready({ members: 2, signal: limit() }),
  ])
  const notes = await alice.documents.open('notes')
  notes.text('body').insert(0, 'hello')
  const same = await bob.documents.open('notes')
  await alice.documents.converged({ signal: limit() })
  expect(same.text('body').toString()).toBe('hello')
  same.text('body').insert(5, ' world')
  await bob.documents.converged({ signal: limit() })
  expect(notes.text('body').toString()).toBe('hello world')
  expect(notes.version.equals(same.version)).toBe(true)
})

test('a peer that follows carries what it never opened', async () => {
  const alice = await peer()
  const bob = await peer({ documents: { follow: ['*'] } })
  await bob.dial(addressOf(alice))
  await alice.ready({ replicas: 1, signal: limit() })
  const notes = await alice.documents.open('notes')
  notes.text('body').insert(0, 'x'.repeat(300_000))
  await alice.documents.converged({ signal: limit() })
  expect(bob.documents.list().map(({ name }) => name)).toEqual(['notes'])
  expect((await bob.documents.open('notes')).text('body').length).toBe(300_000)
})

test('a document without a name is opened by its id, and its owner alone writes it', async () => {
  const alice = await peer()
  const bob = await peer()
  const made = await alice.documents.create()
  made.map('meta').set('title', 'mine')
  await bob.dial(addressOf(alice))
  const same = await bob.documents.openById(alice.documents.idOf(made), { signal: limit() })
  await bob.documents.converged({ signal: limit() })
  expect(same.map('meta').get('title')).toBe('mine')
  same.map('meta').set('title', 'stolen')
  await bob.documents.saved(same, { signal: limit() })
  bob.documents.synchronise()
  await new Promise<void>((resolve) => {
    const listening = new AbortController()
    alice.subscribe(
      (event) => {
        if (event.type !== 'rejected' || event.reason !== 'not-permitted') return
        listening.abort()
        resolve()
      },
      { signal: listening.signal },
    )
  })
  expect(made.map('meta').get('title')).toBe('mine')
})

test('a peer that comes back has its name, its documents, and its replica', async () => {
  const home = await directory()
  const first = await peer({ directory: home })
  const notes = await first.documents.open('notes')
  notes.text('body').insert(0, 'kept')
  await first.stop()
  const second = await peer({ directory: home })
  expect([second.id, second.author]).toEqual([first.id, first.author])
  const again = await second.documents.open('notes')
  expect(again.text('body').toString()).toBe('kept')
  expect(again.replica).toBe(notes.replica)
  again.text('body').insert(4, ' on')
  await second.documents.saved(again)
  expect(again.version.get(notes.replica)).toBe(7)
})

test.each([
  ['with its PeerId', (address: string) => address],
  ['without its PeerId', (address: string) => address.split('/p2p/')[0]!],
])('a peer that joins an address %s finds it again after it was away', { timeout: 60_000 }, async (_, form) => {
  const home = await directory()
  const first = await peer({ directory: home })
  const address = addressOf(first)
  const joining = await peer({ join: [form(address)] })
  await joining.ready({ replicas: 1, signal: limit() })
  const lost = new Promise<void>((resolve) => joining.libp2p.addEventListener('peer:disconnect', () => resolve()))
  await first.stop()
  await lost
  const again = await peer({ directory: home, listen: [address.split('/p2p/')[0]!] })
  await again.ready({ replicas: 1, signal: limit() })
  expect(again.documents.connections()).toEqual([joining.id])
})

test('a peer says how far it is in a document, replica by replica, and since when it differs', async () => {
  const alice = await peer()
  const bob = await peer()
  await bob.dial(addressOf(alice))
  await Promise.all([alice.ready({ replicas: 1, signal: limit() }), bob.ready({ replicas: 1, signal: limit() })])
  const diary = await alice.documents.create()
  diary.text('body').insert(0, 'hers')
  const id = alice.documents.idOf(diary)
  const before = Date.now()
  const copy = await bob.documents.openById(id, { signal: limit() })
  await bob.documents.converged({ signal: limit() })
  expect(bob.documents.standings(id)).toMatchObject([{ peer: alice.id, document: id, state: 'equal', missingHere: 0 }])
  copy.text('body').insert(0, 'not his: ')
  await bob.documents.saved(copy, { signal: limit() })
  expect(await bob.documents.differences(id, alice.id, { signal: limit() })).toEqual({
    peer: alice.id,
    document: id,
    isEqual: false,
    missingHere: 0,
    missingThere: 9,
    replicas: [{ replica: copy.replica, here: 9, there: 0, isForked: false }],
  })
  const [standing] = bob.documents.standings(id)
  expect(standing?.since).toBeGreaterThanOrEqual(before)
  expect(standing?.since).toBeLessThanOrEqual(Date.now())
})

test('a document that cannot be compared with a peer is an error that says why', async () => {
  const alice = await peer()
  const bob = await peer()
  const notes = await alice.documents.open('notes')
  const id = alice.documents.idOf(notes)
  const differences = (): Promise<unknown> => alice.documents.differences(id, bob.id, { signal: limit() })
  await expect(differences()).rejects.toMatchObject({ name: 'ComparisonFailedError', fault: 'not-connected' })
  await bob.dial(addressOf(alice))
  await alice.documents.converged({ signal: limit() })
  await expect(differences()).rejects.toMatchObject({ fault: 'not-followed', peer: bob.id, document: id })
  await expect(bob.documents.differences(id, alice.id)).rejects.toMatchObject({ fault: 'not-carried' })
  await bob.documents.open('notes')
  await alice.documents.converged({ signal: limit() })
  const aborted = AbortSignal.abort(new Error('enough'))
  await expect(bob.documents.differences(id, alice.id, { signal: aborted })).rejects.toMatchObject({
    fault: 'no-answer',
    cause: new Error('enough'),
  })
  await expect(bob.documents.differences(id, alice.id)).resolves.toMatchObject({ isEqual: true, replicas: [] })
})

test('a directory in use is a clear error', async () => {
  const home = await directory()
  await peer({ directory: home })
  await expect(peer({ directory: home })).rejects.toThrow(StoreInUseError)
})

test('a port in use is an error that names it, and leaves nothing open', async () => {
  const home = await directory()
  const first = await peer()
  const taken = `/ip4/127.0.0.1/tcp/${addressOf(first).split('/')[4]}`
  await expect(peer({ directory: home, listen: [taken] })).rejects.toThrow(taken)
  await peer({ directory: home })
})

test('a process whose peer could not start ends by itself', async () => {
  const first = await peer()
  const taken = `/ip4/127.0.0.1/tcp/${addressOf(first).split('/')[4]}`
  const child = fork(new URL('failing-peer-process.ts', import.meta.url), [taken], { execArgv: [], stdio: 'ignore' })
  expect(await once(child, 'exit', { signal: limit() })).toEqual([0, null])
})

test.each([
  ['another network', { network: 'elsewhere' }],
  ['the same network with a key', { network: { name: 'live test', key: new Uint8Array(32).fill(1) } }],
] as const)('peers of %s never meet, dialled directly', async (_, options) => {
  const alice = await peer()
  const notes = await alice.documents.open('notes')
  notes.text('body').insert(0, 'secret')
  const mallory = await peer({ ...options, documents: { follow: ['*'] } })
  const refused = new Promise<void>((resolve) => {
    for (const side of [alice, mallory]) {
      side.subscribe((event) => {
        if (event.type === 'rejected' && event.reason === 'wrong-network') resolve()
      })
    }
  })
  await mallory.dial(addressOf(alice))
  await refused
  expect(mallory.documents.list()).toEqual([])
  expect(mallory.documents.connections()).toEqual([])
  expect(alice.members()).toHaveLength(1)
})

test('whoever waits for a peer that stops is told', async () => {
  const one = await peer()
  const notes = await one.documents.open('notes')
  const waits = [
    one.ready({ members: 2 }),
    one.documents.converged(),
    one.documents.openById('ab'.repeat(32) as DocumentId),
  ]
  const settled = Promise.allSettled(waits)
  await one.stop()
  const reasons = (await settled).map((result) => (result.status === 'rejected' ? result.reason : undefined))
  for (const reason of reasons) expect(reason).toBeInstanceOf(PeerStoppedError)
  notes.text('body').insert(0, 'too late')
  await expect(one.documents.saved(notes)).rejects.toThrow(PeerStoppedError)
})

test('stopping resolves, twice as well', async () => {
  const one = await peer()
  await Promise.all([one.stop(), one.stop()])
})

test('a bad name of a document or a network is refused with the reason', async () => {
  const one = await peer()
  await expect(one.documents.open(' notes')).rejects.toThrow(/neither begins nor ends with white space/)
  await expect(peer({ network: '' })).rejects.toThrow(/1 to 64/)
})
