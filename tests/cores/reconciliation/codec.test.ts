import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
} from '../../../node/protocol/index.ts'
import {
  Reconciliation,
  bound,
  item,
  reconciliationCodec,
  type ItemSet,
  type ReconciliationMessage,
} from '../../../node/reconciliation/index.ts'
import { setOf } from './two-sides.ts'

const codec = reconciliationCodec(2)
const nonce = '0123456789abcdef'
const fingerprint = 'fedcba9876543210'
const items = [item('0102'), item('ff00')]

const messages: readonly ReconciliationMessage[] = [
  { round: 0, nonce, ranges: [{ kind: 'fingerprint', upper: 'end', fingerprint }] },
  { round: 1, ranges: [] },
  {
    round: 30,
    ranges: [
      { kind: 'skip', upper: bound('') },
      { kind: 'fingerprint', upper: bound('01'), fingerprint },
      { kind: 'ask', upper: bound('0103'), items },
      { kind: 'answer', upper: bound('02'), items: [], lacks: [0, 1, 16_383] },
      { kind: 'answer', upper: bound('03'), items, lacks: [] },
      { kind: 'cut', upper: 'end' },
    ],
  },
]

/** The blocks of bytes on the page of the format. */
function vectors(): string[] {
  const page = readFileSync(new URL('../../../docs/formats/reconciliation.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^```\n([0-9a-f\s]+)\n```$/gm)].map(([, digits]) => (digits as string).replaceAll(/\s/g, ''))
}

test('the test vectors of the format are what two peers say to each other', () => {
  const [sum, ...said] = vectors()
  const set = (bytes: readonly number[]): ItemSet =>
    setOf(
      bytes.map((byte) => item(`0${byte}000000`)),
      4,
    )
  const lanes = [...set([1]).reach().sum]
  expect(lanes.map((lane) => lane.toString(16).padStart(8, '0')).join('')).toBe(sum)
  const sides = [new Reconciliation(set([1, 2, 3, 4, 5])), new Reconciliation(set([2, 3, 4, 5, 6]))] as const
  const heard: string[] = []
  let message: ReconciliationMessage | undefined = sides[0].begin({ next: () => 0 })
  while (message !== undefined) {
    heard.push(bytesToHex(encodeMessage(reconciliationCodec(4), message)))
    message = (sides[heard.length % 2] as Reconciliation).receive(message).reply
  }
  expect(heard).toEqual(said)
})

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
  ['a round after the last', '2000', 'A round after the last'],
  ['an unknown kind', '010185', 'A range of an unknown kind'],
  ['a bound with a zero at its end', '010100020100', 'A bound that is longer than it need be'],
  ['a bound wider than an item', '01010003010203', 'A number of 3 where at most 2 is allowed'],
  ['a range behind the end of the arc', '01028080', 'A range after the end of the arc'],
  ['a cut before the end of the arc', '0101040101', 'A cut before the end of the arc'],
  ['more ranges than bytes', '01ff7f80', 'A list with more items than bytes'],
  ['more ranges than are allowed', '0181800180', 'A number of 16385 where at most 16384 is allowed'],
  ['more items than bytes', '01018203010203', 'A list with more items than bytes'],
  ['more items than are allowed', '010182818001', 'A number of 16385 where at most 16384 is allowed'],
  ['a list of items as long as a gigabyte', '010182ffffffff03', 'A number of 1073741823 where at most'],
  ['a place twice', '01018300020505', 'Places of items out of order'],
])('%s is malformed', (_, digits, reason) => {
  expect(() => decodeMessage(codec, hexToBytes(digits))).toThrow(MalformedMessageError)
  expect(() => decodeMessage(codec, hexToBytes(digits))).toThrow(reason)
})

test('all lists of a message together hold no more than one may', () => {
  const half = Array.from({ length: 8192 }, (_, place) => item(place.toString(16).padStart(4, '0')))
  const message = (lacks: number[]): ReconciliationMessage => ({
    round: 1,
    ranges: [
      { kind: 'ask', upper: bound('2000'), items: half },
      { kind: 'answer', upper: 'end', items: half, lacks },
    ],
  })
  expect(decodeMessage(codec, encodeMessage(codec, message([])))).toEqual(message([]))
  expect(() => decodeMessage(codec, encodeMessage(codec, message([0])))).toThrow('A number of 1 where at most 0')
})

test('mutated bytes are a message or malformed, nothing else; what decodes encodes to the same bytes', () => {
  const random = createRandom('mutated')
  let decoded = 0
  for (let count = 0; count < 20_000; count++) {
    const bytes = encodeMessage(codec, messages[count % messages.length] as ReconciliationMessage)
    for (let changes = 1 + integer(random, 3); changes > 0; changes--) {
      bytes[integer(random, bytes.length)] = integer(random, 256)
    }
    try {
      expect(encodeMessage(codec, decodeMessage(codec, bytes))).toEqual(bytes)
      decoded++
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessageError)
    }
  }
  expect(decoded).toBeGreaterThan(100)
})
