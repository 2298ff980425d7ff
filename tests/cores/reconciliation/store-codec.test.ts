import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { MalformedMessageError, decodeMessage, encodeMessage, type DocumentId } from '../../../node/protocol/index.ts'
import {
  HeadIndex,
  Sketch,
  StoreReconciliation,
  bound,
  head,
  storeReconciliationCodec,
  type HeadRecord,
  type PeerCursor,
  type StoreMessage,
  type StoreOutcome,
} from '../../../node/reconciliation/index.ts'

const codec = storeReconciliationCodec
const fingerprint = 'fedcba9876543210'
const mark = { epoch: 0xffff_ffff, counter: 300 }
const record: HeadRecord = { document: 'ab'.repeat(32) as DocumentId, head: head('cd'.repeat(16)) }
const symbols = new Sketch(3)
symbols.change(0xffff_ffff, 1, 1)
symbols.change(5, 6, 1)

const messages: readonly StoreMessage[] = [
  { kind: 'open', round: 0, nonce: '0123456789abcdef', size: 1_000_000, fingerprint, mark },
  { kind: 'open', round: 0, nonce: fingerprint, size: 0, fingerprint, mark, cursor: mark, records: [record, record] },
  { kind: 'equal', round: 1, mark },
  { kind: 'feed', round: 1, mark, records: [record], standings: ['same', 'lacked', record.head], fingerprint },
  { kind: 'feed', round: 31, mark, cursor: mark, records: [], standings: [] },
  {
    kind: 'sketch',
    round: 1,
    from: 0,
    size: 2,
    symbols,
    first: { mark, standings: ['same'], counts: new Int32Array(2) },
  },
  { kind: 'sketch', round: 3, from: 48, size: 2, symbols },
  { kind: 'more', round: 2, to: 70_000 },
  { kind: 'tell', round: 3, records: [record], wants: [{ high: 0xffff_ffff, low: 1 }], isLast: true, fingerprint },
  { kind: 'tell', round: 3, records: [], wants: [], isLast: false },
  { kind: 'ranges', round: 5, ranges: { round: 2, ranges: [{ kind: 'skip', upper: bound('02') }] }, fingerprint },
  { kind: 'ranges', round: 5, ranges: { round: 0, nonce: fingerprint, ranges: [] } },
  { kind: 'done', round: 9, standings: ['lacked'], fingerprint },
  { kind: 'done', round: 9, standings: [] },
  { kind: 'stop', round: 31 },
]

test('every message comes back as it was', () => {
  for (const message of messages) expect(decodeMessage(codec, encodeMessage(codec, message))).toEqual(message)
})

test('a message cut short at any byte, or with one too many, is malformed', () => {
  for (const message of messages) {
    const bytes = encodeMessage(codec, message)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeMessage(codec, bytes.slice(0, length))).toThrow(MalformedMessageError)
    }
    expect(() => decodeMessage(codec, new Uint8Array([...bytes, 0]))).toThrow(MalformedMessageError)
  }
})

test.each([
  ['an unknown kind', '0901', 'A message of an unknown kind'],
  ['a round after the last', '0820', 'A round after the last'],
  ['an end in round 0', '0800', 'A round that this kind does not have'],
  ['an opening in another round', '0002', 'A round that this kind does not have'],
  ['an unknown part', '050104', 'A part that this kind of message does not have'],
  ['more records than bytes', '05010082', 'The end'],
  ['more records than there may be', '050100992a', 'A number of 5401 where at most 5400 is allowed'],
  ['more hashes than bytes', '0501000002', 'A list with more entries than bytes'],
  ['more symbols than bytes', '03010501904e', 'A list with more entries than bytes'],
  ['an unknown standing', '0701000103', 'A standing of an unknown kind'],
  ['a count of fewer than none', `03010501010000000000000000000000${'00'.repeat(1)}03`, 'A count of more hashes'],
  ['a count of more than there are', `03010501010000000000000000000000${'00'.repeat(1)}04`, 'A count of more hashes'],
])('%s is malformed', (_, digits, reason) => {
  expect(() => decodeMessage(codec, hexToBytes(digits))).toThrow(MalformedMessageError)
  if (reason !== 'The end') expect(() => decodeMessage(codec, hexToBytes(digits))).toThrow(reason)
})

/** The blocks of bytes on the page of the format, a message each where a line is not indented. */
function vectors(): string[][] {
  const page = readFileSync(new URL('../../../docs/formats/reconciliation.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^```hex\n([0-9a-f\s]+)\n```$/gm)].map(([, digits]) => {
    return (digits as string).replaceAll('\n  ', '').replaceAll(' ', '').split('\n')
  })
}

function store(epoch: number, ...bytes: readonly (readonly [string, string])[]): HeadIndex {
  const index = new HeadIndex({ key: new Uint8Array(32), epoch })
  for (const [document, state] of bytes) set(index, document, state)
  return index
}

function set(index: HeadIndex, document: string, state: string): void {
  index.set(document.repeat(32) as DocumentId, head(state.repeat(16)))
}

interface Said {
  readonly heard: readonly string[]
  readonly outcomes: readonly (StoreOutcome | undefined)[]
}

function conversation(one: HeadIndex, other: HeadIndex, cursors?: readonly [PeerCursor, PeerCursor]): Said {
  const random = { next: () => 0 }
  const sides = [one, other].map((index, side) => {
    return new StoreReconciliation(index, random, { cursor: cursors?.[side as 0 | 1] })
  }) as [StoreReconciliation, StoreReconciliation]
  const heard: string[] = []
  let message: StoreMessage | undefined = sides[0].begin({ feeds: cursors !== undefined })
  while (message !== undefined) {
    heard.push(bytesToHex(encodeMessage(codec, message)))
    message = (sides[heard.length % 2] as StoreReconciliation).receive(message).reply
  }
  return { heard, outcomes: sides.map(({ outcome }) => outcome) }
}

test('the test vectors of the format are what two stores say to each other', () => {
  const [hash, equal, feed, sketch] = vectors() as [string[], string[], string[], string[]]
  const [one, other] = [store(1, ['01', '11']), store(2, ['01', '11'])]
  const [high, low] = [0, 8].map((at) => parseInt((hash[0] as string).slice(at, at + 8), 16)) as [number, number]
  expect(one.withHash(high, low)).toEqual([...one])
  expect(conversation(one, other).heard).toEqual(equal)
  for (const index of [one, other]) set(index, '02', '22')
  const cursors = conversation(one, other).outcomes.map((outcome) => {
    return outcome?.kind === 'complete' ? outcome.cursor : undefined
  }) as [PeerCursor, PeerCursor]
  set(one, '03', '33')
  set(other, '02', '23')
  expect(conversation(one, other, cursors).heard).toEqual(feed)
  const [, first, ...told] = conversation(store(1, ['01', '11']), store(2, ['02', '22'])).heard
  expect(first?.startsWith(sketch[0] as string)).toBe(true)
  expect(told).toEqual(sketch.slice(1))
})
