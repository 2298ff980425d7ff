import { describe, expect, test } from 'vitest'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import type { HeadIndex, HeadRecord, StoreReconciliationOptions } from '../../../node/reconciliation/index.ts'
import {
  compareStores,
  indexOf,
  randomHead,
  randomRecords,
  sorted,
  trueDifference,
  type StoreCourse,
  type StoreSide,
} from './two-stores.ts'

interface Shape {
  readonly common: number
  /** Documents of the first only, of the second only, and of both with other heads. */
  readonly first: number
  readonly second: number
  readonly changed: number
}

function twoStores(seed: string, { common, first, second, changed }: Shape): [HeadIndex, HeadIndex] {
  const shared = randomRecords(`${seed}/common`, common)
  const random = createRandom(`${seed}/changed`)
  const others = randomRecords(`${seed}/others`, changed)
  const again: HeadRecord[] = others.map(({ document }) => ({ document, head: randomHead(random) }))
  return [
    indexOf([...shared, ...others, ...randomRecords(`${seed}/first`, first)]),
    indexOf([...shared, ...again, ...randomRecords(`${seed}/second`, second)], { epoch: 2 }),
  ]
}

/** With the last of what was said of a document: its head may have become known later. */
function reported({ carried, lacked }: Omit<StoreSide, 'outcome'>): Omit<StoreSide, 'outcome'> {
  return {
    carried: sorted([...new Map(carried.map((entry) => [entry.document, entry])).values()]),
    lacked: sorted(lacked),
  }
}

function expectTold(course: StoreCourse, one: HeadIndex, other: HeadIndex): void {
  expect(reported(course.begun)).toEqual(trueDifference(one, other))
  expect(reported(course.answered)).toEqual(trueDifference(other, one))
  for (const { outcome } of [course.begun, course.answered]) {
    expect(outcome).toMatchObject({ kind: 'complete', isVerified: true, isMismatch: false })
  }
  expect(Math.max(...course.sizes)).toBeLessThanOrEqual(262_144)
  expect(course.messages.length).toBeLessThanOrEqual(32)
}

const shapes: readonly Shape[] = [
  { common: 0, first: 0, second: 1, changed: 0 },
  { common: 0, first: 1, second: 0, changed: 0 },
  { common: 0, first: 0, second: 0, changed: 1 },
  { common: 1, first: 1, second: 1, changed: 1 },
  { common: 0, first: 300, second: 0, changed: 0 },
  { common: 0, first: 0, second: 300, changed: 0 },
  { common: 0, first: 6000, second: 0, changed: 0 },
  { common: 0, first: 0, second: 6000, changed: 0 },
  { common: 0, first: 200, second: 200, changed: 0 },
  { common: 1000, first: 5, second: 5, changed: 0 },
  { common: 1000, first: 0, second: 0, changed: 20 },
  { common: 1000, first: 100, second: 0, changed: 0 },
  { common: 1000, first: 0, second: 100, changed: 0 },
  { common: 3000, first: 400, second: 100, changed: 300 },
]

test.each(shapes)('both sides learn every document that differs, and the other head: %j', (shape) => {
  for (const seed of ['a', 'b', 'c']) {
    const [one, other] = twoStores(seed, shape)
    const course = compareStores(one, other, { seed })
    expectTold(course, one, other)
    expect(course.begun.outcome).toMatchObject({ method: 'sketch' })
  }
})

test('of equal stores one message of at most 40 bytes is sent, and a few bytes in return', () => {
  for (const size of [0, 1, 1000]) {
    const records = randomRecords('equal', size)
    const mark = { epoch: 1, counter: size }
    const cursor = { ours: mark, theirs: mark }
    const course = compareStores(indexOf(records), indexOf(records), { begins: { cursor }, answers: { cursor } })
    expect(course.begun.outcome).toEqual({
      kind: 'complete',
      method: 'equal',
      rounds: 2,
      symbols: 0,
      isVerified: true,
      isMismatch: false,
      cursor,
    })
    expect(course.answered.outcome).toEqual(course.begun.outcome)
    expect(course.sizes[0]).toBeLessThanOrEqual(40)
    expect(course.sizes[1]).toBeLessThanOrEqual(10)
  }
})

test('random stores of any size and difference come to know the difference', () => {
  const random = createRandom('any')
  for (let seed = 0; seed < 60; seed++) {
    const upTo = [3, 30, 300][integer(random, 3)] as number
    const shape = {
      common: integer(random, 3) === 0 ? 0 : integer(random, 2000),
      first: integer(random, upTo),
      second: integer(random, upTo),
      changed: integer(random, upTo),
    }
    const [one, other] = twoStores(`any/${seed}`, shape)
    const course = compareStores(one, other, { seed })
    expectTold(course, one, other)
  }
})

describe('beyond what a sketch holds', () => {
  const shape = { common: 3000, first: 500, second: 400, changed: 300 }
  const options: StoreReconciliationOptions = { symbolLimit: 512 }

  test('ranges find the difference', () => {
    const [one, other] = twoStores('ranges', shape)
    const course = compareStores(one, other, { begins: options, answers: options })
    expectTold(course, one, other)
    expect(course.begun.outcome).toMatchObject({ method: 'ranges' })
    expect(course.answered.outcome).toMatchObject({ method: 'ranges' })
  })

  test('a store that may not build the set for ranges stops, and says so; built beforehand it serves', () => {
    const [one, other] = twoStores('ranges', shape)
    const begins = { ...options, buildLimit: 0 }
    const course = compareStores(one, other, { begins })
    expect(course.begun.outcome).toMatchObject({ kind: 'stopped', limit: 'build', method: 'ranges' })
    expect(course.answered.outcome).toMatchObject({ kind: 'stopped', limit: 'peer' })
    while (!one.buildRanges(100));
    expectTold(compareStores(one, other, { begins }), one, other)
    one.dropRanges()
    expect(one.ranges).toBeUndefined()
  })
})
