import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
} from '../../../node/protocol/index.ts'
import { gossipCodec, resolveGossipOptions, type GossipMessage } from '../../../overlays/gossip/index.ts'
import { idOf, payload } from './recorded-peer.ts'

const codec = gossipCodec(1000)

const messages: GossipMessage[] = [
  { type: 'push', hops: 0, payload: payload(0) },
  { type: 'push', hops: 255, payload: payload(2 ** 50, { topic: 'ü'.repeat(128), text: '' }) },
  { type: 'ihave', ids: [idOf(1), idOf(2)] },
  { type: 'confirm', ids: [idOf(1)] },
  { type: 'graft', ids: Array.from({ length: 100 }, (_, index) => idOf(index)) },
  { type: 'neighbour', urgent: true },
  { type: 'neighbour', urgent: false },
  { type: 'accept' },
  { type: 'disconnect' },
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
  refuse({ type: 'push', hops: 0, payload: { ...payload(0), bytes: new Uint8Array(1001) } })
  refuse({ type: 'push', hops: 0, payload: payload(0, { topic: 'x'.repeat(257) }) })
  refuse({ type: 'push', hops: 0, payload: payload(0, { topic: '' }) })
  refuse({ type: 'push', hops: 0, payload: payload(0, { publisher: '' }) })
  refuse({ type: 'ihave', ids: [] })
  refuse({ type: 'graft', ids: Array.from({ length: 1025 }, () => idOf(1)) })
  expect(() => decodeMessage(codec, Uint8Array.of(0x85))).toThrow('Only a wish can be urgent')
  expect(() => decodeMessage(codec, Uint8Array.of(7))).toThrow('unknown type')
})

test('a decoded message holds no view into the bytes it came in', () => {
  const bytes = encodeMessage(codec, { type: 'push', hops: 0, payload: payload(0) })
  const message = decodeMessage(codec, bytes)
  bytes.fill(0)
  expect(message).toEqual({ type: 'push', hops: 0, payload: payload(0) })
})

test('options are checked by themselves and against each other', () => {
  expect(resolveGossipOptions().messageLimitBytes).toBe(512 * 1024)
  expect(() => resolveGossipOptions({ viewTarget: 20 })).toThrow('at least viewTarget = 20')
  expect(() => resolveGossipOptions({ fanout: 0 })).toThrow('an integer of at least 1')
  expect(() => resolveGossipOptions({ messageLimitBytes: 2 ** 20 })).toThrow('at most')
  expect(() => resolveGossipOptions({ keptLimitBytes: 1000 })).toThrow('at least messageLimitBytes')
  expect(() => resolveGossipOptions({ neighbourTimeout: 3000 })).toThrow('at least twice viewInterval')
  expect(() => resolveGossipOptions({ seenLimit: 10 })).toThrow('at least keptLimit')
})
