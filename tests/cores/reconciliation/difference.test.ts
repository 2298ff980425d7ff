import { expect, test } from 'vitest'
import { createRandom, integer, sample, shuffle, type Random } from '../../../node/protocol/index.ts'
import { bound, wholeRing, type Arc, type Item } from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'
import { itemBytes, randomItem, reconcile, setOf, skewedItem, type Side } from './two-sides.ts'

const seeds = figure('groups', 40, 2000)

/** Whether the item is in the arc, by the definition: going up from `from`, it comes before `to`. */
function isInside(arc: Arc, item: string): boolean {
  if (arc.from === arc.to) return true
  const isPast = item >= arc.from
  const isShort = item < arc.to
  return arc.from < arc.to ? isPast && isShort : isPast || isShort
}

function onlyIn(arc: Arc, one: readonly Item[], other: readonly Item[]): Item[] {
  const known = new Set(other)
  return one.filter((item) => isInside(arc, item) && !known.has(item)).sort()
}

function expectDifference(side: Side, have: readonly Item[], need: readonly Item[]): void {
  expect(side.outcome).toEqual({ kind: 'complete' })
  expect(side.have.toSorted()).toEqual(have)
  expect(side.need.toSorted()).toEqual(need)
}

/** Sets of up to 2,000 items that share anything from nothing to all. */
function drawSets(random: Random, draw: () => Item): { one: Item[]; other: Item[] } {
  const scale = [3, 40, 400, 2000][integer(random, 4)] as number
  const all = Array.from({ length: integer(random, scale + 1) }, draw)
  const distinct = [...new Set(all)]
  const differing = random.next() < 0.3 ? distinct.length : integer(random, Math.min(30, distinct.length) + 1)
  const loose = new Set(sample(random, distinct, differing))
  const side = random.next()
  const one = distinct.filter((item) => !loose.has(item))
  const other = one.slice()
  for (const item of loose) (random.next() < side ? one : other).push(item)
  return { one: shuffle(random, one), other: shuffle(random, other) }
}

function drawArc(random: Random, items: readonly Item[]): Arc {
  if (random.next() < 0.3) return wholeRing
  const end = (): ReturnType<typeof bound> =>
    items.length > 0 && random.next() < 0.7
      ? bound((items[integer(random, items.length)] as Item).slice(0, 2 * (1 + integer(random, itemBytes))))
      : bound(randomItem(random, 1 + integer(random, 3)))
  return { from: end(), to: end() }
}

function drawOptions(random: Random): { branching: number; listLimit: number } {
  return { branching: 2 + integer(random, 20), listLimit: 1 + integer(random, 20) }
}

test.each(['evenly spread', 'skewed'])(
  'both sides learn just what a plain comparison of the %s sets finds',
  (spread) => {
    for (let seed = 0; seed < seeds; seed++) {
      const random = createRandom(`${spread}/${seed}`)
      const { one, other } = drawSets(random, () => (spread === 'skewed' ? skewedItem(random) : randomItem(random)))
      const arc = drawArc(random, [...one, ...other])
      const [begins, answers] = [drawOptions(random), drawOptions(random)]
      const course = reconcile(setOf(one), setOf(other), { seed, arc, begins, answers })
      const [mine, theirs] = [onlyIn(arc, one, other), onlyIn(arc, other, one)]
      expectDifference(course.begun, mine, theirs)
      expectDifference(course.answered, theirs, mine)
    }
  },
)

test.each([
  ['nothing and nothing', 0, 0, 0],
  ['nothing and everything', 0, 0, 2000],
  ['everything and nothing', 0, 2000, 0],
  ['sets without a common item', 0, 1000, 1000],
  ['equal sets', 2000, 0, 0],
  ['sets that differ by one', 1999, 1, 0],
])('%s are told apart', (_, common, mine, theirs) => {
  const random = createRandom(common)
  const draw = (count: number): Item[] => Array.from({ length: count }, () => randomItem(random))
  const [shared, left, right] = [draw(common), draw(mine), draw(theirs)]
  const course = reconcile(setOf([...shared, ...left]), setOf([...shared, ...right]))
  expectDifference(course.begun, left.toSorted(), right.toSorted())
  expectDifference(course.answered, right.toSorted(), left.toSorted())
})

test('items of a single byte differ as others do, zero and the greatest among them', () => {
  const random = createRandom('narrow')
  const every = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0') as Item)
  for (let count = 0; count < 100; count++) {
    const one = every.filter(() => random.next() < 0.9)
    const other = every.filter(() => random.next() < 0.9)
    const arc = { from: bound(every[integer(random, 256)] as Item), to: bound(every[integer(random, 256)] as Item) }
    const course = reconcile(setOf(one, 1), setOf(other, 1), { arc })
    expectDifference(course.begun, onlyIn(arc, one, other), onlyIn(arc, other, one))
  }
})

test('equal sets cost one message each way of at most 40 bytes, whatever their size', () => {
  const random = createRandom('equal')
  for (const count of [0, 1, 100, 10_000]) {
    const items = Array.from({ length: count }, () => randomItem(random))
    const course = reconcile(setOf(items), setOf(items.toReversed()))
    expect(course.messages.length).toBe(2)
    expect(course.largestBytes).toBeLessThanOrEqual(40)
    expect(course.bytes).toBe(21)
    expect(course.begun.outcome).toEqual({ kind: 'complete' })
    expect(course.answered.outcome).toEqual({ kind: 'complete' })
  }
})
