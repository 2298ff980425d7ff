import { expect, test } from 'vitest'
import { AssertionError, createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { ItemSet, bound, item, type Item } from '../../../node/reconciliation/index.ts'
import { randomItem, setOf, skewedItem } from './two-sides.ts'

function toList(set: ItemSet): Item[] {
  return Array.from({ length: set.size }, (_, place) => set.at(place))
}

/** What is in the plain list before the bound, added up anew. */
function expectReach(set: ItemSet, sorted: readonly Item[], random: Random): void {
  const place = bound(skewedItem(random).slice(0, 2 * integer(random, 49)))
  const before = sorted.filter((item: string) => item < place)
  expect(set.reach(place)).toEqual(setOf(before).reach())
}

test('a set that grows and shrinks at random stays in order and adds up to what its items do', () => {
  const random = createRandom('grow and shrink')
  const set = new ItemSet(48)
  const plain = new Set<Item>()
  for (let step = 0; step < 6000; step++) {
    // Waves, so that the tree becomes three levels high and empty again.
    const isGrowing = random.next() < (Math.floor(step / 1500) % 2 === 0 ? 0.8 : 0.2)
    const known = [...plain]
    const old = known[integer(random, Math.max(1, known.length))]
    const drawn = isGrowing || old === undefined ? skewedItem(random) : old
    if (isGrowing) expect(set.add(drawn)).toBe(!plain.has(drawn))
    else expect(set.delete(drawn)).toBe(plain.has(drawn))
    if (isGrowing) plain.add(drawn)
    else plain.delete(drawn)
    expect(set.size).toBe(plain.size)
    if (step % 100 !== 0) continue
    const sorted = [...plain].sort()
    expect(toList(set)).toEqual(sorted)
    expectReach(set, sorted, random)
  }
})

test('the sum of a set does not depend on the order in which it came to be', () => {
  const random = createRandom('order')
  const items = Array.from({ length: 3000 }, () => randomItem(random))
  const set = setOf(items.toSorted())
  expect(setOf(items).reach()).toEqual(set.reach())
  for (const item of items.slice(1000)) set.delete(item)
  expect(set.reach()).toEqual(setOf(items.slice(0, 1000)).reach())
  for (const item of items.slice(0, 1000)) set.delete(item)
  expect(set.reach()).toEqual(new ItemSet(48).reach())
})

test('an item is there once, however often it is added', () => {
  const set = new ItemSet(2)
  expect([set.add(item('0102')), set.add(item('0102')), set.size]).toEqual([true, false, 1])
  expect([set.has(item('0102')), set.has(item('0103'))]).toEqual([true, false])
  expect([set.delete(item('0102')), set.delete(item('0102')), set.size]).toEqual([true, false, 0])
})

test('ids that are no bytes in lower-case hexadecimal, or of another width, are a mistake of the program', () => {
  for (const text of ['', '0', '0A', 'xy', '00'.repeat(65)]) expect(() => item(text)).toThrow(AssertionError)
  expect(() => bound('0g')).toThrow(AssertionError)
  expect(() => new ItemSet(2).add(item('01'))).toThrow('items of this set have 2 bytes')
  for (const width of [0, 65, 1.5]) expect(() => new ItemSet(width)).toThrow(AssertionError)
})
