import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type PeerId,
} from '../../../node/protocol/index.ts'
import { gossipCodec, messageLimits, resolveGossipOptions, type GossipMessage } from '../../../overlays/gossip/index.ts'
import { idOf, payload } from './recorded-peer.ts'

const codec = gossipCodec(1000)

const past = [{ publisher: 'b' as PeerId, life: 2 ** 48, count: 2 ** 53 - 1 }]
const peers = ['b', 'c', 'ü'.repeat(64)] as PeerId[]

const messages: GossipMessage[] = [
  { type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0) },
  {
    type: 'gossip',
    round: 255,
    shapes: true,
    isShortcut: false,
    payload: payload(2 ** 50, { topic: 'ü'.repeat(128), text: '', past }),
  },
  { type: 'ihave', again: false, announced: [{ id: idOf(1), round: 3 }] },
  { type: 'ihave', again: true, announced: [idOf(1), idOf(2)].map((id) => ({ id, round: 255 })) },
  { type: 'graft', payload: true, ids: Array.from({ length: 100 }, (_, index) => idOf(index)) },
  { type: 'graft', payload: false, ids: [idOf(1)] },
  { type: 'prune', id: idOf(1) },
  { type: 'join' },
  { type: 'forward-join', joiner: 'b' as PeerId, ttl: 6 },
  { type: 'neighbour', urgent: true },
  { type: 'neighbour', urgent: false },
  { type: 'accept' },
  { type: 'reject' },
  { type: 'disconnect' },
  { type: 'shuffle', origin: 'b' as PeerId, ttl: 32, peers },
  { type: 'shuffle-reply', peers: [] },
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

test('mutated and random bytes are a message or malformed, nothing else; what decodes encodes again', () => {
  const random = createRandom('hostile')
  let decoded = 0
  for (let count = 0; count < 20_000; count++) {
    const bytes = encodeMessage(codec, messages[count % messages.length] as GossipMessage)
    for (let changes = 1 + integer(random, 3); changes > 0; changes--) {
      bytes[integer(random, bytes.length)] = integer(random, 256)
    }
    try {
      const heard = decodeMessage(codec, bytes)
      expect(decodeMessage(codec, encodeMessage(codec, heard))).toEqual(heard)
      decoded++
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessageError)
    }
  }
  expect(decoded).toBeGreaterThan(100)
})

test('what is larger than allowed, or has no topic, publisher or id, is malformed', () => {
  const encode = (message: GossipMessage): Uint8Array => encodeMessage(gossipCodec(2000), message)
  const refuse = (message: GossipMessage): void => {
    expect(() => decodeMessage(codec, encode(message))).toThrow(MalformedMessageError)
  }
  refuse({
    type: 'gossip',
    round: 0,
    shapes: true,
    isShortcut: false,
    payload: { ...payload(0), bytes: new Uint8Array(1001) },
  })
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0, { topic: 'x'.repeat(257) }) })
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(2 ** 53 - 1) })
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0, { topic: '' }) })
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0, { publisher: '' }) })
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0, { life: 2 ** 48 + 1 }) })
  const tooMuch = Array.from({ length: messageLimits.past + 1 }, () => past).flat()
  refuse({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0, { past: tooMuch }) })
  refuse({ type: 'ihave', again: false, announced: [] })
  refuse({ type: 'graft', payload: true, ids: Array.from({ length: 1025 }, () => idOf(1)) })
  refuse({ type: 'forward-join', joiner: 'b' as PeerId, ttl: 33 })
  refuse({ type: 'forward-join', joiner: '' as PeerId, ttl: 1 })
  refuse({ type: 'shuffle-reply', peers: Array.from({ length: 65 }, () => 'b' as PeerId) })
  expect(() => decodeMessage(codec, Uint8Array.of(0x84))).toThrow('bears the flag')
  expect(() => decodeMessage(codec, Uint8Array.of(12))).toThrow('unknown type')
})

test('a count of four thousand million ids is refused before anything is allocated for it', () => {
  for (const type of [1, 2, 11]) {
    expect(() => decodeMessage(codec, Uint8Array.of(type, 0xff, 0xff, 0xff, 0xff, 0x0f))).toThrow(MalformedMessageError)
  }
})

test('a decoded message holds no view into the bytes it came in', () => {
  const bytes = encodeMessage(codec, { type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0) })
  const message = decodeMessage(codec, bytes)
  bytes.fill(0)
  expect(message).toEqual({ type: 'gossip', round: 0, shapes: true, isShortcut: false, payload: payload(0) })
})

test('options are checked by themselves and against each other', () => {
  expect(resolveGossipOptions().messageLimitBytes).toBe(512 * 1024)
  expect(() => resolveGossipOptions({ activeViewSize: 0 })).toThrow('an integer of at least 1')
  expect(resolveGossipOptions({ confirmInterval: 0 }).confirmInterval).toBe(0)
  expect(() => resolveGossipOptions({ order: 'total' as 'fifo' })).toThrow('none, fifo or causal')
  expect(() => resolveGossipOptions({ passiveWalkLength: 7 })).toThrow('at most activeWalkLength = 6')
  expect(() => resolveGossipOptions({ activeWalkLength: 33 })).toThrow('at most 32')
  expect(() => resolveGossipOptions({ shuffledPassive: 61 })).toThrow('at most 64 peers')
  expect(() => resolveGossipOptions({ messageLimitBytes: 2 ** 20 })).toThrow('at most')
  expect(() => resolveGossipOptions({ keptLimitBytes: 1000 })).toThrow('at least messageLimitBytes')
  expect(() => resolveGossipOptions({ neighbourTimeout: 3000 })).toThrow('at least twice viewInterval')
  expect(() => resolveGossipOptions({ seenLimit: 10 })).toThrow('at least keptLimit')
})
