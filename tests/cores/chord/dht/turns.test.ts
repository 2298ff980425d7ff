import { expect, test } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- part of the core, which nobody else is to use
import { Turns } from '../../../../overlays/chord/dht/turns.ts'

test('so many are under way at a time, in their order', () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  for (let number = 0; number < 4; number++) {
    turns.add((ended) => {
      begun.push(number)
      ends.push(ended)
    })
  }
  expect(begun).toEqual([0, 1])
  ends[1]?.()
  expect(begun).toEqual([0, 1, 2])
  expect(turns.isIdle).toBe(false)
  for (const place of [0, 2, 3]) ends[place]?.()
  expect(turns.isIdle).toBe(true)
})

test('a hundred thousand that end at once do not nest', () => {
  const turns = new Turns(1)
  let count = 0
  let first = (): void => {}
  turns.add((ended) => (first = ended))
  for (let number = 0; number < 100_000; number++) {
    turns.add((ended) => {
      count++
      ended()
    })
  }
  first()
  expect(count).toBe(100_000)
  expect(turns.isIdle).toBe(true)
})

test('one that fails does not hold the others up', () => {
  const turns = new Turns(2)
  let count = 0
  const fail = (): never => {
    throw new Error('broken')
  }
  expect(() => turns.add(fail)).toThrow('broken')
  turns.add(() => void count++)
  expect(count).toBe(1)
})
