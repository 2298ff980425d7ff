import { sha256 } from '@noble/hashes/sha2.js'
import { concat, toString } from 'uint8arrays'
import { expect, test } from 'vitest'
import { ByteWriter, type DocumentId } from '../../../node/protocol/index.ts'
import {
  DocumentFileError,
  authorReplicaId,
  decodeDocumentFile,
  documentId,
  encodeChangeSet,
  encodeDocumentFile,
  encodeGenesis,
  hashBody,
  sealChangeSet,
  type ChangeSet,
  type DocumentFileFault,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'

const author = new Uint8Array(32).fill(7)
const genesis = encodeGenesis({ kind: 'named', network: 'home', name: 'notes' })
const first = changeSet()
const second = changeSet({ sequence: 1, previous: first.hash })
const other = changeSet({
  counter: 1,
  dependencies: [{ replica: first.replica, sequence: 1, hash: second.hash }],
})
const file = encodeDocumentFile(genesis, [first, second, other])

function changeSet(fields: Partial<ChangeSet> = {}): SealedChangeSet {
  const counter = fields.counter ?? 0
  const set: ChangeSet = {
    document: documentId(genesis),
    author,
    counter,
    replica: authorReplicaId(author, counter),
    sequence: 0,
    count: 1,
    fragment: 0,
    continues: false,
    previous: new Uint8Array(32),
    dependencies: [],
    time: 0,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: new TextEncoder().encode('operations'),
    extensions: [],
    ...fields,
  }
  const body = encodeChangeSet(set)
  return sealChangeSet(set, body, hashBody(body), new Uint8Array(64).fill(2))
}

/** What is said of a file, or undefined when it reads. */
function faultOf(bytes: Uint8Array): DocumentFileFault | undefined {
  try {
    decodeDocumentFile(bytes)
    return undefined
  } catch (error) {
    if (error instanceof DocumentFileError) return error.fault
    throw error
  }
}

/** With the checksum of what it is now, as a forger would leave it. */
function sealed(bytes: Uint8Array): Uint8Array {
  const content = bytes.subarray(0, -32)
  return concat([content, sha256(content)])
}

test('a file reads as it was written', () => {
  const read = decodeDocumentFile(file)
  expect(read).toEqual({
    document: documentId(genesis),
    genesis: { kind: 'named', network: 'home', name: 'notes' },
    sets: [first, second, other],
  })
})

test('the bytes of a file never change, since old ones are to be read for ever', () => {
  expect(toString(encodeDocumentFile(genesis, []), 'base16')).toMatchInlineSnapshot(
    `"89504c440d0a1a0a010d010104686f6d65056e6f74657300006168b257c1679758a46f2f553302641a1c4bbede3ec8c04e4c8e51f3a6b4926f"`,
  )
  const content = new ByteWriter()
    .raw(Uint8Array.of(0x89, 0x50, 0x4c, 0x44, 0x0d, 0x0a, 0x1a, 0x0a))
    .u8(1)
    .bytes(genesis)
    .bytes(first.bytes)
    .bytes(second.bytes)
    .varint(0)
    .varint(2)
    .finish()
  expect(encodeDocumentFile(genesis, [first, second])).toEqual(concat([content, sha256(content)]))
})

test('a file that is cut short is named so, wherever it ends', () => {
  for (let length = 1; length < file.length; length++) {
    expect(faultOf(file.subarray(0, length)), `${length} bytes`).toBe('truncated')
  }
})

test('no changed bit goes unnoticed', () => {
  for (let place = 0; place < file.length; place++) {
    const changed = file.slice()
    changed[place]! ^= 1 << (place % 8)
    expect(faultOf(changed), `byte ${place}`).toBeDefined()
  }
})

test('what is missing in the middle, or too much at the end, is noticed', () => {
  const without = sealed(encodeDocumentFile(genesis, [first, second, other]))
  expect(faultOf(without)).toBeUndefined()
  const content = file.subarray(0, -34)
  expect(faultOf(sealed(concat([content, Uint8Array.of(0, 4), new Uint8Array(32)])))).toBe('damaged')
  expect(faultOf(concat([file, Uint8Array.of(0)]))).toBe('damaged')
})

test.each([
  ['nothing', new Uint8Array()],
  ['a text', new TextEncoder().encode('# Notes\n')],
  ['a file whose line breaks were changed', concat([file.subarray(0, 4), file.subarray(5)])],
])('%s is no file of a document', (_, bytes) => {
  expect(faultOf(bytes)).toBe('no-document-file')
})

test('the file of a later release is said to be one', () => {
  const changed = file.slice()
  changed[8] = 2
  expect(() => decodeDocumentFile(sealed(changed))).toThrow(
    /version 2, this release knows up to 1\. Install a newer one/,
  )
})

test.each<[string, readonly SealedChangeSet[]]>([
  ['a set of another document', [changeSet({ document: 'ab'.repeat(32) as DocumentId })]],
  ['a set before the one it follows', [second, first]],
  ['a set before one it depends on', [first, other, second]],
  ['a set that depends on what is not there', [other]],
])('%s breaks the rules', (_, sets) => {
  expect(faultOf(encodeDocumentFile(genesis, sets))).toBe('malformed')
})
