import { expect, test } from 'vitest'
import {
  ownedKey,
  sharedKey,
  StaleRecordError,
  QuorumFailedError,
  VectorClock,
  type DhtRecord,
  type OwnedRecord,
  type PeerId,
  type SharedRecord,
} from '../../../../node/protocol/index.ts'
/* oxlint-disable no-restricted-imports -- parts of the core, which nobody else is to use */
import { Coordinator, type CoordinatorPorts, type Settled } from '../../../../overlays/chord/dht/coordinator.ts'
import type { DhtQuestion, DhtReply } from '../../../../overlays/chord/dht/messages.ts'
import { resolveDhtOptions } from '../../../../overlays/chord/dht/options.ts'
import { RecordTable } from '../../../../overlays/chord/dht/record-table.ts'

const [signed, forged] = [new Uint8Array(64).fill(1), new Uint8Array(64)]
const author = new Uint8Array(32).fill(3)
const peers = ['first', 'second', 'third', 'spare'] as PeerId[]

function owned(sequence: number, signature = signed): OwnedRecord {
  return { kind: 'owned', owner: author, name: 'name', sequence, value: Uint8Array.of(sequence), signature }
}

function shared(counts: [string, number][], signature = signed): SharedRecord {
  const version = VectorClock.from(counts)
  return { kind: 'shared', name: 'name', writer: author, version, value: Uint8Array.of(1), signature }
}

type Answers = Partial<Record<string, (question: DhtQuestion) => Omit<DhtReply, 'number'> | undefined>>

/** A coordinator among four peers that answer as they are told, or not at all; at once. */
function coordinatorOf(answers: Answers): { readonly coordinator: Coordinator; readonly table: RecordTable } {
  const options = resolveDhtOptions({}, 8)
  const table = new RecordTable(options)
  const ports = {
    environment: {},
    requests: {
      ask: (peer: string, question: DhtQuestion, _: number, settle: (reply: unknown) => void) =>
        settle(answers[peer]?.(question)),
      after: (_: number, act: () => void) => act(),
    },
    edge: {
      verify: (record: DhtRecord, settle: (isValid: boolean) => void) =>
        settle(record.kind === 'immutable' || record.signature === signed),
    },
    table,
    replicas: (_: unknown, __: unknown, settle: (found: unknown) => void) =>
      settle({ value: { peers, isHearsay: false } }),
  }
  return { coordinator: new Coordinator(ports as unknown as CoordinatorPorts, options), table }
}

function fetched(...records: DhtRecord[]): (question: DhtQuestion) => Omit<DhtReply, 'number'> | undefined {
  const leases = records.map((record) => ({ record, lifetime: 1000 }))
  return ({ type }) => (type === 'fetch' ? ({ type: 'fetched', isComplete: true, leases } as never) : undefined)
}

function stored(outcome: 'kept' | 'stale', ...newer: DhtRecord[]): () => Omit<DhtReply, 'number'> {
  return () => ({ type: 'stored', outcomes: [outcome], newer }) as never
}

function read({ coordinator }: { readonly coordinator: Coordinator }, key = sharedKey('name')) {
  let outcome: Settled<readonly DhtRecord[]> | undefined
  coordinator.read(key, (settled) => (outcome = settled))
  return outcome
}

function write({ coordinator }: { readonly coordinator: Coordinator }, record: DhtRecord) {
  let outcome: Settled<DhtRecord> | undefined
  coordinator.write(record, (settled) => (outcome = settled))
  return outcome
}

test('a forged record is not believed for being older than one that is held here', () => {
  const lie = shared([], forged)
  const peer = coordinatorOf({ first: fetched(lie), second: fetched() })
  peer.table.merge(shared([['writer', 4]]), 1000)
  expect(read(peer)).toEqual({ value: [] })
})

test('what is held here need not be verified again', () => {
  const held = shared([['writer', 4]])
  const peer = coordinatorOf({ first: fetched(held), second: fetched() })
  peer.table.merge(held, 1000)
  expect(read(peer)).toEqual({ value: [held] })
})

test('one replica’s word is no read, where two are asked for', () => {
  const key = ownedKey(author, 'name')
  const outcome = read(coordinatorOf({ first: fetched(owned(1)) }), key)
  expect(outcome && 'error' in outcome && outcome.error).toBeInstanceOf(QuorumFailedError)
})

test('a newer record that is shown refuses a write', () => {
  const peer = coordinatorOf({ first: stored('kept'), second: stored('stale', owned(7)), third: stored('kept') })
  const outcome = write(peer, owned(5))
  expect(outcome && 'error' in outcome && outcome.error).toBeInstanceOf(StaleRecordError)
})

test.each([
  ['nothing to show for it', []],
  ['a forged one', [owned(7, forged)]],
  ['an older one', [owned(4)]],
  ['another name’s', [{ ...owned(7), name: 'other' }]],
])('one that speaks of a newer record, with %s, is one that has not taken it', (_, newer) => {
  const peer = coordinatorOf({ first: stored('stale', ...newer), second: stored('kept'), third: stored('kept') })
  expect(write(peer, owned(5))).toEqual({ value: owned(5) })
})

test('a shared record is never refused as older', () => {
  const record = shared([['writer', 1]])
  const peer = coordinatorOf({ first: stored('stale', owned(7)), second: stored('kept'), third: stored('kept') })
  expect(write(peer, record)).toEqual({ value: record })
})
