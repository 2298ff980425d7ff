import { expect, test } from 'vitest'
import { createRandom, integer, jitter, sample, shuffle, split } from '../../../node/protocol/index.ts'

function draws(seed: number | string, count: number): number[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random.next())
}

test('the same seed gives the same sequence, another seed another', () => {
  expect(draws(7, 100)).toEqual(draws(7, 100))
  expect(draws(7, 5)).not.toEqual(draws(8, 5))
  expect(draws('7', 5)).toEqual(draws(7, 5))
})

test('the sequence of a seed never changes, since every recorded failure depends on it', () => {
  const random = createRandom('peerloom')
  expect(Array.from({ length: 4 }, () => integer(random, 1_000_000))).toMatchInlineSnapshot(`
    [
      647544,
      324345,
      466566,
      630780,
    ]
  `)
})

test('draws fill [0, 1) evenly', () => {
  const buckets = Array.from({ length: 16 }, () => 0)
  for (const draw of draws(3, 160_000)) {
    expect(draw).toBeGreaterThanOrEqual(0)
    expect(draw).toBeLessThan(1)
    buckets[Math.floor(draw * 16)]!++
  }
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('a shuffle keeps every item and reaches every order', () => {
  const random = createRandom(1)
  const orders = new Set<string>()
  for (let round = 0; round < 400; round++) orders.add(shuffle(random, ['a', 'b', 'c', 'd']).join(''))
  expect(orders.size).toBe(24)
})

test('a sample holds distinct items and leaves the source as it was', () => {
  const random = createRandom(1)
  const items = [1, 2, 3, 4, 5]
  for (let round = 0; round < 100; round++) {
    const drawn = sample(random, items, 3)
    expect(new Set(drawn).size).toBe(3)
  }
  expect(sample(random, items, 9).sort()).toEqual(items)
  expect(sample(random, items, 0)).toEqual([])
  expect(items).toEqual([1, 2, 3, 4, 5])
})

test('generators split off one another differ even under one label', () => {
  const random = createRandom(1)
  expect(split(random, 'peer').next()).not.toBe(split(random, 'peer').next())
})

test('jitter stays within its share', () => {
  const random = createRandom(1)
  for (let round = 0; round < 1000; round++) {
    const duration = jitter(random, 1000, 0.1)
    expect(duration).toBeGreaterThanOrEqual(900)
    expect(duration).toBeLessThanOrEqual(1100)
    expect(Number.isInteger(duration)).toBe(true)
  }
})
