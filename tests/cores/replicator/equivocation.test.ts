/* oxlint-disable no-restricted-imports -- what is believed of a document is decided below the public replicator */
import { describe, expect, test } from 'vitest'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import {
  authorReplicaId,
  documentId,
  encodeChangeSet,
  encodeGenesis,
  hashBody,
  sealChangeSet,
  type ChangeSet,
  type Dependency,
  type Genesis,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import { DocumentLog } from '../../../crdt/replicator/document-log.ts'
import { findEquivocation, type Equivocation } from '../../../crdt/replicator/equivocation.ts'
import { encodeOperations } from '../../../crdt/replicator/operations.ts'
import { createDocument, type Change, type Document } from '../../../crdt/index.ts'

const genesis: Genesis = { kind: 'named', network: 'test', name: 'notes' }
const genesisBytes = encodeGenesis(genesis)
const mallory = new Uint8Array(32).fill(66)

/** One device of an author: it writes on what it has seen, and signs it. */
class Device {
  readonly log: DocumentLog = new DocumentLog(documentId(genesisBytes), genesis, genesisBytes)
  readonly document: Document
  readonly author: Uint8Array
  readonly sets: SealedChangeSet[] = []
  #previous: Uint8Array = new Uint8Array(32)

  constructor(author: Uint8Array) {
    this.author = author
    this.document = createDocument({ replica: authorReplicaId(author, 0) })
    this.document.subscribe((event) => {
      if (event.type === 'changed' && event.origin === 'local') for (const change of event.changes) this.#sign(change)
    })
  }

  /** A copy of the device, directory and key, as it is now. */
  clone(): Device {
    const twin = new Device(this.author)
    for (const set of this.log.sets) twin.hear(set)
    twin.#previous = this.#previous
    twin.document.apply(this.log.changes())
    return twin
  }

  hear(set: SealedChangeSet): void {
    const admission = this.log.admit(set)
    if (admission.outcome === 'accepted') this.document.apply(admission.changes)
  }

  hearAll(other: Device): void {
    for (const set of other.log.sets) this.hear(set)
  }

  #sign(change: Change): void {
    const dependencies: Dependency[] = this.log.references(change.dependencies)
    const set = {
      document: this.log.id,
      author: this.author,
      counter: 0,
      replica: change.replica,
      sequence: change.sequence,
      count: change.count,
      fragment: 0,
      continues: false,
      previous: this.#previous,
      dependencies,
      time: 0,
      accessHead: new Uint8Array(),
      keyEpoch: 0,
      operations: encodeOperations([change]),
      extensions: [],
    }
    const body = encodeChangeSet(set)
    this.#previous = hashBody(body)
    const sealed = sealChangeSet(set, body, this.#previous, new Uint8Array(64))
    this.log.admit(sealed)
    this.sets.push(sealed)
  }
}

function device(byte: number): Device {
  return new Device(new Uint8Array(32).fill(byte))
}

/** A peer that gets sets and proofs in some order, and decides now and then. */
function deliver(sets: readonly SealedChangeSet[], random: Random, proof?: Equivocation): DocumentLog {
  const log = new DocumentLog(documentId(genesisBytes), genesis, genesisBytes)
  const proofAt = proof === undefined ? -1 : integer(random, sets.length + 1)
  const hear = (set: SealedChangeSet): void => {
    const admission = log.admit(set)
    if (admission.outcome === 'fork') log.prove(admission.equivocation)
    if (random.next() < 0.1) log.settle()
  }
  const order = shuffle(random, [...sets])
  for (const [index, set] of order.entries()) {
    if (index === proofAt && proof !== undefined) log.prove(proof)
    hear(set)
  }
  if (proof !== undefined) log.prove(proof)
  // What was dropped or refused comes again, as long as it differs.
  for (let round = 0; round < 3; round++) {
    for (const set of order) if (!log.isKnown(set)) hear(set)
    log.settle()
  }
  return log
}

function shown(log: DocumentLog): string {
  const document = createDocument({ replica: 'reader' })
  const rejected: string[] = []
  document.subscribe((event) => (event.type === 'rejected' ? void rejected.push(event.message) : undefined))
  document.apply(log.changes())
  expect(rejected).toEqual([])
  expect(document.statistics).toMatchObject({ waiting: 0, rejected: 0 })
  return JSON.stringify(document.toJSON())
}

/** Mallory is alone up to `hello`, then writes two histories; ann has seen one, ben the other, and both build on it. */
function dispute(): {
  readonly ann: Device
  readonly ben: Device
  readonly twins: [Device, Device]
  proof: Equivocation
} {
  const first = new Device(mallory)
  first.document.text('body').insert(0, 'hello')
  const second = first.clone()
  first.document.map('meta').create('list', 'list').insert(0, 'one')
  second.document.map('meta').create('list', 'list').insert(0, 'two')
  const [ann, ben] = [device(1), device(2)]
  ann.hearAll(first)
  ben.hearAll(second)
  return { ann, ben, twins: [first, second], proof: proofOf(first, second) }
}

/** The first of a replica, but for what is given. */
function setOf(author: Uint8Array, fields: Partial<ChangeSet>): SealedChangeSet {
  const change = { sequence: fields.sequence ?? 0, count: 1, dependencies: [], time: 0, operations: Uint8Array.of(1) }
  const set = {
    document: documentId(genesisBytes),
    author,
    counter: 0,
    replica: authorReplicaId(author, 0),
    sequence: 0,
    count: 1,
    fragment: 0,
    continues: false,
    previous: new Uint8Array(32),
    dependencies: [],
    time: 0,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: encodeOperations([{ replica: authorReplicaId(author, 0), ...change }]),
    extensions: [],
    ...fields,
  }
  const body = encodeChangeSet(set)
  return sealChangeSet(set, body, hashBody(body), new Uint8Array(64))
}

function proofOf(one: Device, other: Device): Equivocation {
  const [left, right] = [one, other].map(({ author, log }) => log.replica(authorReplicaId(author, 0)).sets)
  const fork = left!.findIndex((set, place) => right![place]?.hash.join() !== set.hash.join())
  return findEquivocation(left![fork]!, right![fork]!)!
}

describe('an author who wrote two histories', () => {
  test('is believed up to the fork', () => {
    const { ann, twins, proof } = dispute()
    ann.log.prove(proof)
    expect(ann.log.settle()).toMatchObject({ outcome: 'rewritten' })
    expect(shown(ann.log)).toBe('{"body":"hello","meta":{"list":[]}}')
    for (const set of twins[1].sets) expect(ann.log.admit(set).outcome).toBe('known')
    twins[0].document.text('body').insert(0, 'never believed: ')
    expect(ann.log.admit(twins[0].sets.at(-1)!).outcome).toBe('quarantined')
    expect(ann.log.settle()).toEqual({ outcome: 'known' })
  })

  test('is believed beyond it where somebody else has built on it, in both histories', () => {
    const { ann, ben, proof } = dispute()
    for (const { document } of [ann, ben]) {
      const list = document.map('meta').get('list')
      ;(list as { insert(index: number, value: string): void }).insert(1, document.replica)
    }
    const sets = [...ann.log.sets, ...ben.log.sets]
    const random = createRandom('two histories')
    const logs = Array.from({ length: 50 }, () => deliver(sets, random, random.next() < 0.5 ? proof : undefined))
    const contents = new Set(logs.map(shown))
    expect(contents.size).toBe(1)
    expect(new Set(logs.map(({ digest }) => digest.join())).size).toBe(1)
    const [content] = contents
    for (const { document } of [ann, ben]) expect(content).toContain(document.replica)
    expect(content).toMatch(/"one".*"two"|"two".*"one"/)
    expect(logs[0]!.version.get(ann.document.replica)).toBe(1)
    expect(logs[0]!.version.get(ben.document.replica)).toBe(1)
  })

  test('is not believed again by writing on, nor under another replica', () => {
    const { ann, twins, proof } = dispute()
    ann.log.prove(proof)
    ann.log.settle()
    const before = ann.log.digest
    for (let count = 0; count < 10; count++) twins[0].document.text('body').insert(0, 'x')
    for (const set of twins[0].sets) ann.log.admit(set)
    ann.log.settle()
    expect(ann.log.digest).toEqual(before)
  })

  test('opens nobody the chain of another, nor lets one name what another wrote for a third’s', () => {
    const { ann, ben, proof } = dispute()
    ann.document.text('body').insert(0, 'ann ')
    ann.log.prove(proof)
    ann.log.settle()
    const before = shown(ann.log)
    const last = ann.log.sets.at(-1)!
    expect(last.author).toEqual(ann.author)
    const stranger = new Uint8Array(32).fill(67)
    const behindAnn = setOf(stranger, { sequence: last.sequence + last.count, previous: last.hash })
    const dependency = { replica: ben.document.replica, sequence: last.sequence, hash: last.hash }
    const misnaming = setOf(stranger, { dependencies: [dependency] })
    for (const set of [behindAnn, misnaming]) expect(ann.log.admit(set).outcome).not.toBe('accepted')
    ann.log.settle()
    expect(shown(ann.log)).toBe(before)
    ann.document.text('body').insert(0, 'still ')
    expect(ann.log.sets.at(-1)).toBe(ann.sets.at(-1))
    expect(ann.sets.length).toBe(2)
  })

  test('fills no more than a share with what nobody believes', () => {
    const { ann, twins, proof } = dispute()
    ann.log.prove(proof)
    ann.log.settle()
    for (let count = 0; count < 900; count++) twins[0].document.text('body').insert(0, 'x'.repeat(20_000))
    const outcomes = twins[0].sets.slice(3).map((set) => ann.log.admit(set).outcome)
    expect(new Set(outcomes)).toEqual(new Set(['quarantined']))
    expect(ann.log.refuses(twins[0].sets.at(-1)!)).toBe(true)
  })

  test('has all of the past before the fork believed, however large it is and however early the proof comes', () => {
    const first = new Device(mallory)
    for (let count = 0; count < 40; count++) first.document.text('body').insert(0, 'x'.repeat(30_000))
    const second = first.clone()
    for (const [index, twin] of [first, second].entries()) twin.document.text('body').insert(0, `history ${index}`)
    const reader = device(5).log
    reader.prove(proofOf(first, second))
    reader.settle()
    for (const set of first.log.sets) if (!reader.refuses(set)) reader.admit(set)
    reader.settle()
    expect(reader.sets).toHaveLength(40)
  })

  test('is judged also where the two sets of the proof have waited in vain before it came', () => {
    const { twins, proof } = dispute()
    const reader = device(5).log
    for (const set of [proof.first, proof.second]) expect(reader.admit(set).outcome).toBe('waiting')
    reader.prove(proof)
    reader.dropWaiting()
    reader.settle()
    for (const set of twins[0].log.sets) reader.admit(set)
    reader.settle()
    expect(shown(reader)).toBe('{"body":"hello","meta":{"list":[]}}')
  })

  test('is found out also by what nobody believes yet', () => {
    const { proof, twins } = dispute()
    const nora = device(7)
    const other = nora.clone()
    nora.hearAll(twins[0])
    for (const { document } of [nora, other]) document.text('body').insert(0, 'Nora ')
    const [mine, yours] = [nora.sets.at(-1)!, other.sets.at(-1)!]
    const logs = [
      [mine, yours],
      [yours, mine],
    ].map((order) => {
      const log = device(5).log
      for (const set of twins[0].log.sets) log.admit(set)
      log.prove(proof)
      log.settle()
      for (const set of order) {
        const admission = log.admit(set)
        if (admission.outcome === 'fork') log.prove(admission.equivocation)
      }
      log.settle()
      return log
    })
    expect(logs.map(({ proofs }) => proofs.length)).toEqual([2, 2])
    expect(logs[0]!.digest).toEqual(logs[1]!.digest)
  })

  test('whatever comes first, all who have the same sets and the proof believe the same', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(`dispute/${seed}`)
      const devices = [device(1), device(2), device(3)]
      const first = new Device(mallory)
      const twins = [first, first.clone()]
      if (random.next() < 0.5) {
        first.document.text('body').insert(0, 'common')
        twins[1] = first.clone()
      }
      for (const twin of twins) twin.document.text('body').insert(0, `${integer(random, 9)} `)
      for (let count = 0; count < 30; count++) {
        const writers = [...devices, ...twins]
        const [one, other] = shuffle(random, [...writers]) as [Device, Device]
        // Nobody sees both histories before they meet.
        const side = (each: Device): number => (each === twins[1] || each === devices[2] ? 1 : 0)
        if (side(one) === side(other)) one.hearAll(other)
        const text = one.document.text('body')
        if (random.next() < 0.5) text.insert(integer(random, text.length + 1), `<${count}>`)
        else {
          const nodes = one.document.tree('outline').nodes()
          one.document.tree('outline').create(nodes.length === 0 ? undefined : nodes[integer(random, nodes.length)])
        }
      }
      const sets = [...new Set([...devices, ...twins].flatMap(({ log }) => log.sets))]
      const proof = proofOf(twins[0]!, twins[1]!)
      const logs = Array.from({ length: 4 }, () => deliver(sets, random, proof))
      expect(new Set(logs.map(shown)).size, `seed ${seed}`).toBe(1)
      expect(new Set(logs.map(({ digest }) => digest.join())).size, `seed ${seed}`).toBe(1)
    }
  })
})
