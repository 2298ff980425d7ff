import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  ByteWriter,
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type PeerId,
  type Random,
} from '../../../node/protocol/index.ts'
import { replicatorCodec, type ReplicatorMessage } from '../../../crdt/replicator/index.ts'
import { Pair } from '../../cores/replicator/pair.ts'
import { Chain, Stage, bob, operations } from '../../cores/replicator/stage.ts'
import { figure } from '../../figures.ts'

const frames = figure('frames', 10_000, 100_000)
const mebibyte = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Buffers outside of the heap included. */
function memoryUsed(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}

/** The peer whose connection frames come from, and one that is not connected. */
const senders = ['you', 'stranger', '__proto__'] as PeerId[]
const mallory = new Uint8Array(32).fill(66)

/** One history, and another that begins like it. */
function histories(stage: Stage): readonly [Chain, Chain] {
  const chains = [new Chain(stage.document, mallory), new Chain(stage.document, mallory)] as const
  for (const chain of chains) chain.next()
  return chains
}

/** Makes the document one in which an author wrote two histories. */
function contest(stage: Stage): void {
  const [one, other] = histories(stage)
  for (const set of [new Chain(stage.document, mallory).next(), one.next(), other.next({ time: 9 })]) stage.arrive(set)
  stage.recorder.advance(1000)
  stage.speak()
}

/** In which a frame may meet a peer. */
const states: readonly (readonly [name: string, begin: () => Stage])[] = [
  ['that is fresh', () => new Stage()],
  [
    'in the midst of a session',
    () => {
      const pair = new Pair()
      for (const set of chainOf(pair.one, 5)) pair.one.arrive(set)
      pair.one.core.connected(pair.names[1])
      pair.other.core.connected(pair.names[0])
      for (const message of pair.other.speak()) pair.one.hear(message, pair.names[1])
      return pair.one
    },
  ],
  [
    'with a contested document',
    () => {
      const stage = new Stage()
      stage.core.follow('*')
      stage.core.connected('you' as PeerId)
      contest(stage)
      expect(stage.core.log(stage.document)!.proofs.length).toBe(1)
      return stage
    },
  ],
]

function chainOf(stage: Stage, count: number): ReturnType<Chain['next']>[] {
  const chain = new Chain(stage.document, bob)
  return Array.from({ length: count }, () => chain.next())
}

/** One of each kind that peers have really said to each other, and those that they say on rare occasions. */
function corpus(): ReplicatorMessage[] {
  const pair = new Pair()
  for (const set of chainOf(pair.one, 3)) pair.one.arrive(set)
  pair.one.core.carry({ kind: 'named', network: 'test', name: 'diary' })
  pair.other.core.carry({ kind: 'named', network: 'test', name: 'private' })
  pair.other.core.follow('diar*')
  contest(pair.one)
  pair.connect()
  pair.one.core.synchronise()
  pair.talk()
  const said = pair.said.map(({ message }) => message)
  const { document } = pair.one
  return [
    ...said,
    { type: 'declined', documents: [document, '0'.repeat(64) as typeof document] },
    { type: 'describe', wantsSets: true, documents: [document] },
    { type: 'news', digests: [{ document, digest: new Uint8Array(16) }] },
    { type: 'refused', document, reason: 'waiting-full' },
    {
      type: 'trace',
      document,
      replica: chainOf(pair.one, 1)[0]!.replica,
      places: [{ sequence: 0, fragment: 0, head: new Uint8Array(8) }],
    },
  ]
}

/** A set as somebody with a key of his own can sign it, whatever stands in it. */
function anySet(random: Random, stage: Stage): Uint8Array {
  const numbers = [0, 1, 2, 127, 2 ** 32, 2 ** 51 - 1, Number.MAX_SAFE_INTEGER]
  const chain = new Chain(stage.document, pick(random, [mallory, bob, new Uint8Array(32).fill(integer(random, 20))]))
  try {
    return chain.next({
      sequence: pick(random, numbers),
      count: pick(random, [1, 1, 0, 5, 2 ** 40]),
      fragment: pick(random, [0, 0, 1, 399]),
      continues: random.next() < 0.2,
      counter: pick(random, numbers),
      time: pick(random, numbers),
      keyEpoch: pick(random, numbers),
      previous: random.next() < 0.5 ? new Uint8Array(32) : chainOf(stage, 1)[0]!.hash,
      operations: random.next() < 0.5 ? operations(integer(random, 30)) : noise(random),
    }).bytes
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
    return noise(random)
  }
}

function noise(random: Random): Uint8Array {
  const [length, bound] = [pick(random, [8, 64, 300]), pick(random, [4, 12, 128, 256])]
  return Uint8Array.from({ length: integer(random, length) }, () => integer(random, bound))
}

const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)

type Mutation = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

const mutations: readonly Mutation[] = [
  (_, bytes) => bytes,
  (random, bytes) => bytes.with(integer(random, bytes.length), integer(random, 256)),
  (random, bytes) => bytes.with(integer(random, Math.min(40, bytes.length)), integer(random, 256)),
  (random, bytes) => bytes.slice(0, integer(random, bytes.length)),
  (random, bytes) => splice(bytes, integer(random, bytes.length), 1, huge),
  (random, bytes) => splice(bytes, integer(random, bytes.length), integer(random, 4), new Uint8Array(0)),
  (random, bytes, other) =>
    splice(bytes, integer(random, bytes.length), bytes.length, other.slice(integer(random, other.length))),
]

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes.slice(0, at), ...added, ...bytes.slice(at + removed)])
}

/** @returns undefined for what the codec refuses, which is all that may happen to it */
function decoded(bytes: Uint8Array): ReplicatorMessage | undefined {
  try {
    return decodeMessage(replicatorCodec, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
    return undefined
  }
}

/** Every second signature holds: strangers have keys of their own. */
function answer(random: Random, stage: Stage): void {
  for (let effects = stage.recorder.take(); effects.length > 0; effects = stage.recorder.take()) {
    for (const effect of effects) {
      if (effect.type === 'verify') stage.core.verified(effect.ticket, random.next() < 0.5)
      else if (effect.type === 'write') stage.core.written(effect.ticket)
    }
  }
}

describe.each(states)('a peer %s', (name, begin) => {
  test.each(['noise', 'what peers say, damaged'])('takes %s for what it is, within its limits', (kind) => {
    const random = createRandom(`${name}, ${kind}`)
    const stage = begin()
    const said = corpus().map((message) => encodeMessage(replicatorCodec, message))
    const makeDamaged = (): Uint8Array => {
      if (random.next() < 0.2) {
        return encodeMessage(replicatorCodec, { type: 'sets', sets: [anySet(random, stage), anySet(random, stage)] })
      }
      return pick(random, mutations)(random, pick(random, said), pick(random, said))
    }
    const makeNoise = (): Uint8Array => splice(noise(random), 0, 1, Uint8Array.of(1 + integer(random, 12)))
    const make = kind === 'noise' ? makeNoise : makeDamaged
    const run = (count: number): number => {
      let taken = 0
      for (let frame = 0; frame < count; frame++) {
        const message = decoded(make())
        if (message !== undefined) {
          taken++
          stage.hear(message, pick(random, senders))
        }
        if (frame % 4 === 0) answer(random, stage)
        if (frame % 64 === 0) stage.recorder.advance(integer(random, 2000))
        if (frame % 500 === 0) {
          stage.core.disconnected(senders[0]!)
          stage.core.connected(senders[0]!)
        }
      }
      answer(random, stage)
      return taken
    }
    run(1000)
    const before = memoryUsed()
    const taken = run(frames)
    expect(memoryUsed() - before).toBeLessThan(16 * mebibyte)
    expect(taken).toBeGreaterThan(kind === 'noise' ? frames / 1000 : frames / 10)
    // It still does what it is there for.
    const honest = new Chain(stage.document, new Uint8Array(32).fill(200)).next()
    stage.arrive(honest)
    expect(stage.versionOf(new Uint8Array(32).fill(200))).toBe(1)
  })
})

test('lengths, counts and numbers beyond all bounds are refused before anything is made for them', () => {
  const id = new Uint8Array(32)
  const counts = [2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((count) => new ByteWriter().varint(count).finish())
  const tooLong = [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), new Uint8Array(20).fill(0x80)]
  const heads: readonly (readonly number[])[] = [
    [1, 1],
    [2],
    [3, 0],
    [3, 2],
    [4],
    [5, 1],
    [6],
    [6, 1],
    [7, ...id, 1, 16],
    [8],
    [8, 1],
    [9, ...id, ...new Uint8Array(16)],
    [10],
  ]
  const before = memoryUsed()
  for (const head of heads) {
    for (const number of [...counts, ...tooLong]) {
      for (const rest of [new Uint8Array(0), new Uint8Array(1000)]) {
        const bytes = Uint8Array.from([...head, ...number, ...rest])
        expect(() => decodeMessage(replicatorCodec, bytes), head.slice(0, 2).join()).toThrow(MalformedMessageError)
      }
    }
  }
  expect(memoryUsed() - before).toBeLessThan(mebibyte)
})
