import { describe, expect, test } from 'vitest'
import { fromString, toString } from 'uint8arrays'
import {
  ByteReader,
  ByteWriter,
  createRandom,
  integer,
  MalformedMessageError,
  type DocumentId,
} from '../../../node/protocol/index.ts'
import { authorReplicaId, replicatorCodec, type ReplicatorMessage } from '../../../crdt/replicator/index.ts'

const document = 'ab'.repeat(32) as DocumentId
const head = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const replica = authorReplicaId(new Uint8Array(32).fill(7), 3)

/** One of each kind, and what they are in bytes: docs/formats/replication.md has them as test vectors. */
const vectors: readonly (readonly [string, ReplicatorMessage, string])[] = [
  [
    'interests in what begins with diary/ and in one document, as a question',
    { type: 'interests', isWhole: true, isQuestion: true, patterns: ['diary/*'], documents: [document] },
    `0105010764696172792f2a01${document}`,
  ],
  [
    'interests in everything',
    { type: 'interests', isWhole: true, isQuestion: false, patterns: [], documents: 'everything' },
    '01030000',
  ],
  ['a document that was declined', { type: 'declined', documents: [document] }, `0201${document}`],
  [
    'the last word of session 5, of the side that answers',
    { type: 'compare', isOwn: false, session: 5, message: { kind: 'stop', round: 1 } },
    '',
  ],
  [
    'news of one document',
    { type: 'news', digests: [{ document, digest: new Uint8Array(16).fill(9) }] },
    `0401${document}${'09'.repeat(16)}`,
  ],
  [
    'a question what a document is, with the wish for its sets',
    { type: 'describe', wantsSets: true, documents: [document] },
    `050101${document}`,
  ],
  ['a genesis of three bytes', { type: 'genesis', genesis: [Uint8Array.of(1, 2, 3)] }, '060103010203'],
  [
    'a summary of one chain, unfinished, by the first three bytes of its id',
    {
      type: 'summary',
      document,
      answer: 'if-behind',
      summary: {
        idLength: 3,
        chains: new Map([['3598d1', { sequence: 12, fragment: 2, head }]]),
        proofs: ['0102030405060708'],
      },
    },
    `07${document}0103013598d119020102030405060708010102030405060708`,
  ],
  ['change sets', { type: 'sets', sets: [Uint8Array.of(1), Uint8Array.of(2, 3)] }, '08020101020203'],
  [
    'a trace of one place',
    { type: 'trace', document, replica, places: [{ sequence: 12, fragment: 0, head }] },
    `09${document}${toString(fromString(replica, 'base64url'), 'base16')}010c000102030405060708`,
  ],
  ['a refusal', { type: 'refused', document, reason: 'quarantined' }, `0b${document}01`],
]

function encode(message: ReplicatorMessage): Uint8Array {
  const writer = new ByteWriter()
  replicatorCodec.encode(message, writer)
  return writer.finish()
}

function decode(bytes: Uint8Array): ReplicatorMessage {
  const reader = new ByteReader(bytes)
  const message = replicatorCodec.decode(reader)
  reader.finish()
  return message
}

describe('messages', () => {
  test.each(vectors)('%s', (_, message, bytes) => {
    expect(decode(encode(message))).toEqual(message)
    if (bytes !== '') expect(toString(encode(message), 'base16')).toBe(bytes)
  })

  test('that are cut or changed are refused, or read as others that are written alike', () => {
    const random = createRandom('messages')
    for (let count = 0; count < 10_000; count++) {
      const whole = encode(vectors[integer(random, vectors.length)]![1])
      const bytes = whole.slice(0, random.next() < 0.3 ? integer(random, whole.length) : whole.length)
      for (let flip = 0; flip < 2 && bytes.length > 0; flip++)
        bytes[integer(random, bytes.length)] = integer(random, 256)
      try {
        expect(encode(decode(bytes))).toEqual(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
    }
  })
})
