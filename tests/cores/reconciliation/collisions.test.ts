import { expect, test } from 'vitest'
import { createRandom } from '../../../node/protocol/index.ts'
import type { Item } from '../../../node/reconciliation/index.ts'
import { randomItem, reconcile, setOf } from './two-sides.ts'

/** Two pairs of items that add up to the same in the first of the 32 numbers of a sum. */
function collidingPairs(): readonly [Item, Item, Item, Item] {
  const random = createRandom('birthday')
  const items = Array.from({ length: 700 }, () => randomItem(random))
  const lifted = items.map((item) => setOf([item]).reach().sum[0] as number)
  const pairs = new Map<number, readonly [number, number]>()
  for (let left = 0; left < items.length; left++) {
    for (let right = left + 1; right < items.length; right++) {
      const sum = ((lifted[left] as number) + (lifted[right] as number)) >>> 0
      const [first, second] = pairs.get(sum) ?? [left, right]
      if (first !== left && second !== right && first !== right && second !== left) {
        return [first, second, left, right].map((place) => items[place] as Item) as [Item, Item, Item, Item]
      }
      pairs.set(sum, [left, right])
    }
  }
  throw new Error('Cannot find a collision: more items are needed')
}

// A birthday among pairs: what chosen ids do to a narrow sum within milliseconds. The README says what 1,024 bits cost.
test('ids chosen to collide in 32 bits of a sum collide there, and are told apart by the rest', () => {
  const [first, second, third, fourth] = collidingPairs()
  const random = createRandom('honest')
  const honest = Array.from({ length: 100 }, () => randomItem(random))
  const [one, other] = [setOf([...honest, first, second]), setOf([...honest, third, fourth])]
  expect(one.reach().count).toBe(other.reach().count)
  expect(one.reach().sum[0]).toBe(other.reach().sum[0])
  expect(one.reach().sum).not.toEqual(other.reach().sum)
  expect(reconcile(one, other).begun.have.toSorted()).toEqual([first, second].sort())
})

test('fingerprints of one set differ from session to session, so that none can be prepared for', () => {
  const set = setOf([randomItem(createRandom(1))])
  const first = [1, 2, 3].map((seed) => JSON.stringify(reconcile(set, set, { seed }).messages[0]?.ranges))
  expect(new Set(first).size).toBe(3)
})
