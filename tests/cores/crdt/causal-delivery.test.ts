import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  replicaId,
  VectorClock,
  type Change,
  type Document,
  type DocumentEvent,
  type RejectedEvent,
} from '../../../crdt/index.ts'
import { createRandom, shuffle } from '../../../node/protocol/index.ts'

/** A document and its changes: single letters, one after the other. */
function typed(replica: string, letters: string): { document: Document; changes: Change[] } {
  const document = createDocument({ replica })
  for (const [index, letter] of Array.from(letters).entries()) document.text('t').insert(index, letter)
  return { document, changes: decodeChanges(document.encode()) }
}

function rejections(document: Document): RejectedEvent[] {
  const events: RejectedEvent[] = []
  document.subscribe((event: DocumentEvent) => void (event.type === 'rejected' && events.push(event)))
  return events
}

test('a change waits for the one before it, and then both become visible at once', () => {
  const { changes } = typed('a', 'abc')
  const [first, second, third] = changes as [Change, Change, Change]
  const reader = createDocument({ replica: 'reader' })
  expect(reader.apply([third])).toMatchObject({ changes: [], replicas: [], deltas: [] })
  expect(reader.apply([second]).changes).toEqual([])
  expect(reader.statistics).toMatchObject({ waiting: 2, changes: 0 })
  expect(reader.version.equals(VectorClock.zero)).toBe(true)
  const visible = reader.apply([first])
  expect(visible.changes).toEqual([first, second, third])
  expect(visible.deltas).toMatchObject([{ delta: [{ insert: 'abc' }] }])
  expect(reader.statistics.waiting).toBe(0)
})

test('a change waits for what its author had seen of others', () => {
  const { document: a, changes } = typed('a', 'ab')
  const b = createDocument({ replica: 'b' })
  b.merge(a.encode())
  b.text('t').insert(2, 'c')
  const answer = decodeChanges(b.changesSince(a.version))
  expect(answer).toMatchObject([{ dependencies: [{ replica: 'a', sequence: 1 }] }])
  const reader = createDocument()
  reader.apply(answer)
  reader.apply(changes.slice(0, 1))
  expect(reader.text('t').toString()).toBe('a')
  reader.apply(changes.slice(1))
  expect(reader.text('t').toString()).toBe('abc')
})

test('what comes twice is counted and ignored, waiting or not', () => {
  const { changes } = typed('a', 'ab')
  const reader = createDocument()
  reader.apply([changes[1] as Change, changes[1] as Change])
  expect(reader.statistics).toMatchObject({ waiting: 1, duplicates: 1 })
  reader.apply(changes)
  expect(reader.statistics).toMatchObject({ waiting: 0, duplicates: 2, changes: 2, rejected: 0 })
})

test('no more waits than the limit: whoever has most waiting loses the latest', () => {
  const flood = typed('flood', 'x'.repeat(50)).changes.slice(1)
  const honest = typed('honest', 'abc').changes
  const reader = createDocument({ limits: { waitingChanges: 10 } })
  const rejected = rejections(reader)
  reader.apply(honest.slice(1))
  reader.apply(shuffle(createRandom(1), [...flood]))
  expect(reader.statistics).toMatchObject({ waiting: 10, rejected: 41 })
  expect(new Set(rejected.map(({ change, reason }) => `${change.replica} ${reason}`))).toEqual(
    new Set(['flood overflow']),
  )
  expect(Math.min(...rejected.map(({ change }) => change.sequence))).toBe(9)
  reader.apply(honest.slice(0, 1))
  expect(reader.text('t').toString()).toBe('abc')
  expect(reader.statistics.waiting).toBe(8)
})

test('what was refused for want of room is taken when it comes again in time', () => {
  const { changes, document } = typed('a', 'hello world')
  const reader = createDocument({ limits: { waitingChanges: 3 } })
  reader.apply(changes.toReversed().slice(0, -1))
  expect(reader.statistics.waiting).toBe(3)
  reader.merge(document.changesSince(reader.version))
  expect(reader.text('t').toString()).toBe('hello world')
  expect(reader.statistics.waiting).toBe(0)
})

test('bytes that wait are limited too', () => {
  const big = createDocument({ replica: 'big' })
  for (let part = 0; part < 6; part++) big.text('t').insert(0, 'x'.repeat(10_000))
  const reader = createDocument({ limits: { waitingBytes: 25_000 } })
  reader.apply(decodeChanges(big.encode()).slice(1))
  expect(reader.statistics).toMatchObject({ waiting: 2, rejected: 3 })
})

test('nothing is kept of those who had to go, however many there are', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const reader = createDocument({ limits: { waitingChanges: 10 } })
  const flood = (count: number): number => {
    for (let stranger = 0; stranger < count; stranger++) {
      const dependencies = [{ replica: replicaId(`missing-${stranger}`), sequence: 0 }]
      const replica = replicaId(`stranger-${stranger}`)
      reader.apply([{ replica, sequence: 0, count: 1, dependencies, time: 0, operations: Uint8Array.of(1) }])
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = flood(100)
  expect(flood(20_000) - before).toBeLessThan(1_000_000)
  expect(reader.statistics).toMatchObject({ waiting: 10, rejected: 20_090 })
})

test('limits are positive integers', () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) {
    expect(() => createDocument({ limits: { waitingChanges: limit } })).toThrow(RangeError)
  }
})

test('ten thousand changes in reverse order all find their place', () => {
  const { changes, document } = typed('a', 'ab'.repeat(5_000))
  const reader = createDocument()
  for (const change of changes.toReversed()) reader.apply([change])
  expect(reader.statistics).toMatchObject({ waiting: 0, changes: 10_000 })
  expect(reader.text('t').toString()).toBe(document.text('t').toString())
})

test('other operations under the numbers of known ones are refused', () => {
  const reader = createDocument()
  const rejected = rejections(reader)
  reader.apply(typed('a', 'abc').changes)
  const forged = createDocument({ replica: 'a' })
  forged.text('t').insert(0, 'xy')
  reader.merge(forged.encode())
  expect(rejected).toMatchObject([{ reason: 'conflict', change: { replica: 'a', sequence: 0, count: 2 } }])
  expect(reader.text('t').toString()).toBe('abc')
  expect(reader.version.get('a')).toBe(3)
})
