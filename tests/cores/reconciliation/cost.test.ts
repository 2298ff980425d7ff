import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../node/protocol/index.ts'
import type { Item, ItemSet } from '../../../node/reconciliation/index.ts'
import { randomItem, reconcile, setOf } from './two-sides.ts'

/** Takes items away and adds as many others: so many differences, half on either side. */
function changed(items: readonly Item[], differences: number): ItemSet {
  const random = createRandom(`changed/${differences}`)
  const set = setOf(items)
  for (let count = 0; count < differences / 2; count++) {
    set.delete(items[(count * 7919) % items.length] as Item)
    set.add(randomItem(random))
  }
  return set
}

// What a session costs, messages and bytes both ways together. Ids alone are 48 bytes for each difference.
describe.each([
  {
    size: 10_000,
    costs: [
      { differences: 10, messages: 7, bytes: 5600 },
      { differences: 1000, messages: 7, bytes: 185_000 },
    ],
  },
  {
    size: 100_000,
    costs: [
      { differences: 10, messages: 7, bytes: 7200 },
      { differences: 1000, messages: 8, bytes: 365_000 },
    ],
  },
])('of $size items', ({ size, costs }) => {
  const random = createRandom('cost')
  const items = Array.from({ length: size }, () => randomItem(random))
  const set = setOf(items)

  test.each(costs)('$differences differences cost $messages messages and $bytes bytes at the most', (cost) => {
    const course = reconcile(set, changed(items, cost.differences))
    expect(course.begun.have.length + course.begun.need.length).toBe(cost.differences)
    expect(course.answered.have.length + course.answered.need.length).toBe(cost.differences)
    expect(course.begun.outcome).toEqual({ kind: 'complete' })
    expect(course.messages.length).toBeLessThanOrEqual(cost.messages)
    expect(course.bytes).toBeLessThanOrEqual(cost.bytes)
  })
})
