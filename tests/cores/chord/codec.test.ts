import { describe, expect, test } from 'vitest'
import {
  MalformedMessageError,
  VectorClock,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  keyOf,
  type Codec,
  type DhtRecord,
  type PeerId,
} from '../../../node/protocol/index.ts'
import { chordCodec, dhtCodec, ringNode, type ChordMessage, type DhtMessage } from '../../../overlays/chord/index.ts'
import { figure } from '../../figures.ts'

const [one, two] = ['one', 'two'] as PeerId[] as [PeerId, PeerId]
const nodes = [ringNode(one), ringNode(two, 5)]
const key = keyOf('key')

const ringMessages: ChordMessage[] = [
  { type: 'state', number: 1, at: 3 },
  { type: 'ping', number: 2, at: 0 },
  { type: 'step', number: 300, key, following: 4, avoid: [one] },
  { type: 'route', number: 4, key, following: 0, origin: one, lookup: 2 ** 40, path: [two] },
  { type: 'propose', number: 5, members: [one, two] },
  { type: 'neighbourhood', number: 6, successors: nodes, predecessor: undefined },
  { type: 'neighbourhood', number: 6, successors: nodes, predecessor: nodes[1] },
  { type: 'busy', number: 7 },
  { type: 'outside', number: 8 },
  { type: 'yes', number: 9 },
  { type: 'no', number: 10 },
  { type: 'closer', number: 11, nodes },
  { type: 'found', number: 12, at: 63, successors: nodes },
  { type: 'notify', at: 1, from: 2 },
  { type: 'routed', lookup: 2 ** 41, at: 1, path: [one, two], successors: nodes },
  { type: 'gather', members: [] },
  { type: 'inside' },
  { type: 'begin', members: [one, two] },
  { type: 'gone' },
  { type: 'elsewhere', door: two },
]

const bytes = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill)
const records: DhtRecord[] = [
  { kind: 'immutable', value: bytes(5) },
  { kind: 'owned', owner: bytes(32), name: 'name', sequence: 9, value: bytes(3), signature: bytes(64) },
  {
    kind: 'shared',
    name: '',
    writer: bytes(32),
    version: VectorClock.from([['one', 2]]),
    value: bytes(0),
    signature: bytes(64),
  },
]
const leases = records.map((record, place) => ({ record, lifetime: 1000 * place }))
const item = (key + 'ab'.repeat(16)) as never

const dhtMessages: DhtMessage[] = [
  { type: 'store', number: 1, asOwner: false, isFresh: true, leases },
  { type: 'fetch', number: 2, asOwner: true, key },
  { type: 'give', number: 3, items: [item] },
  { type: 'provide', number: 4, asOwner: false, key, addresses: ['/ip4/127.0.0.1/tcp/1'] },
  { type: 'who', number: 5, asOwner: true, key },
  { type: 'misplaced', number: 6 },
  {
    type: 'reconcile',
    number: 6,
    session: 7,
    from: 'aa' as never,
    to: '' as never,
    message: { round: 0, nonce: '00'.repeat(8), ranges: [{ kind: 'ask', upper: 'end', items: [item] }] },
  },
  { type: 'stored', number: 7, outcomes: ['kept', 'stale', 'full', 'forged'], newer: records },
  { type: 'fetched', number: 8, isComplete: true, leases },
  { type: 'given', number: 9, leases: [] },
  { type: 'provided', number: 10, isTaken: false },
  { type: 'known', number: 11, providers: [{ peer: one, addresses: [] }] },
  { type: 'reconciled', number: 12, message: undefined },
  { type: 'declined', number: 13 },
]

const codecs: [string, Codec<never>, readonly { readonly type: string }[]][] = [
  ['the ring', chordCodec as Codec<never>, ringMessages],
  ['the DHT', dhtCodec as Codec<never>, dhtMessages],
]

describe.each(codecs)('messages of %s', (_, codec, messages) => {
  test.each(messages.map((message) => [message.type, message] as const))('%s is what it was', (_type, message) => {
    const frame = encodeMessage(codec, message as never)
    const read: { readonly type: string } = decodeMessage(codec, frame)
    expect(read.type).toBe(message.type)
    expect(encodeMessage(codec, read as never)).toEqual(frame)
  })

  test('cut short anywhere, or with something behind them, they are refused', () => {
    for (const message of messages) {
      const whole = encodeMessage(codec, message as never)
      for (let length = 0; length < whole.length; length++) {
        expect(() => decodeMessage(codec, whole.subarray(0, length))).toThrow(MalformedMessageError)
      }
      expect(() => decodeMessage(codec, Uint8Array.of(...whole, 0))).toThrow(MalformedMessageError)
    }
  })

  test('random and damaged frames are read or refused, never anything else', () => {
    const random = createRandom(1)
    for (let count = 0; count < figure('frames', 10_000, 100_000); count++) {
      const frame = damaged(codec, messages, random)
      try {
        decodeMessage(codec, frame)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
    }
  })
})

function damaged(
  codec: Codec<never>,
  messages: readonly unknown[],
  random: ReturnType<typeof createRandom>,
): Uint8Array {
  if (random.next() < 0.3) return Uint8Array.from({ length: integer(random, 200) }, () => integer(random, 256))
  const frame = encodeMessage(codec, messages[integer(random, messages.length)] as never)
  for (let flips = 1 + integer(random, 4); flips > 0; flips--)
    frame[integer(random, frame.length)] = integer(random, 256)
  return frame
}
