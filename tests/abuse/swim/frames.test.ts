import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  MalformedMessageError,
  Recorder,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type MemberState,
  type PeerId,
  type Random,
} from '../../../node/protocol/index.ts'
import {
  swimCodec,
  swimDefinition,
  type MemberUpdate,
  type SwimCore,
  type SwimEvent,
  type SwimMessage,
  type SwimTimer,
} from '../../../overlays/swim/index.ts'
import { figure } from '../../figures.ts'

const frames = figure('frames', 10_000, 100_000)
const memberLimit = 64
const mebibyte = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** One of a few, so that frames meet what earlier ones left behind. */
function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}

const names = [
  'honest',
  '',
  'a',
  '__proto__',
  'constructor',
  'p'.repeat(128),
  '\u{1F980}',
  'b',
  'c',
  'd',
  'e',
  'f',
] as PeerId[]
/** The host knows who sent a frame. */
const senders = names.filter((name) => name !== '' && name !== 'honest')
const numbers = [0, 1, 2, 127, 128, 1_000_000, 2 ** 32, Number.MAX_SAFE_INTEGER - 1]
const states: readonly MemberState[] = ['alive', 'suspected', 'failed', 'left']
const types = ['ping', 'ack', 'ping-req', 'nack', 'gossip', 'digest', 'push'] as const

function update(random: Random): MemberUpdate {
  const state = pick(random, states)
  const said = state === 'alive' ? Array.from({ length: integer(random, 3) }, () => '/ip4/127.0.0.1/tcp/1') : []
  return {
    peer: pick(random, names),
    state,
    incarnation: pick(random, numbers),
    addresses: said,
    ...(state === 'suspected' && random.next() < 0.5 ? { accuser: pick(random, names) } : {}),
    ...(state === 'alive' && random.next() < 0.5
      ? {
          tags: {
            version: 1 + pick(random, numbers.slice(0, -1)),
            tags: { __proto__x: '1', [pick(random, names)]: '' },
          },
        }
      : {}),
  }
}

function message(random: Random): SwimMessage {
  const incarnation = pick(random, numbers)
  const updates = Array.from({ length: integer(random, 6) }, () => update(random))
  const [probe, flag, target] = [pick(random, numbers), random.next() < 0.5, pick(random, names)]
  const type = pick(random, types)
  const envelope = { incarnation, updates, ...(random.next() < 0.1 ? { leaving: true as const } : {}) }
  switch (type) {
    case 'ping':
    case 'ack':
    case 'nack':
      return { type, probe, health: integer(random, 256), ...envelope }
    case 'ping-req':
      return { type, probe, target, nack: flag, ...envelope }
    case 'gossip':
      return { type, ...envelope }
    case 'digest':
      return { type, digest: pick(random, numbers) % 2 ** 52, ...envelope }
    case 'push':
      return { type, pull: flag, ...envelope }
  }
}

/** Bytes of no meaning; short frames of small numbers mean something now and then. */
function noise(random: Random): Uint8Array {
  const [length, bound] = [pick(random, [8, 16, 200]), pick(random, [4, 128, 256])]
  return Uint8Array.from({ length: integer(random, length) }, () => integer(random, bound))
}

type Mutation = (random: Random, bytes: Uint8Array) => Uint8Array

const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)

/** What damages a frame whose shape is right. */
const mutations: readonly Mutation[] = [
  (_, bytes) => bytes,
  (random, bytes) => bytes.with(integer(random, bytes.length), integer(random, 256)),
  (random, bytes) => {
    const at = integer(random, bytes.length)
    return bytes.with(at, (bytes[at] as number) ^ (1 << integer(random, 8)))
  },
  (random, bytes) => bytes.slice(0, integer(random, bytes.length)),
  (random, bytes) => splice(bytes, integer(random, bytes.length), 1, huge),
  (random, bytes) => splice(bytes, integer(random, bytes.length), 0, bytes.slice(integer(random, bytes.length))),
  (random, bytes) => splice(bytes, integer(random, bytes.length), integer(random, 4), new Uint8Array(0)),
  (random, bytes) => splice(bytes, integer(random, bytes.length), 0, encodeMessage(swimCodec, message(random))),
]

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.slice(at + removed)
  const result = new Uint8Array(at + added.length + rest.length)
  result.set(bytes.slice(0, at))
  result.set(added, at)
  result.set(rest, at + added.length)
  return result
}

function mutated(random: Random): Uint8Array {
  return pick(random, mutations)(random, encodeMessage(swimCodec, message(random)))
}

/** Sends of the recorder go through the codec: a message that others would refuse fails the test. */
function honestMember(seed: number): { core: SwimCore; recorder: Recorder<SwimMessage, SwimTimer, SwimEvent> } {
  const recorder = new Recorder<SwimMessage, SwimTimer, SwimEvent>({ self: 'honest', seed })
  return { recorder, core: recorder.run(swimDefinition({ memberLimit, forgetAfter: 60_000 }), {}) }
}

function expectSane(core: SwimCore): void {
  const members = core.members()
  expect(members.length).toBeLessThanOrEqual(memberLimit + 1)
  expect(members[0]).toMatchObject({ peer: 'honest', state: 'alive' })
  expect(new Set(members.map(({ peer }) => peer)).size).toBe(members.length)
  for (const { peer, state, incarnation } of members) {
    expect(peer).not.toBe('')
    expect(states).toContain(state)
    expect(Number.isSafeInteger(incarnation) && incarnation >= 0).toBe(true)
  }
  expect(core.sample(memberLimit)).not.toContain('honest')
}

/** @returns how many of the frames were messages */
function feed(seed: number, frame: (random: Random) => Uint8Array): number {
  const random = createRandom(seed)
  const { core, recorder } = honestMember(seed)
  let understood = 0
  for (let count = 1; count <= frames; count++) {
    try {
      const heard = decodeMessage(swimCodec, frame(random))
      understood++
      core.receive(heard, pick(random, senders))
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
    }
    if (count % 100 !== 0) continue
    recorder.advance(1000)
    recorder.take()
    expectSane(core)
  }
  recorder.advance(120_000)
  expectSane(core)
  return understood
}

describe(`${frames} frames`, () => {
  test.for<[string, (random: Random) => Uint8Array, number]>([
    ['random', noise, 0.001],
    ['mutated', mutated, 0.2],
  ])('that are %s are messages or malformed, and leave a member as it should be', ([, frame, share]) => {
    feed(1, frame)
    const before = heapUsed()
    const understood = feed(2, frame)
    // Neither were all refused by the codec, so that nothing was tried of the member, nor all understood.
    expect(understood).toBeGreaterThan(share * frames)
    expect(understood).toBeLessThan(0.9 * frames)
    expect(heapUsed() - before).toBeLessThan(16 * mebibyte)
  })
})

test('a list that is said to be longer than its frame, and numbers beyond 2^53, are refused', () => {
  for (const bytes of [
    [0x04, 0x00, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x00, ...huge, 0xff, 0x01],
    [0x02, 0x00, 0x00, 0x00, 0x00],
  ]) {
    expect(() => decodeMessage(swimCodec, Uint8Array.from(bytes))).toThrow(MalformedMessageError)
  }
})
