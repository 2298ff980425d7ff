import { expect, test } from 'vitest'
import { fromString, toString } from 'uint8arrays'
import { createRandom, integer, MalformedMessageError, type DocumentId } from '../../../node/protocol/index.ts'
import {
  authorReplicaId,
  changeSetLimit,
  decodeChangeSet,
  encodeChangeSet,
  hashBody,
  normaliseDocumentName,
  sealChangeSet,
  type ChangeSet,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import type { ReplicaId } from '../../../crdt/index.ts'

const author = new Uint8Array(32).fill(7)
const [left, right] = [authorReplicaId(author, 1), authorReplicaId(author, 2)].sort() as [ReplicaId, ReplicaId]

function changeSet(fields: Partial<ChangeSet> = {}): ChangeSet {
  const counter = fields.counter ?? 3
  return {
    document: 'ab'.repeat(32) as DocumentId,
    author,
    counter,
    replica: authorReplicaId(author, counter),
    sequence: 12,
    count: 2,
    fragment: 0,
    continues: false,
    previous: new Uint8Array(32).fill(1),
    dependencies: [
      { replica: left, sequence: 4, hash: new Uint8Array(32).fill(4) },
      { replica: right, sequence: 0, hash: new Uint8Array(32).fill(5) },
    ],
    time: 1_700_000_000_000,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: fromString('operations'),
    extensions: [{ tag: 9, bytes: fromString('later') }],
    ...fields,
  }
}

function seal(set: ChangeSet): SealedChangeSet {
  const body = encodeChangeSet(set)
  return sealChangeSet(set, body, hashBody(body), new Uint8Array(64).fill(2))
}

test('a change set reads as it was written, unknown extensions included', () => {
  const sealed = seal(changeSet())
  expect(decodeChangeSet(sealed.bytes)).toEqual(sealed)
})

test('the bytes of a change set never change, since signatures stand over them', () => {
  expect(toString(encodeChangeSet(changeSet()), 'base16')).toMatchInlineSnapshot(
    `"0100abababababababababababababababababababababababababababababababab0707070707070707070707070707070707070707070707070707070707070707030c0200010101010101010101010101010101010101010101010101010101010101010102d6f793284adb07efc60b3e73afcfd0120404040404040404040404040404040404040404040404040404040404040404049839c33678092e1b210649c30a440a6d00050505050505050505050505050505050505050505050505050505050505050580d095ffbc3100000a6f7065726174696f6e730109056c61746572"`,
  )
})

test('a replica id follows from the author and a counter, so that nobody picks one', () => {
  expect(authorReplicaId(author, 3)).toMatchInlineSnapshot(`"NZjRZwFTMxtIYrPo4aNrgA"`)
  expect(authorReplicaId(author, 3)).toMatch(/^[\w-]{22}$/)
  expect(authorReplicaId(author, 4)).not.toBe(authorReplicaId(author, 3))
  expect(authorReplicaId(new Uint8Array(32), 3)).not.toBe(authorReplicaId(author, 3))
})

test.each([
  ['a count of 0 that does not continue', { count: 0 }],
  ['a fragment that counts', { continues: true }],
  ['dependencies out of order', { dependencies: changeSet().dependencies.toReversed() }],
  [
    'a dependency on itself',
    { dependencies: [{ replica: authorReplicaId(author, 3), sequence: 1, hash: new Uint8Array(32) }] },
  ],
  ['a sequence that leaves the integers', { sequence: Number.MAX_SAFE_INTEGER, count: 1 }],
  ['an access head that is no hash', { accessHead: new Uint8Array(3) }],
  ['too many operations', { operations: new Uint8Array(changeSetLimit) }],
])('%s is refused', (_, fields: Partial<ChangeSet>) => {
  expect(() => decodeChangeSet(seal(changeSet(fields)).bytes)).toThrow(MalformedMessageError)
})

test('truncated and mutated bytes are refused or read as another set, never anything else', () => {
  const { bytes } = seal(changeSet())
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeChangeSet(bytes.slice(0, length))).toThrow(MalformedMessageError)
  }
  const random = createRandom(1)
  for (let round = 0; round < 3000; round++) {
    const mutated = bytes.slice()
    mutated[integer(random, bytes.length)]! ^= 1 + integer(random, 255)
    try {
      expect(decodeChangeSet(mutated).bytes).toEqual(mutated)
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessageError)
    }
  }
})

test('a document name is compared in normal form C', () => {
  expect(normaliseDocumentName('cafe\u0301')).toBe('caf\u00e9')
  expect(normaliseDocumentName('notes/2026 – draft')).toBe('notes/2026 – draft')
})

test.each(['', ' notes', 'notes\n', 'a\u0000b', 'x'.repeat(129), '\ud800', 'a\u2028b'])('%j is no name', (name) => {
  expect(() => normaliseDocumentName(name)).toThrow(/Cannot name a document/)
})
