import { expect, test } from 'vitest'
import { createRandom, type DocumentId } from '../../../node/protocol/index.ts'
import type { HeadIndex, HeadRecord, PeerCursor, StoreOutcome } from '../../../node/reconciliation/index.ts'
import {
  compareStores,
  indexOf,
  randomHead,
  randomRecords,
  sorted,
  trueDifference,
  type StoreCourse,
} from './two-stores.ts'

const common = randomRecords('feed', 2000)
const news = randomRecords('news', 1000)
const random = createRandom('feed')

function cursorOf(outcome: StoreOutcome | undefined): PeerCursor {
  if (outcome?.kind !== 'complete' || outcome.cursor === undefined) throw new Error('Cannot go on without a cursor')
  return outcome.cursor
}

interface Acquainted {
  readonly one: HeadIndex
  readonly other: HeadIndex
  /** The cursors of either side. */
  readonly begins: { readonly cursor: PeerCursor }
  readonly answers: { readonly cursor: PeerCursor }
}

/** Two equal stores that have had a session with each other. */
function acquainted(): Acquainted {
  const [one, other] = [indexOf(common), indexOf(common.toReversed(), { epoch: 2 })]
  const { begun, answered } = compareStores(one, other)
  return { one, other, begins: { cursor: cursorOf(begun.outcome) }, answers: { cursor: cursorOf(answered.outcome) } }
}

function add(index: HeadIndex, records: readonly HeadRecord[]): void {
  for (const { document, head } of records) index.set(document, head)
}

function change(index: HeadIndex, from: number, to: number): void {
  for (const { document } of common.slice(from, to)) index.set(document, randomHead(random))
}

function expectFound({ begun, answered }: StoreCourse, one: HeadIndex, other: HeadIndex, method: string): void {
  for (const [side, own, their] of [
    [begun, one, other],
    [answered, other, one],
  ] as const) {
    const carried = new Map(side.carried.map((entry) => [entry.document, entry]))
    expect({ carried: sorted([...carried.values()]), lacked: sorted(side.lacked) }).toEqual(trueDifference(own, their))
    expect(side.outcome).toMatchObject({ kind: 'complete', method, isVerified: true, isMismatch: false })
  }
}

test('after a reconnect the newest thousand cost a few bytes over their records, in one round trip', () => {
  const { one, other, begins, answers } = acquainted()
  add(one, news)
  const course = compareStores(one, other, { begins, answers, feeds: true })
  expectFound(course, one, other, 'feed')
  expect(course.messages.map(({ kind }) => kind)).toEqual(['open', 'feed', 'done'])
  const bytes = course.sizes.reduce((sum, size) => sum + size, 0)
  expect(bytes - 48 * news.length).toBeLessThanOrEqual(2 * news.length)
})

test('both directions go in the same two messages, and what both have heard of elsewhere costs a byte', () => {
  const { one, other, begins, answers } = acquainted()
  for (const index of [one, other]) add(index, news.slice(0, 10))
  add(one, news.slice(10, 20))
  add(other, news.slice(20, 30))
  change(one, 0, 20)
  change(other, 10, 30)
  const course = compareStores(one, other, { begins, answers, feeds: true })
  expectFound(course, one, other, 'feed')
  expect(course.messages.map(({ kind }) => kind)).toEqual(['open', 'feed', 'done'])
})

test('where nothing was expected to differ, the feed comes once it is known to', () => {
  const { one, other, begins, answers } = acquainted()
  change(one, 0, 20)
  change(other, 10, 30)
  const course = compareStores(one, other, { begins, answers })
  expectFound(course, one, other, 'feed')
  expect(course.messages.map(({ kind }) => kind)).toEqual(['open', 'feed', 'feed', 'done'])
  expect(course.sizes[0]).toBeLessThanOrEqual(40)
})

test('what no feed tells of, as a document that is gone, is found in the rest', () => {
  const { one, other, begins, answers } = acquainted()
  one.delete((common[5] as HeadRecord).document)
  other.delete((common[6] as HeadRecord).document)
  change(one, 10, 20)
  for (const feeds of [true, false]) {
    const course = compareStores(one, other, { begins, answers, feeds })
    expectFound(course, one, other, 'sketch')
    const told = new Set(
      course.messages.flatMap((message): DocumentId[] => {
        return message.kind === 'tell' ? message.records.map(({ document }) => document) : []
      }),
    )
    expect(told).toEqual(new Set([5, 6].map((place) => (common[place] as HeadRecord).document)))
  }
})

test('after each session the cursors go on, and the next feed tells only what is new', () => {
  let { one, other, begins, answers } = acquainted()
  for (let round = 0; round < 5; round++) {
    add(one, news.slice(10 * round, 10 * round + 10))
    const course = compareStores(one, other, { begins, answers, feeds: true })
    expectFound(course, one, other, 'feed')
    expect(course.sizes[0]).toBeLessThan(11 * 48 + 40)
    ;[begins, answers] = [course.begun, course.answered].map(({ outcome }) => ({ cursor: cursorOf(outcome) })) as [
      typeof begins,
      typeof answers,
    ]
    add(other, news.slice(10 * round, 10 * round + 10))
    // What was repaired is told once more, since nobody has said that both know it.
    const after = compareStores(one, other, { begins, answers })
    expect(after.begun.outcome).toMatchObject({ method: 'equal' })
    ;[begins, answers] = [after.begun, after.answered].map(({ outcome }) => ({ cursor: cursorOf(outcome) })) as [
      typeof begins,
      typeof answers,
    ]
  }
})

test.each<[string, (cursor: PeerCursor) => PeerCursor]>([
  ['of another epoch', (cursor) => ({ ...cursor, theirs: { epoch: 77, counter: 5 } })],
  ['ahead of the counter', (cursor) => ({ ...cursor, theirs: { epoch: 2, counter: 1_000_000 } })],
])('a cursor %s leads to a sketch, which finds what differs', (_, spoil) => {
  const { one, other, begins, answers } = acquainted()
  change(one, 0, 20)
  change(other, 10, 30)
  for (const feeds of [true, false]) {
    const course = compareStores(one, other, { begins: { cursor: spoil(begins.cursor) }, answers, feeds })
    expectFound(course, one, other, 'sketch')
  }
})

test('a store whose own cursor is worth nothing answers with what it was fed, and a sketch of the rest', () => {
  const { one, other, begins } = acquainted()
  change(one, 0, 20)
  change(other, 10, 30)
  const cursor = { ours: { epoch: 99, counter: 0 }, theirs: begins.cursor.theirs }
  const course = compareStores(one, other, { begins: { cursor }, feeds: true })
  expectFound(course, one, other, 'sketch')
})

test('more changes than a feed may have lead to a sketch', () => {
  const { one, other, begins, answers } = acquainted()
  add(one, news.slice(0, 60))
  add(other, news.slice(60, 120))
  for (const feeds of [true, false]) {
    for (const limits of [{ begins: { ...begins, feedLimit: 50 } }, { answers: { ...answers, feedLimit: 50 } }]) {
      const course = compareStores(one, other, { begins, answers, feeds, ...limits })
      expectFound(course, one, other, 'sketch')
    }
  }
})

test('a cursor that one side never came to know of makes nothing wrong', () => {
  const { one, other, begins, answers } = acquainted()
  change(one, 0, 10)
  const { begun } = compareStores(one, other, { begins, answers, feeds: true })
  for (const { document, head } of common.slice(0, 10)) {
    one.set(document, head)
    other.set(document, head)
  }
  change(other, 20, 30)
  // The last message of the session before was lost: only the side that began has its cursor.
  const later = { cursor: cursorOf(begun.outcome) }
  expectFound(compareStores(one, other, { begins: later, answers, feeds: true }), one, other, 'feed')
  expectFound(compareStores(other, one, { begins: answers, answers: later, feeds: true }), other, one, 'feed')
})
