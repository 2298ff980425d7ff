import { expect, test } from 'vitest'
import {
  ownedKey,
  recordId,
  sharedKey,
  StaleRecordError,
  VectorClock,
  type DhtRecord,
  type Key,
} from '../../../../node/protocol/index.ts'
/* oxlint-disable no-restricted-imports -- parts of the core, which nobody else is to use */
import type { Settle } from '../../../../overlays/chord/dht/coordinator.ts'
import { resolveDhtOptions } from '../../../../overlays/chord/dht/options.ts'
import { Renewal, type RenewalPorts } from '../../../../overlays/chord/dht/renewal.ts'

const author = new Uint8Array(32)
const signature = new Uint8Array(64)
const owned = (sequence: number): DhtRecord =>
  ({ kind: 'owned', owner: author, name: 'n', sequence, value: Uint8Array.of(1), signature }) as const
const shared = (...counts: [string, number][]): DhtRecord =>
  ({ kind: 'shared', name: 'n', writer: author, version: VectorClock.from(counts), value: author, signature }) as const

/** Puts again; what is written and read waits for the test. */
function renewal(options = {}) {
  const resolved = resolveDhtOptions({ recordLifetime: 2000, republishInterval: 1000, ...options }, 8)
  let now = 0
  const writes: { readonly record: DhtRecord; readonly settle: Settle<DhtRecord> }[] = []
  const reads: Settle<readonly DhtRecord[]>[] = []
  const events: unknown[] = []
  const ports = {
    environment: { now: () => now, emit: (event: unknown) => events.push(event) },
    coordinator: {
      write: (record: DhtRecord, settle: Settle<DhtRecord>) => writes.push({ record, settle }),
      read: (_: Key, settle: Settle<readonly DhtRecord[]>) => reads.push(settle),
    },
    addresses: () => [],
  }
  const core = new Renewal(ports as unknown as RenewalPorts, resolved)
  const pass = (time: number): void => {
    now += time
    core.round()
  }
  return { core, writes, reads, events, pass }
}

const key = ownedKey(author, 'n')

test('what is put while an older record is put again goes on being put', () => {
  const { core, writes, pass } = renewal()
  core.publish(key, owned(5))
  pass(1000)
  core.publish(key, owned(6))
  writes[0]?.settle({ error: new StaleRecordError(key, 6) })
  pass(1000)
  expect(writes.map(({ record }) => record)).toEqual([owned(5), owned(6)])
})

test('one that could not be put is tried again, and no sooner than it may end', () => {
  const { core, writes, pass } = renewal()
  core.publish(key, owned(5))
  pass(1000)
  pass(1000)
  expect(writes.length).toBe(1)
  writes[0]?.settle({ error: new Error('nobody answers') })
  pass(1000)
  expect(writes.length).toBe(2)
  writes[1]?.settle({ value: owned(5) })
  pass(999)
  expect(writes.length).toBe(2)
  pass(1)
  expect(writes.length).toBe(3)
})

test('siblings are put again, each; what one of them replaces is not', () => {
  const { core, writes, reads, pass } = renewal()
  const [one, other, next] = [shared(['a', 1]), shared(['b', 1]), shared(['a', 2])]
  for (const record of [one, other, next]) core.publish(sharedKey('n'), record)
  pass(1000)
  for (const settle of reads) settle({ value: [next, other] })
  expect(writes.map(({ record }) => recordId(record)).toSorted()).toEqual([next, other].map(recordId).toSorted())
})

test('of those that may be put again the limit counts all, and what is replaced makes room', () => {
  const { core, events } = renewal({ publishedLimit: 2 })
  core.publish(sharedKey('n'), shared(['a', 1]))
  core.publish(sharedKey('n'), shared(['b', 1]))
  core.publish(sharedKey('n'), shared(['c', 1]))
  expect(events).toEqual([{ type: 'unpublished', key: sharedKey('n'), reason: 'full' }])
  core.publish(sharedKey('n'), shared(['a', 2]))
  expect(events.length).toBe(1)
})
