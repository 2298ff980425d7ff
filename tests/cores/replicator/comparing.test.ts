import { beforeEach, describe, expect, test } from 'vitest'
import type { DocumentId } from '../../../node/protocol/index.ts'
import {
  encodeGenesis,
  type ReplicatorEvent,
  type ReplicatorMessage,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import { Pair } from './pair.ts'
import { bob, Chain, neighbour, Stage } from './stage.ts'

function compared(stage: Stage): Extract<ReplicatorEvent, { type: 'compared' }>[] {
  return stage.events.filter((event) => event.type === 'compared')
}

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

describe('two peers that meet', () => {
  test('say in what they are interested, and the one with the lower name begins', () => {
    pair.one.core.connected(pair.names[1])
    pair.other.core.connected(pair.names[0])
    const [mine, yours] = [pair.one.speak(), pair.other.speak()]
    expect(mine.map(({ type }) => type)).toEqual(['interests'])
    expect(yours.map(({ type }) => type)).toEqual(['interests'])
    pair.other.hear(mine[0]!, pair.names[0])
    expect(pair.other.speak()).toEqual([])
    pair.one.hear(yours[0]!, pair.names[1])
    expect(pair.one.speak().map(({ type }) => type)).toEqual(['compare'])
  })

  test('with equal documents need one message of at most 40 bytes, and a shorter answer', () => {
    pair.connect()
    pair.take()
    pair.one.core.synchronise()
    pair.talk()
    expect(pair.bytes()[0]).toBeLessThanOrEqual(40)
    expect(pair.take()).toEqual(['open', 'equal'])
    expect(compared(pair.one).at(-1)).toMatchObject({ differing: [], isWhole: true })
  })

  test('begin at once when they meet again, as each knows what the other wants', () => {
    pair.connect()
    pair.one.core.disconnected(pair.names[1])
    pair.other.core.disconnected(pair.names[0])
    pair.take()
    pair.one.core.connected(pair.names[1])
    expect(pair.one.speak().map(({ type }) => type)).toEqual(['interests', 'compare'])
  })

  test('who has missed what the other wants asks for it', () => {
    pair.one.core.connected(pair.names[1])
    pair.other.core.connected(pair.names[0])
    pair.one.speak()
    pair.one.hear(pair.other.speak()[0]!, pair.names[1])
    // What it said was lost; what it says now shows that.
    pair.talk()
    expect(compared(pair.one).at(-1)).toMatchObject({ isWhole: true, differing: [] })
  })
})

describe('a document that differs', () => {
  test('is completed on both sides, and nothing is sent twice', () => {
    const [mine, yours] = [new Chain(pair.one.document, bob), new Chain(pair.one.document, new Uint8Array(32).fill(3))]
    const common = [mine.next(), yours.next()]
    for (const set of common) for (const stage of [pair.one, pair.other]) stage.arrive(set)
    const [onlyMine, onlyYours] = [[mine.next(), mine.next()], [yours.next()]]
    for (const set of onlyMine) pair.one.arrive(set)
    for (const set of onlyYours) pair.other.arrive(set)
    pair.connect()
    expect(pair.one.core.log(pair.one.document)!.digest).toEqual(pair.other.core.log(pair.one.document)!.digest)
    const sent = pair.said.flatMap(({ message }) => (message.type === 'sets' ? message.sets : []))
    expect(sent.length).toBe(3)
  })

  test('of 16 replicas takes 250 bytes, of 100 1.4 kB, and one round trip, over the change sets', () => {
    for (const [count, most] of [
      [16, 250],
      [100, 1400],
    ] as const) {
      pair = new Pair()
      const chains = Array.from({ length: count }, (_, index) => new Chain(pair.one.document, key(index)))
      for (const chain of chains)
        for (const set of [chain.next(), chain.next()]) for (const stage of [pair.one, pair.other]) stage.arrive(set)
      pair.connect()
      pair.one.arrive(chains[0]!.next())
      pair.other.arrive(chains[1]!.next())
      pair.one.speak()
      pair.other.speak()
      pair.take()
      pair.one.compare(pair.names[1])
      expect(pair.talk()).toBeLessThanOrEqual(3)
      const [first] = pair.bytes('summary')
      expect(first! - 36).toBeLessThanOrEqual(most)
      expect(pair.said.flatMap(({ message }) => (message.type === 'sets' ? message.sets : [])).length).toBe(2)
    }
  })

  test('that a peer cannot complete is compared again within a minute, for ever', () => {
    const lost = (messages: readonly ReplicatorMessage[]): ReplicatorMessage[] =>
      messages.filter(({ type }) => type !== 'sets')
    const other = new Pair(new Stage(), new Stage({ self: 'you' }))
    other.one.arrive(new Chain(other.one.document, bob).next())
    other.one.core.connected(other.names[1])
    other.other.core.connected(other.names[0])
    for (let round = 0; round < 12; round++) {
      let sessions = 0
      for (let second = 0; second < 60; second++) {
        for (const stage of [other.one, other.other]) stage.recorder.advance(1000)
        for (let turn = 0; turn < 10; turn++) {
          for (const [by, to, name] of [
            [other.one, other.other, other.names[0]],
            [other.other, other.one, other.names[1]],
          ] as const) {
            for (const message of lost(by.speak())) {
              if (message.type === 'compare' && message.message.kind === 'open') sessions++
              to.hear(message, name)
            }
          }
        }
      }
      expect(sessions, `minute ${round}`).toBeGreaterThan(0)
    }
  })

  test('is named for whoever wants to know, with what is missing where', () => {
    for (const set of chainOf(3, pair.one.document)) pair.one.arrive(set)
    pair.one.core.connected(pair.names[1])
    pair.other.core.connected(pair.names[0])
    pair.other.core.inspect(pair.names[0], pair.other.document)
    pair.talk()
    expect(pair.one.events).toContainEqual(
      expect.objectContaining({
        type: 'told',
        peer: pair.names[1],
        document: pair.one.document,
        missingHere: 0,
        missingThere: 3,
        isEqual: false,
      }),
    )
  })

  test('once all have been compared without a difference, comparing goes back to its period', () => {
    for (const set of chainOf(3, pair.one.document)) pair.one.arrive(set)
    pair.connect()
    for (const stage of [pair.one, pair.other]) stage.recorder.advance(3000)
    pair.talk()
    pair.take()
    for (const stage of [pair.one, pair.other]) stage.recorder.advance(15_000)
    pair.talk()
    expect(pair.take()).toEqual([])
  })
})

describe('a document that only one carries', () => {
  test('is asked about by those who follow it, and comes with its sets', () => {
    const diary = pair.one.core.carry({ kind: 'named', network: 'test', name: 'diary/today' })
    for (const set of chainOf(2, diary)) pair.one.arrive(set)
    pair.connect()
    expect(pair.other.core.log(diary)).toBeUndefined()
    pair.take()
    pair.other.core.follow('diary/*')
    pair.talk()
    expect(pair.other.core.log(diary)!.sets.length).toBe(2)
    expect(pair.take()).not.toContain('summary')
  })

  test('and nobody else follows is no difference', () => {
    pair.one.core.carry({ kind: 'named', network: 'test', name: 'diary/today' })
    pair.connect()
    pair.take()
    pair.one.core.synchronise()
    pair.talk()
    expect(pair.take()).toEqual(['open', 'equal'])
  })

  test('is taken in by its id where somebody waits for it', () => {
    const wanted = pair.one.core.carry({ kind: 'owned', network: 'test', owner: bob, nonce: new Uint8Array(16) })
    pair.connect()
    pair.other.core.want(wanted)
    pair.talk()
    expect(pair.other.core.log(wanted)).toBeDefined()
  })

  test('is told of at once when it is new, and passed on by those who follow it', () => {
    pair.other.core.follow('*')
    pair.connect()
    const document = pair.one.core.carry({ kind: 'named', network: 'test', name: 'empty' })
    for (const stage of [pair.one, pair.other]) stage.recorder.advance(1000)
    pair.talk()
    expect(pair.other.core.log(document)).toBeDefined()
    pair.other.core.connected(neighbour)
    pair.other.recorder.advance(1000)
    expect(pair.other.sent(neighbour).map(({ type }) => type)).toContain('news')
  })

  test('of another network, or what is none, is not taken in', () => {
    pair.one.core.follow('*')
    const names = ['elsewhere', 'test'].map((network) => encodeGenesis({ kind: 'named', network, name: 'diary' }))
    pair.one.core.receive({ type: 'genesis', genesis: [new Uint8Array(0), ...names] }, neighbour)
    const carried = [...pair.one.core.documents].map(({ genesis }) => genesis)
    expect(carried).toEqual(['notes', 'diary'].map((name) => ({ kind: 'named', network: 'test', name })))
  })

  test('is followed no more than told: of a peer that wants too much to name it, nothing is asked twice', () => {
    const ids = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(64, '0') as DocumentId)
    for (const id of ids) pair.other.core.want(id)
    for (let count = 0; count < 5; count++)
      pair.one.core.carry({ kind: 'named', network: 'test', name: `private ${count}` })
    pair.connect()
    pair.take()
    pair.one.core.synchronise()
    pair.talk()
    expect(pair.take()).toEqual(['open', 'equal'])
    expect([...pair.other.core.documents].length).toBe(1)
  })
})

function chainOf(count: number, document: DocumentId): SealedChangeSet[] {
  const chain = new Chain(document, bob)
  return Array.from({ length: count }, () => chain.next())
}

function key(index: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(7)
  bytes[0] = index
  return bytes
}
