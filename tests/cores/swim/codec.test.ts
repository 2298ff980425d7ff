import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type PeerId,
  type Random,
} from '../../../node/protocol/index.ts'
import {
  resolveSwimOptions,
  swimCodec,
  swimPresets,
  type MemberUpdate,
  type SwimMessage,
} from '../../../overlays/swim/index.ts'
import { update } from './recorded-member.ts'

const updates: MemberUpdate[] = [
  update('a', 'alive', 0, ['/ip4/127.0.0.1/tcp/1', 'ü'.repeat(64)]),
  { ...update('a', 'alive', 2, ['/here']), tags: { version: 300, tags: { 'a': '', 'b': 'ü', '10': 'ten' } } },
  { ...update('a', 'alive', 2), tags: { version: 1, tags: {} } },
  update('b', 'suspected', 127),
  { ...update('b', 'suspected', 127), accuser: 'accuser' as PeerId },
  update('c', 'failed', 128),
  update('d', 'left', Number.MAX_SAFE_INTEGER - 1),
  { ...update('e', 'alive', 3), state: 'unfit' },
]

const messages: SwimMessage[] = [
  { type: 'ping', probe: 0, health: 0, incarnation: 0, updates: [] },
  { type: 'ack', probe: 2 ** 40, health: 8, incarnation: 1, updates },
  { type: 'ack', probe: 1, health: 255, incarnation: 1, leaving: true, updates: [] },
  { type: 'ping-req', probe: 3, target: 'somebody' as PeerId, nack: false, incarnation: 2, updates },
  { type: 'ping-req', probe: 3, target: 'somebody' as PeerId, nack: true, incarnation: 2, updates: [] },
  { type: 'digest', digest: 2 ** 52 - 1, incarnation: 2, updates },
  { type: 'nack', probe: 4, health: 1, incarnation: 2, updates },
  { type: 'nack', probe: 4, health: 1, incarnation: 2, unfit: true, updates: [] },
  { type: 'gossip', incarnation: 3, leaving: true, updates },
  { type: 'push', pull: true, incarnation: 4, updates },
  { type: 'push', pull: false, incarnation: 5, updates },
]

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const mutated = bytes.slice()
  for (let count = 1 + integer(random, 3); count > 0; count--) {
    mutated[integer(random, mutated.length)] = integer(random, 256)
  }
  return mutated
}

test('every message comes back as it was', () => {
  for (const message of messages) {
    expect(decodeMessage(swimCodec, encodeMessage(swimCodec, message))).toEqual(message)
  }
})

test('a message cut short at any byte, or with one too many, is malformed', () => {
  for (const message of messages) {
    const bytes = encodeMessage(swimCodec, message)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeMessage(swimCodec, bytes.slice(0, length))).toThrow(MalformedMessageError)
    }
    expect(() => decodeMessage(swimCodec, new Uint8Array([...bytes, 0]))).toThrow(MalformedMessageError)
  }
})

test('mutated and random bytes are a message or malformed, nothing else; what decodes encodes again', () => {
  const random = createRandom('hostile')
  let decoded = 0
  for (let count = 0; count < 20_000; count++) {
    const message = messages[count % messages.length] as SwimMessage
    const bytes =
      count % 4 === 0
        ? Uint8Array.from({ length: integer(random, 40) }, () => integer(random, 256))
        : mutate(encodeMessage(swimCodec, message), random)
    try {
      const heard = decodeMessage(swimCodec, bytes)
      expect(decodeMessage(swimCodec, encodeMessage(swimCodec, heard))).toEqual(heard)
      decoded++
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessageError)
    }
  }
  expect(decoded).toBeGreaterThan(100)
})

test('what no honest member says is malformed', () => {
  const said =
    (...bytes: number[]): (() => SwimMessage) =>
    () =>
      decodeMessage(swimCodec, Uint8Array.from(bytes))
  expect(said(7, 0, 0)).toThrow('unknown type')
  expect(said(0x20, 0, 0)).toThrow('Only a push can pull')
  expect(said(0x43, 0, 0)).toThrow('An empty list of updates')
  expect(said(0x43, 0, 1, 5, 1, 97, 0)).toThrow('unknown state')
  expect(said(0x43, 0, 1, 0, 0, 0)).toThrow('without a name')
  expect(said(0x43, 0, 1, 0x20, 1, 97, 0, 1, 98)).toThrow('not suspected')
  expect(said(0x43, 0, 1, 0x11, 1, 97, 0, 1, 1, 97)).toThrow('not said to be alive')
  expect(said(0x43, 0, 1, 0x42, 1, 97, 0, 1, 1, 97)).toThrow('not said to be alive')
  expect(said(0x43, 0, 1, 0x10, 1, 97, 0, 0)).toThrow('empty list')
  expect(said(0x43, 0, 1, 0x40, 1, 97, 0, 0, 0)).toThrow('version 0')
  expect(said(0x43, 0, 1, 0x40, 1, 97, 0, 1, 2, 1, 98, 0, 1, 97, 0)).toThrow('not in order')
  expect(said(0x43, 0, 1, 0x40, 1, 97, 0, 1, 2, 1, 97, 0, 1, 97, 0)).toThrow('not in order')
  expect(said(0x43, 0, 1, 0x40, 1, 97, 0, 1, 33)).toThrow(MalformedMessageError)
  expect(said(0x43, 0, 1, 0x10, 1, 97, 0, 9)).toThrow(MalformedMessageError)
  expect(said(0x43, 0, 0xff, 0xff, 0xff, 0x7f)).toThrow(MalformedMessageError)
})

test('options are checked by themselves and against each other', () => {
  expect(resolveSwimOptions()).toEqual(swimPresets.lan)
  expect(resolveSwimOptions(swimPresets.wan)).toEqual(swimPresets.wan)
  expect(resolveSwimOptions(swimPresets.local)).toEqual(swimPresets.local)
  expect(() => resolveSwimOptions({ probeTimeout: 1000 })).toThrow('must be below probeInterval = 1000')
  expect(() => resolveSwimOptions({ probeInterval: 0.5 })).toThrow(RangeError)
  expect(() => resolveSwimOptions({ memberLimit: 0 })).toThrow('an integer of at least 1')
  expect(() => resolveSwimOptions({ syncPageLimitBytes: 2 ** 30 })).toThrow('at most')
})
