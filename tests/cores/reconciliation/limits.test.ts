import { expect, test } from 'vitest'
import { createRandom } from '../../../node/protocol/index.ts'
import { wholeRing, type Arc, type Item, type ReconciliationOptions } from '../../../node/reconciliation/index.ts'
import { randomItem, reconcile, setOf, type Course } from './two-sides.ts'

function draw(seed: string, count: number): Item[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => randomItem(random))
}

const cases: readonly (readonly [string, ReconciliationOptions, number, number])[] = [
  ['items', { itemLimit: 100 }, 2000, 300],
  ['ranges', { rangeLimit: 512 }, 2000, 800],
  ['bytes', { messageLimitBytes: 32_768 }, 3000, 3000],
  ['work', { workLimit: 1000 }, 2000, 300],
  ['rounds', { roundLimit: 6, branching: 8 }, 3000, 1000],
]

test.each(cases)('a session that meets its limit of %s says so on both sides', (limit, options, common, different) => {
  const shared = draw('shared', common)
  const one = setOf([...shared, ...draw('one', different)])
  const course = reconcile(one, setOf([...shared, ...draw('other', different)]), { begins: options, answers: options })
  const limits = [course.begun, course.answered].map(({ outcome }) =>
    outcome?.kind === 'stopped' ? outcome.limit : '',
  )
  expect(limits).toContain(limit)
  expect(limits.every((name) => name === limit || name === 'peer')).toBe(true)
  if (options.itemLimit !== undefined) {
    expect(course.begun.have.length + course.begun.need.length).toBeLessThanOrEqual(options.itemLimit + 16)
  }
  for (const { ranges } of course.messages) expect(ranges.length).toBeLessThanOrEqual(options.rangeLimit ?? 16_384)
  expect(course.largestBytes).toBeLessThanOrEqual(options.messageLimitBytes ?? 262_144)
  expect(course.messages.length).toBeLessThanOrEqual(options.roundLimit ?? 32)
})

/** Goes on where the session ended. @returns undefined once it is complete */
function rest(arc: Arc, course: Course): Arc | undefined {
  const { outcome } = course.begun
  if (outcome?.kind === 'complete') return undefined
  if (outcome?.kind !== 'stopped') throw new Error(`Cannot go on after ${JSON.stringify(outcome)}`)
  return { from: outcome.settledTo, to: arc.to }
}

test.each(cases.filter(([limit]) => limit !== 'rounds'))(
  'sessions that meet their limit of %s find all in the end, though nobody repairs anything',
  (_, options, common, different) => {
    const shared = draw('shared', common)
    const [mine, theirs] = [draw('one', different), draw('other', different)]
    const [one, other] = [setOf([...shared, ...mine]), setOf([...shared, ...theirs])]
    const found = { have: new Set<Item>(), need: new Set<Item>() }
    let sessions = 0
    for (let arc: Arc | undefined = wholeRing; arc !== undefined; sessions++) {
      const course: Course = reconcile(one, other, { arc, begins: options, answers: options })
      for (const item of course.begun.have) found.have.add(item)
      for (const item of course.begun.need) found.need.add(item)
      arc = rest(arc, course)
    }
    expect([...found.have].sort()).toEqual(mine.toSorted())
    expect([...found.need].sort()).toEqual(theirs.toSorted())
    expect(sessions).toBeGreaterThan(1)
    expect(sessions).toBeLessThan(60)
  },
)

test('a limit of one side alone ends the session of both at one place', () => {
  const shared = draw('shared', 2000)
  const [one, other] = [setOf([...shared, ...draw('one', 500)]), setOf([...shared, ...draw('other', 500)])]
  const { begun, answered } = reconcile(one, other, { answers: { rangeLimit: 512 } })
  expect(answered.outcome).toMatchObject({ kind: 'stopped', limit: 'ranges' })
  expect(begun.outcome).toEqual({ ...answered.outcome, limit: 'peer' })
})

test('options out of their range are refused, with the range', () => {
  const set = setOf([])
  expect(() => reconcile(set, set, { begins: { branching: 1 } })).toThrow(
    'Cannot use 1 as branching: it must be an integer from 2 to 256',
  )
  for (const options of [{ roundLimit: 33 }, { rangeLimit: 511 }, { itemLimit: 0.5 }, { workLimit: NaN }]) {
    expect(() => reconcile(set, set, { begins: options })).toThrow(RangeError)
  }
})
