import { readFileSync } from 'node:fs'
import { fromString, toString } from 'uint8arrays'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DocumentId, PeerId } from '../../../node/protocol/index.ts'
import {
  authorReplicaId,
  replicatorParts,
  type ReplicatorEntry,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import type { ReplicaId } from '../../../crdt/index.ts'
/* oxlint-disable-next-line no-restricted-imports -- a format, of which nobody else is to know */
import { readSnapshot, snapshotEntry } from '../../../crdt/replicator/snapshot.ts'
import { alice, bob, Chain, neighbour, nothing, operations, reasons, Stage, ticketOf } from './stage.ts'

/** What a replicator has written: the entries of a disk, and a way to have it answered. */
class Disk {
  readonly entries: ReplicatorEntry[] = []

  take(stage: Stage): void {
    for (let effects = stage.recorder.take(); effects.length > 0; effects = stage.recorder.take()) {
      for (const effect of effects) {
        if (effect.type === 'verify') stage.core.verified(effect.ticket, true)
        if (effect.type === 'sign') stage.core.signed(effect.ticket, new Uint8Array(64))
        if (effect.type !== 'write') continue
        this.entries.push(effect.entry)
        stage.core.written(effect.ticket)
      }
    }
  }

  /** The next run. */
  start(): Stage {
    return new Stage({ entries: [...replicatorParts.first(this.entries)] })
  }

  /** Answers what the core has asked to be read. @returns which documents */
  load(stage: Stage): string[] {
    const asked = stage.recorder.take().filter((effect) => effect.type === 'load')
    for (const { ticket, part } of asked) stage.core.loaded(ticket, replicatorParts.of(part, this.entries))
    return asked.map(({ part }) => part)
  }
}

let disk: Disk
let sets: readonly SealedChangeSet[]
let chain: Chain

beforeEach(() => {
  disk = new Disk()
  const first = new Stage()
  disk.entries.push({
    type: 'document',
    document: first.document,
    genesis: first.core.log(first.document)!.genesisBytes,
  })
  chain = new Chain(first.document, bob)
  sets = Array.from({ length: 5 }, () => chain.next())
  first.core.receive({ type: 'sets', sets: sets.map(({ bytes }) => bytes) }, neighbour)
  disk.take(first)
  first.core.commit(first.document, first.change(0))
  disk.take(first)
  first.core.stop()
  disk.take(first)
})

describe('a document of an earlier run', () => {
  test('is asleep: what is known of it is what was known before, and nothing was read', () => {
    const eager = new Stage({ entries: disk.entries.filter(({ type }) => type !== 'snapshot') })
    const stage = disk.start()
    const [log, read] = [stage.core.log(stage.document)!, eager.core.log(eager.document)!]
    expect(log.isAsleep).toBe(true)
    expect(read.isAsleep).toBe(false)
    expect([log.digest, log.changeSets, log.bytes]).toEqual([read.digest, 6, read.bytes])
    expect(log.version).toEqual(read.version)
    expect(() => log.sets).toThrow(/read before/)
    expect(disk.load(stage)).toEqual([])
  })

  test('is compared with others without being read, and read by who wants what is in it', () => {
    const stage = disk.start()
    stage.compare(neighbour)
    expect(stage.recorder.sent()).toMatchObject([{ message: { type: 'summary' } }])
    stage.hear({ type: 'summary', document: stage.document, summary: nothing, answer: 'never' }, neighbour)
    expect(disk.load(stage)).toEqual([stage.document])
    stage.recorder.advance(0)
    const sent = stage.recorder.sent().flatMap(({ message }) => (message.type === 'sets' ? message.sets : []))
    expect(sent).toHaveLength(6)
  })

  test('is the same after it was read as if it had never been asleep', () => {
    const stage = disk.start()
    const before = stage.core.log(stage.document)!.digest
    stage.core.wake(stage.document)
    disk.load(stage)
    const log = stage.core.log(stage.document)!
    expect(log.isAsleep).toBe(false)
    expect(log.digest).toEqual(before)
    expect(log.changes().map(({ replica, sequence }) => [replica, sequence])).toEqual([
      ...sets.map(({ replica, sequence }) => [replica, sequence]),
      [authorReplicaId(alice, 0), 0],
    ])
    expect(stage.core.isCutShort(stage.document)).toBe(false)
  })

  test('takes in what comes while it is read, in its order, once it has been', () => {
    const stage = disk.start()
    const later = [chain.next(), chain.next()]
    for (const { bytes } of later) stage.core.receive({ type: 'sets', sets: [bytes] }, neighbour)
    stage.core.receive({ type: 'sets', sets: [sets[2]!.bytes] }, neighbour)
    expect(disk.load(stage)).toEqual([stage.document])
    disk.take(stage)
    expect(stage.versionOf(bob)).toBe(7)
    expect(disk.entries.filter(({ type }) => type === 'set')).toHaveLength(8)
  })

  test('is read once, however many ask for it', () => {
    const stage = disk.start()
    for (let count = 0; count < 20; count++) stage.core.wake(stage.document)
    expect(disk.load(stage)).toHaveLength(1)
    stage.core.wake(stage.document)
    expect(disk.load(stage)).toEqual([])
  })

  test('that was added to since its snapshot is read at the start', () => {
    const stage = disk.start()
    stage.core.receive({ type: 'sets', sets: [chain.next().bytes] }, neighbour)
    disk.load(stage)
    disk.take(stage)
    expect(disk.start().core.log(stage.document)!.isAsleep).toBe(false)
    stage.recorder.advance(31_000)
    disk.take(stage)
    const again = disk.start()
    expect(again.core.log(stage.document)!.isAsleep).toBe(true)
    expect(again.versionOf(bob)).toBe(6)
  })

  test('with a snapshot that does not read is read at the start', () => {
    const entries = disk.entries.map((entry) => {
      return entry.type === 'snapshot' ? { ...entry, state: entry.state.subarray(0, 9) } : entry
    })
    const stage = new Stage({ entries: [...replicatorParts.first(entries)] })
    expect(stage.core.log(stage.document)!.isAsleep).toBe(false)
    expect(stage.versionOf(bob)).toBe(5)
  })

  test('in which somebody wrote two histories never sleeps', () => {
    const stage = disk.start()
    const other = new Chain(stage.document, bob)
    const fork = other.next({ operations: operations(2) })
    stage.core.receive({ type: 'sets', sets: [fork.bytes] }, neighbour)
    disk.load(stage)
    disk.take(stage)
    stage.recorder.advance(31_000)
    stage.core.stop()
    disk.take(stage)
    const again = disk.start()
    expect(again.core.log(stage.document)!.proofs).toHaveLength(1)
    expect(again.core.log(stage.document)!.isAsleep).toBe(false)
  })
})

describe('what is missing from the store', () => {
  test('shows when the document is read: others are asked for it', () => {
    const stage = disk.start()
    const digest = stage.core.log(stage.document)!.digest
    stage.core.wake(stage.document)
    disk.entries.splice(disk.entries.findIndex(({ type }) => type === 'set') + 3, 1)
    disk.load(stage)
    expect(stage.versionOf(bob)).toBe(3)
    expect(stage.core.log(stage.document)!.digest).not.toEqual(digest)
    stage.core.receive({ type: 'sets', sets: sets.map(({ bytes }) => bytes) }, neighbour)
    disk.take(stage)
    expect(stage.versionOf(bob)).toBe(5)
  })

  test('of own changes is never written under the same numbers', () => {
    const stage = disk.start()
    stage.core.wake(stage.document)
    const own = authorReplicaId(alice, 0)
    disk.entries.splice(
      disk.entries.findIndex((entry) => entry.type === 'set' && entry.set.replica === own),
      1,
    )
    disk.load(stage)
    expect(stage.core.isCutShort(stage.document)).toBe(true)
  })
})

test('a snapshot is what docs/formats/store.md says', () => {
  const page = readFileSync(new URL('../../../docs/formats/store.md', import.meta.url), 'utf8')
  const [, vector] = /^```hex\n([0-9a-f]+)\n```$/m.exec(page)!
  const replica = 'NZjRZwFTMxtIYrPo4aNrgA' as ReplicaId
  const chains = new Map([[replica, { sequence: 13, fragment: 0, head: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }]])
  const snapshot = { summary: { chains, proofs: [] }, changeSets: 5, bytes: 1234 }
  const entry = snapshotEntry('ab'.repeat(32) as DocumentId, snapshot)
  // The store puts the number of sets before it.
  expect(`05${toString(entry.state, 'base16')}`).toBe(vector)
  expect(readSnapshot({ ...entry, state: fromString(vector!.slice(2), 'base16') })).toEqual(snapshot)
})

test('what waits for documents to be read has a limit for each sender, and comes again', () => {
  const stage = disk.start()
  const large = Array.from({ length: 200 }, () => chain.next({ operations: operations(60_000) }))
  stage.core.receive({ type: 'sets', sets: large.map(({ bytes }) => bytes) }, neighbour)
  const effects = stage.recorder.take()
  const refused = reasons(effects)
  expect(new Set(refused)).toEqual(new Set(['busy']))
  expect(refused.length).toBeGreaterThan(120)
  expect(refused.length).toBeLessThan(140)
  // Another is not kept out by that.
  const small = new Chain(stage.document, new Uint8Array(32).fill(9)).next()
  stage.core.receive({ type: 'sets', sets: [small.bytes] }, 'other' as PeerId)
  expect(reasons(stage.recorder.take())).toEqual([])
  const load = effects.find(({ type }) => type === 'load')
  stage.core.loaded(ticketOf(load), replicatorParts.of(stage.document, disk.entries))
  disk.take(stage)
  expect(stage.core.version(stage.document)!.get(small.replica)).toBe(1)
  for (const { bytes } of large.slice(-refused.length)) {
    stage.core.receive({ type: 'sets', sets: [bytes] }, neighbour)
    disk.take(stage)
  }
  expect(stage.versionOf(bob)).toBe(205)
})

test('what a peer handed on is taken in though it has gone since', () => {
  const stage = disk.start()
  stage.core.connected(neighbour)
  stage.recorder.take()
  stage.core.receive({ type: 'sets', sets: [chain.next().bytes] }, neighbour)
  stage.core.disconnected(neighbour)
  disk.load(stage)
  disk.take(stage)
  expect(stage.versionOf(bob)).toBe(6)
})

test('a summary that is larger than all limits is answered, one at a time', () => {
  const stage = disk.start()
  const chains = new Map(
    Array.from({ length: 40_000 }, (_, number) => {
      return [number.toString(16).padStart(32, '0'), { sequence: 1, fragment: 0, head: new Uint8Array(8) }] as const
    }),
  )
  stage.hear({ type: 'summary', document: stage.document, summary: { ...nothing, chains }, answer: 'never' }, neighbour)
  disk.load(stage)
  stage.recorder.advance(0)
  expect(stage.sent(neighbour).filter(({ type }) => type === 'sets')).toHaveLength(1)
})

test('what a peer is to be answered goes with it, and its share is free again', () => {
  const stage = disk.start()
  stage.core.connected(neighbour)
  stage.recorder.take()
  for (let count = 0; count < 10_000; count++) {
    stage.hear({ type: 'summary', document: stage.document, summary: nothing, answer: 'never' }, neighbour)
  }
  stage.core.disconnected(neighbour)
  disk.load(stage)
  stage.recorder.advance(0)
  expect(stage.sent(neighbour).filter(({ type }) => type === 'sets')).toEqual([])
  stage.hear({ type: 'summary', document: stage.document, summary: nothing, answer: 'never' }, neighbour)
  stage.recorder.advance(0)
  expect(stage.sent(neighbour).filter(({ type }) => type === 'sets')).toHaveLength(1)
})

test('what this peer’s own user opens is read before what others have asked for', () => {
  const stage = disk.start()
  const documents = Array.from({ length: 40 }, (_, number) => {
    return stage.core.carry({ kind: 'named', network: 'test', name: `number ${number}` })
  })
  for (const id of documents)
    stage.core.log(id)!.sleep({ summary: { chains: new Map(), proofs: [] }, changeSets: 1, bytes: 9 })
  stage.recorder.take()
  stage.hear({ type: 'describe', documents, wantsSets: true }, neighbour)
  stage.core.wake(documents[35]!)
  const asked: string[] = []
  for (let loads = disk.load(stage); loads.length > 0; loads = disk.load(stage)) asked.push(...loads)
  expect(asked).toHaveLength(40)
  expect(asked.indexOf(documents[35]!)).toBe(16)
})

test('a proof that another session has found comes with the sets', () => {
  const stage = disk.start()
  const fork = new Chain(stage.document, bob).next({ operations: operations(2) })
  const other = new Stage({ entries: [...disk.entries] })
  other.core.receive({ type: 'sets', sets: [fork.bytes] }, neighbour)
  disk.take(other)
  stage.core.wake(stage.document)
  disk.load(stage)
  expect(stage.core.log(stage.document)!.proofs).toHaveLength(1)
  expect(stage.versionOf(bob)).toBe(0)
  expect(stage.recorder.emitted().map(({ type }) => type)).toEqual(['equivocation', 'loaded'])
})
