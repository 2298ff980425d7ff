import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, expect, test } from 'vitest'
import {
  authorReplicaId,
  decodeDocumentFile,
  documentId,
  encodeChangeSet,
  encodeDocumentFile,
  encodeGenesis,
  hashBody,
  sealChangeSet,
  signingBytes,
  type Genesis,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import { DocumentFileError, createPeer, type PeerOptions } from '../../../node/peer/index.ts'

const limit = (): AbortSignal => AbortSignal.timeout(60_000)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function peer(options: PeerOptions = {}) {
  const made = await createPeer({ listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, network: 'files', ...options })
  cleanups.push(() => made.stop())
  return made
}

type Created = Awaited<ReturnType<typeof peer>>

async function joined(count: number): Promise<readonly Created[]> {
  const peers: Created[] = []
  for (let index = 0; index < count; index++) {
    const made = await peer()
    if (peers[0] !== undefined) await made.dial(peers[0].addresses[0]!)
    peers.push(made)
  }
  await Promise.all(peers.map((made) => made.ready({ members: count, replicas: 1, signal: limit() })))
  return peers
}

/** @returns a file in which two authors have written */
async function written(): Promise<Uint8Array> {
  const [alice, bob] = (await joined(2)) as [Created, Created]
  const notes = await alice.documents.open('notes')
  notes.text('body').insert(0, 'hello')
  const same = await bob.documents.open('notes')
  await bob.documents.converged({ signal: limit() })
  same.text('body').insert(5, ' world')
  await bob.documents.converged({ signal: limit() })
  return alice.documents.exportDocument(notes)
}

async function refusal(importing: Promise<unknown>): Promise<DocumentFileError> {
  const error: unknown = await importing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DocumentFileError)
  return error as DocumentFileError
}

test('a document goes by file to a peer that has never met anybody, with all authors’ signatures', async () => {
  const file = await written()
  const carol = await peer()
  const imported = await carol.documents.importDocument(file)
  expect(imported).toMatchObject({ name: 'notes', changeSets: 2 })
  expect(imported.document.text('body').toString()).toBe('hello world')
  expect(await carol.documents.open('notes')).toBe(imported.document)
  // What came by file, and what is written on it, is like any other to whomever it is handed on.
  imported.document.text('body').insert(11, '!')
  const dave = await peer()
  await dave.dial(carol.addresses[0]!)
  const same = await dave.documents.open('notes')
  await dave.documents.converged({ signal: limit() })
  expect(same.text('body').toString()).toBe('hello world!')
  expect(decodeDocumentFile(await dave.documents.exportDocument(same)).sets).toHaveLength(3)
})

test('a file is merged into what is here, and a second time changes nothing', async () => {
  const file = await written()
  const carol = await peer()
  const notes = await carol.documents.open('notes')
  notes.text('body').insert(0, 'mine')
  await carol.documents.importDocument(file)
  const text = notes.text('body').toString()
  expect(['hello worldmine', 'minehello world']).toContain(text)
  const version = notes.version
  await carol.documents.importDocument(file)
  expect(notes.version.equals(version)).toBe(true)
  // The file now holds what was here as well.
  const dave = await peer()
  const imported = await dave.documents.importDocument(await carol.documents.exportDocument(notes))
  expect(imported.document.text('body').toString()).toBe(text)
})

test('what was imported is there after a crash', async () => {
  const file = await written()
  const root = await mkdtemp(join(tmpdir(), 'peerloom-file-'))
  cleanups.push(() => rm(root, { recursive: true, force: true }))
  const carol = await peer({ directory: join(root, 'carol') })
  await carol.documents.importDocument(file)
  await cp(join(root, 'carol'), join(root, 'crashed'), { recursive: true })
  const again = await peer({ directory: join(root, 'crashed') })
  expect((await again.documents.open('notes')).text('body').toString()).toBe('hello world')
})

test('a large transaction and an empty document go by file as well', async () => {
  const alice = await peer()
  const large = await alice.documents.open('large')
  const text = Array.from({ length: 40_000 }, (_, line) => `line ${line}\n`).join('')
  large.text('body').insert(0, text)
  const empty = await alice.documents.open('empty')
  const files = await Promise.all([large, empty].map((document) => alice.documents.exportDocument(document)))
  const bob = await peer()
  const imported = await Promise.all(files.map((file) => bob.documents.importDocument(file)))
  expect(imported[0]!.document.text('body').toString() === text).toBe(true)
  expect(imported[1]).toMatchObject({ name: 'empty', changeSets: 0 })
})

test('a document of its owner’s goes by file to others, who may read it', async () => {
  const alice = await peer()
  const diary = await alice.documents.create()
  diary.text('body').insert(0, 'monday')
  const bob = await peer()
  const imported = await bob.documents.importDocument(await alice.documents.exportDocument(diary))
  expect(imported).toMatchObject({ id: alice.documents.idOf(diary), name: undefined })
  expect(imported.document.text('body').toString()).toBe('monday')
})

test('of a forged file nothing is taken in', async () => {
  const file = await written()
  const carol = await peer()
  const { sets, genesis } = decodeDocumentFile(file)
  for (const [index, place] of [
    [0, -1],
    [1, -40],
    [1, 40],
  ] as const) {
    const parts = sets.map((set) => ({ ...set, bytes: set.bytes.slice() }))
    const { bytes } = parts[index]!
    bytes[place < 0 ? bytes.length + place : place]! ^= 1
    const error = await refusal(carol.documents.importDocument(encodeDocumentFile(encodeGenesis(genesis), parts)))
    expect(error.message).toMatch(
      new RegExp(
        `^Cannot take in the file of a document: change set ${index + 1} (is not signed by whom|is of another)`,
      ),
    )
    expect(carol.documents.list()).toEqual([])
  }
})

test('a damaged file says so, and nothing of it is taken in', async () => {
  const file = await written()
  const carol = await peer()
  const faults: string[] = []
  for (const bytes of [file.subarray(0, 300), file.with(300, file[300]! ^ 1), Uint8Array.of(1, 2, 3)]) {
    faults.push((await refusal(carol.documents.importDocument(bytes))).fault)
  }
  expect(faults).toEqual(['truncated', 'damaged', 'no-document-file'])
  expect(carol.documents.list()).toEqual([])
})

test('a document of another network stays there', async () => {
  const file = await written()
  const stranger = await peer({ network: 'another' })
  const error = await refusal(stranger.documents.importDocument(file))
  expect(error.fault).toBe('other-network')
  expect(error.message).toContain('it belongs to the network "files"')
  expect(stranger.documents.list()).toEqual([])
})

test('change sets of somebody who may not write the document are refused, however well signed', async () => {
  const alice = await peer()
  const genesis: Genesis = {
    kind: 'owned',
    network: 'files',
    owner: new Uint8Array(32).fill(3),
    nonce: new Uint8Array(16),
  }
  const bytes = encodeGenesis(genesis)
  const error = await refusal(alice.documents.importDocument(encodeDocumentFile(bytes, [await signedSet(bytes)])))
  expect(error.fault).toBe('refused')
  expect(alice.documents.list()[0]!.version.size).toBe(0)
})

test('an import ends with its signal, and with the peer', async () => {
  const file = await written()
  const alice = await peer()
  await expect(
    alice.documents.importDocument(file, { signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough')
  await alice.stop()
  await expect(alice.documents.importDocument(file)).rejects.toThrow('the peer has stopped')
})

/** By a key of its own, which owns nothing. */
async function signedSet(genesis: Uint8Array): Promise<SealedChangeSet> {
  const key = await generateKeyPair('Ed25519')
  const author = key.publicKey.raw
  const set = {
    document: documentId(genesis),
    author,
    counter: 0,
    replica: authorReplicaId(author, 0),
    sequence: 0,
    count: 1,
    fragment: 0,
    continues: false,
    previous: new Uint8Array(32),
    dependencies: [],
    time: 0,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: new Uint8Array(),
    extensions: [],
  }
  const body = encodeChangeSet(set)
  const hash = hashBody(body)
  return sealChangeSet(set, body, hash, await key.sign(signingBytes(hash)))
}
