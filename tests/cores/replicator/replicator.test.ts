import { beforeEach, describe, expect, test } from 'vitest'
import { fromString } from 'uint8arrays'
import {
  VectorClock,
  createRandom,
  integer,
  shuffle,
  type DocumentId,
  type Random,
} from '../../../node/protocol/index.ts'
import {
  authorReplicaId,
  decodeChangeSet,
  encodeChangeSet,
  sealChangeSet,
  type ReplicatorEntry,
  type ReplicatorMessage,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import { alice, bob, Chain, neighbour, nothing, operations, reasons, Stage, ticketOf } from './stage.ts'

/** Several authors who write on what they have seen of each other, some transactions in two sets. */
class History {
  readonly #random: Random
  readonly #authors: { readonly key: Uint8Array; readonly chain: Chain; operations: number }[]

  constructor(document: DocumentId, random: Random) {
    this.#random = random
    this.#authors = [11, 12, 13, 14, 15].map((byte) => {
      const key = new Uint8Array(32).fill(byte)
      return { key, chain: new Chain(document, key), operations: 0 }
    })
  }

  /** @returns the sets in the order in which they were written */
  write(transactions: number): SealedChangeSet[] {
    return Array.from({ length: transactions }, () => this.#transaction()).flat()
  }

  version(): VectorClock {
    return VectorClock.from(this.#authors.map(({ key, operations }) => [authorReplicaId(key, 0), operations]))
  }

  #transaction(): SealedChangeSet[] {
    const author = this.#authors[integer(this.#random, this.#authors.length)]!
    const dependencies = this.#authors
      .filter((other) => other !== author && other.operations > 0 && this.#random.next() < 0.5)
      .map(({ key, chain, operations: count }) => {
        return { replica: authorReplicaId(key, 0), sequence: count - 1, hash: chain.head }
      })
      .sort((left, right) => (left.replica < right.replica ? -1 : 1))
    author.operations++
    const bytes = operations(100)
    if (this.#random.next() < 0.8) return [author.chain.next({ dependencies, operations: bytes })]
    const first = { dependencies, operations: bytes.slice(0, 50), continues: true, count: 0 }
    return [author.chain.next(first), author.chain.next({ operations: bytes.slice(50), fragment: 1 })]
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('own changes', () => {
  test('are signed, then written, and told to others only then', () => {
    stage.core.commit(stage.document, stage.change(0))
    const [sign] = stage.recorder.take()
    expect(sign?.type).toBe('sign')
    expect(stage.published).toEqual([])
    stage.core.signed(ticketOf(sign), new Uint8Array(64))
    const [write] = stage.recorder.take()
    expect(write?.type).toBe('write')
    expect(stage.published).toEqual([])
    expect(stage.core.pending(stage.document)).toBe(1)
    stage.core.written(ticketOf(write))
    expect(stage.published.map(({ topic }) => topic)).toEqual([`documents/${stage.document}`])
    expect(stage.recorder.emitted()).toEqual([{ type: 'saved', document: stage.document, sequence: 1 }])
    expect(stage.core.pending(stage.document)).toBe(0)
  })

  test('gather while one is under way, up to 32 operations a set', () => {
    for (let sequence = 0; sequence < 40; sequence++) stage.core.commit(stage.document, stage.change(sequence))
    stage.settle()
    expect(stage.published.map(({ bytes }) => decodeChangeSet(bytes).count)).toEqual([1, 32, 7])
    expect(stage.versionOf(alice)).toBe(40)
  })

  test('wait for the others at most the gathering time', () => {
    stage.core.commit(stage.document, stage.change(0))
    stage.core.commit(stage.document, stage.change(1))
    expect(stage.recorder.take().filter(({ type }) => type === 'sign')).toHaveLength(1)
    stage.recorder.advance(50)
    expect(stage.recorder.take().filter(({ type }) => type === 'sign')).toHaveLength(1)
  })

  test('never share a set with one that was made on something else', () => {
    const foreign = new Chain(stage.document, bob).next()
    stage.arrive(foreign)
    stage.core.commit(stage.document, stage.change(0))
    stage.core.commit(stage.document, stage.change(1))
    stage.core.commit(
      stage.document,
      stage.change(2, { dependencies: [{ replica: authorReplicaId(bob, 0), sequence: 0 }] }),
    )
    stage.settle()
    const sets = stage.published.map(({ bytes }) => decodeChangeSet(bytes))
    expect(sets.map(({ count, dependencies }) => [count, dependencies.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 1],
    ])
  })

  test('follow what a copy of this peer has written, unless both write at once', () => {
    const copy = new Chain(stage.document, alice)
    stage.core.commit(stage.document, stage.change(0))
    stage.settle()
    const theirs = copy.next({ sequence: 1, previous: decodeChangeSet(stage.published[0]!.bytes).hash })
    stage.arrive(theirs)
    expect(stage.core.commit(stage.document, stage.change(2))).toBe(true)
    expect(stage.versionOf(alice)).toBe(2)
    const [sign] = stage.recorder.take()
    stage.arrive(copy.next())
    expect(stage.core.commit(stage.document, stage.change(4))).toBe(false)
    stage.core.signed(ticketOf(sign), new Uint8Array(64))
    expect(reasons(stage.settle())).toEqual(['quarantined'])
    expect(stage.published.length).toBe(1)
    expect(stage.core.isQuarantined(stage.document)).toBe(true)
  })

  test('are written in the order of the chain, whichever signature comes first', () => {
    stage.core.commit(stage.document, stage.change(0, { count: 40 }))
    stage.core.commit(stage.document, stage.change(40, { count: 40 }))
    const [first, second] = stage.recorder.take().filter(({ type }) => type === 'sign')
    stage.core.signed(ticketOf(second), new Uint8Array(64))
    expect(stage.recorder.take()).toEqual([])
    stage.core.signed(ticketOf(first), new Uint8Array(64))
    const written = stage.recorder.take().map((effect) => (effect as { entry: ReplicatorEntry }).entry)
    expect(written.map((entry) => entry.type === 'set' && entry.set.sequence)).toEqual([0, 40])
  })

  test('too large for one set span several, and stand or fall together', () => {
    stage.core.commit(stage.document, stage.change(0, { count: 5, operations: new Uint8Array(200_000) }))
    stage.settle()
    expect(stage.published).toEqual([])
    const other = new Stage()
    const sets = stage.core.log(stage.document)!.sets
    expect(sets.map(({ count, fragment, continues }) => [count, fragment, continues])).toEqual([
      [0, 0, true],
      [0, 1, true],
      [0, 2, true],
      [0, 3, true],
      [5, 4, false],
    ])
    for (const set of sets.slice(0, -1)) {
      other.arrive(set)
      expect(other.core.version(other.document)!.size).toBe(0)
    }
    const received = other
      .arrive(sets.at(-1)!)
      .flatMap((effect) => (effect.type === 'emit' && effect.event.type === 'received' ? effect.event.changes : []))
    expect(received.map(({ sequence, count, operations }) => [sequence, count, operations.length])).toEqual([
      [0, 5, 200_000],
    ])
  })

  test('go to the connected peers where nobody broadcasts', () => {
    stage = new Stage({ broadcast: false })
    stage.core.connected(neighbour)
    stage.recorder.take()
    stage.core.commit(stage.document, stage.change(0))
    const sent = stage.settle().flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []))
    expect(sent).toEqual(['sets'])
  })
})

describe("others' change sets", () => {
  test('are taken in once their signature holds, and written', () => {
    const effects = stage.arrive(new Chain(stage.document, bob).next())
    // Later follow a snapshot of the document, and its news for others.
    expect(effects.map(({ type }) => type)).toEqual(['verify', 'schedule', 'write', 'emit', 'schedule'])
    expect(stage.versionOf(bob)).toBe(1)
  })

  test('with a wrong signature are refused', () => {
    const set = new Chain(stage.document, bob).next()
    expect(reasons(stage.arrive(set, false))).toEqual(['signature'])
    expect(stage.versionOf(bob)).toBe(0)
    expect(reasons(stage.arrive(set))).toEqual([])
    expect(stage.versionOf(bob)).toBe(1)
  })

  test('that came before are not even verified', () => {
    const set = new Chain(stage.document, bob).next()
    stage.arrive(set)
    expect(stage.arrive(set)).toEqual([])
  })

  test('a copy with a wrong signature does not keep the right one out while it is being checked', () => {
    const set = new Chain(stage.document, bob).next()
    const forged = sealChangeSet(set, encodeChangeSet(set), set.hash, new Uint8Array(64).fill(9))
    stage.core.receive({ type: 'sets', sets: [forged.bytes, set.bytes] }, neighbour)
    const tickets = stage.recorder.take().flatMap((effect) => (effect.type === 'verify' ? [effect.ticket] : []))
    expect(tickets).toHaveLength(2)
    stage.core.verified(tickets[0]!, false)
    stage.core.verified(tickets[1]!, true)
    expect(stage.versionOf(bob)).toBe(1)
  })

  test('that are no change sets, or of an unknown document, are refused', () => {
    stage.core.receive({ type: 'sets', sets: [Uint8Array.of(1, 2, 3)] }, neighbour)
    expect(reasons(stage.recorder.take())).toEqual(['malformed'])
    const elsewhere = new Chain('cd'.repeat(32) as DocumentId, bob).next()
    expect(reasons(stage.arrive(elsewhere))).toEqual(['unknown-document'])
  })

  test('too early wait for what they follow, and it is asked for', () => {
    const chain = new Chain(stage.document, bob)
    const [first, second, third] = [chain.next(), chain.next(), chain.next()]
    stage.arrive(third)
    expect(stage.recorder.sent()).toEqual([])
    stage.recorder.advance(200)
    expect(stage.recorder.sent().map(({ to, message }) => [to, message.type])).toEqual([[neighbour, 'summary']])
    stage.arrive(second)
    expect(stage.versionOf(bob)).toBe(0)
    stage.arrive(first)
    expect(stage.versionOf(bob)).toBe(3)
  })

  test('wait for other replicas that they were made on', () => {
    const carol = new Uint8Array(32).fill(3)
    const first = new Chain(stage.document, carol).next()
    const dependent = new Chain(stage.document, bob).next({
      dependencies: [{ replica: authorReplicaId(carol, 0), sequence: 0, hash: first.hash }],
    })
    stage.arrive(dependent)
    expect(stage.versionOf(bob)).toBe(0)
    stage.arrive(first)
    expect(stage.versionOf(bob)).toBe(1)
  })

  test('are taken in whatever their order, each after what it depends on', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = createRandom(seed)
      const own = new Stage()
      const history = new History(own.document, random)
      for (const set of shuffle(random, history.write(80))) own.arrive(set)
      const log = own.core.log(own.document)!
      expect(log.waiting, `seed ${seed}`).toBe(0)
      expect(own.core.version(own.document)!.equals(history.version()), `seed ${seed}`).toBe(true)
      const seen = new Map<string, number>()
      for (const { replica, sequence, count, dependencies } of log.sets) {
        for (const dot of dependencies) expect(seen.get(dot.replica), `seed ${seed}`).toBeGreaterThan(dot.sequence)
        expect(seen.get(replica) ?? 0, `seed ${seed}`).toBe(sequence)
        seen.set(replica, sequence + count)
      }
    }
  })

  test('are taken in by the thousand, last one first', () => {
    const chain = new Chain(stage.document, bob)
    const sets = Array.from({ length: 10_000 }, () => chain.next())
    for (const set of sets.toReversed()) stage.arrive(set)
    expect(stage.versionOf(bob)).toBe(10_000)
  })

  test('that wait for something of one author leave room for those of others', () => {
    const carol = new Chain(stage.document, new Uint8Array(32).fill(3))
    const missing = carol.next()
    const orphans = new Chain(stage.document, bob)
    orphans.next()
    const refused = Array.from({ length: 10_000 }, () =>
      reasons(stage.arrive(orphans.next({ operations: operations(1000) }))),
    )
    expect(new Set(refused.flat())).toEqual(new Set(['waiting-full']))
    expect(stage.core.log(stage.document)!.waiting).toBeLessThan(5000)
    expect(reasons(stage.arrive(carol.next()))).toEqual([])
    stage.arrive(missing)
    expect(stage.versionOf(new Uint8Array(32).fill(3))).toBe(2)
  })

  test('too early and completed at once are not asked for', () => {
    const chain = new Chain(stage.document, bob)
    const [first, second] = [chain.next(), chain.next()]
    for (const set of [second, first]) stage.arrive(set)
    stage.recorder.advance(1000)
    expect(stage.recorder.sent().filter(({ message }) => message.type === 'summary')).toEqual([])
  })

  test('that nobody can complete are dropped after a minute, and come again with what they depend on', () => {
    const chain = new Chain(stage.document, bob)
    const [first, second] = [chain.next(), chain.next()]
    stage.core.connected(neighbour)
    stage.arrive(second)
    stage.recorder.advance(30_000)
    expect(stage.core.log(stage.document)!.waiting).toBe(1)
    stage.recorder.take()
    stage.recorder.advance(31_000)
    expect(stage.core.log(stage.document)!.waiting).toBe(0)
    expect(reasons(stage.recorder.take())).toEqual(['orphaned'])
    for (const set of [first, second]) stage.arrive(set)
    expect(stage.versionOf(bob)).toBe(2)
  })

  test('that follow a set which is not here, in a place that is taken, are refused', () => {
    const chain = new Chain(stage.document, bob)
    stage.arrive(chain.next())
    expect(reasons(stage.arrive(chain.next({ previous: new Uint8Array(32).fill(9) })))).toEqual(['stray'])
    expect(stage.versionOf(bob)).toBe(1)
  })

  test('without readable operations end the chain of their author, on every replica alike', () => {
    const chain = new Chain(stage.document, bob)
    stage.arrive(chain.next({ operations: fromString('rubbish') }))
    expect(reasons(stage.arrive(chain.next()))).toEqual(['spoiled'])
  })

  test("of an owned document are its owner's alone", () => {
    const document = stage.core.carry({ kind: 'owned', network: 'test', owner: bob, nonce: new Uint8Array(16) })
    stage.recorder.take()
    expect(reasons(stage.arrive(new Chain(document, alice).next()))).toEqual(['not-permitted'])
    stage.arrive(new Chain(document, bob).next())
    expect(stage.core.version(document)!.get(authorReplicaId(bob, 0))).toBe(1)
  })

  test('wait within a limit', () => {
    const chain = new Chain(stage.document, bob)
    chain.next()
    const large = Array.from({ length: 200 }, () => chain.next({ operations: new Uint8Array(60_000) }))
    const refused = large.flatMap((set) => reasons(stage.arrive(set)))
    expect(refused.length).toBeGreaterThan(50)
    expect(new Set(refused)).toEqual(new Set(['waiting-full']))
  })
})

describe('sending', () => {
  test('a transfer stops when credit is used up and goes on when it is back', () => {
    const chain = new Chain(stage.document, bob)
    for (let index = 0; index < 20; index++) stage.arrive(chain.next({ operations: operations(40_000) }))
    stage.recorder.take()
    stage.recorder.block(neighbour)
    const all: ReplicatorMessage = { type: 'summary', document: stage.document, answer: 'never', summary: nothing }
    stage.core.receive(all, neighbour)
    stage.recorder.advance(10)
    expect(stage.recorder.sent()).toHaveLength(1)
    stage.recorder.unblock(neighbour)
    stage.recorder.advance(10)
    const bytes = stage.recorder
      .sent()
      .flatMap(({ message }) => (message.type === 'sets' ? message.sets.map((set) => set.length) : []))
    expect(bytes.length).toBe(20 - 4)
  })
})

describe('a new document', () => {
  test('is kept only when its genesis is written', () => {
    const document = stage.core.carry({ kind: 'named', network: 'test', name: 'empty' })
    expect(stage.core.isKept(document)).toBe(false)
    const write = stage.recorder.take().find(({ type }) => type === 'write')
    stage.core.written(ticketOf(write))
    expect(stage.core.isKept(document)).toBe(true)
    expect(stage.recorder.emitted()).toEqual([{ type: 'kept', document }])
  })
})

describe('a restart', () => {
  test('keeps what waits for a set that was damaged, however long that takes to come from others', () => {
    const chain = new Chain(stage.document, bob)
    const sets = Array.from({ length: 240 }, () => chain.next({ operations: operations(40_000) }))
    const entries = sets.slice(1).map((set): ReplicatorEntry => ({ type: 'set', set }))
    const genesis = stage.core.log(stage.document)!.genesisBytes
    const again = new Stage({ entries: [{ type: 'document', document: stage.document, genesis }, ...entries] })
    again.arrive(new Chain(stage.document, new Uint8Array(32).fill(3)).next({ sequence: 7 }))
    again.recorder.advance(120_000)
    again.arrive(sets[0]!)
    expect(again.versionOf(bob)).toBe(240)
  })

  test('gives back what was written, and goes on where the chain ended', () => {
    stage.core.commit(stage.document, stage.change(0))
    const entries: ReplicatorEntry[] = []
    stage.core.carry({ kind: 'named', network: 'test', name: 'other' })
    for (let effects = stage.recorder.take(); effects.length > 0; effects = stage.recorder.take()) {
      for (const effect of effects) {
        if (effect.type === 'sign') stage.core.signed(effect.ticket, new Uint8Array(64))
        if (effect.type !== 'write') continue
        entries.push(effect.entry)
        stage.core.written(effect.ticket)
      }
    }
    const genesis = new Stage().core.log(stage.document)!.genesisBytes
    const again = new Stage({ entries: [{ type: 'document', document: stage.document, genesis }, ...entries] })
    expect(again.versionOf(alice)).toBe(1)
    again.core.commit(again.document, again.change(1))
    again.settle()
    const set = decodeChangeSet(again.published[0]!.bytes)
    expect(set.previous).toEqual(stage.core.log(stage.document)!.sets[0]!.hash)
  })
})
