import { expect, test } from 'vitest'
import { isLongRun } from '../../../figures.ts'
import { experiment as coverage } from './coverage.ts'
import { experiment as walks } from './schedules.ts'
import { experiment as search } from './search.ts'
import { removedRules, variantOf } from './variants.ts'

test("Zave's invariant holds in every state of a ring of three places, and each becomes ideal", () => {
  const { states, violated } = search.run({ variant: 'all rules', size: 3, length: 2, grain: 'fine', ideal: true })
  expect({ states, violated }).toEqual({ states: 24, violated: undefined })
})

test("Zave's invariant holds in every state of a ring of four places, each with its counterpart in coarser grains", () => {
  expect(coverage.run({ size: 4, length: 2 })).toEqual({ states: 2_656_134, violated: undefined, uncovered: 0 })
})

test('every state of a small ring is repaired within a few rounds, and becomes ideal', () => {
  const [size, expected] = isLongRun ? [5, 2_539_158] : [4, 9356]
  const outcome = search.run({ variant: 'all rules', size, length: 2, grain: 'coarse', ideal: true })
  expect(outcome.violated).toBeUndefined()
  expect(outcome.states).toBe(expected)
  expect(outcome.rounds).toBeLessThanOrEqual(size)
})

test("Zave's invariant holds in every state of six places, even where anybody is taken for anybody's predecessor", () => {
  const { states, violated } = search.run({ variant: 'all rules', size: 6, length: 2, grain: 'lists', ideal: false })
  expect({ states, violated }).toEqual({ states: 28_589, violated: undefined })
})

test("Zave's invariant holds along random schedules of rings of up to eight places", () => {
  const schedules = isLongRun ? 1_000_000 : 10_000
  expect(walks.run({ variant: 'all rules', seed: 1, schedules, steps: 60 })).toMatchObject({ violations: 0 })
})

test.each(removedRules.filter((name) => variantOf(name).size > 0))(
  'without a rule something goes wrong: %s',
  (variant) => {
    const { size, isUnsafe } = variantOf(variant)
    const { violated, story } = search.run({ variant, size, length: 2, grain: 'fine', ideal: !isUnsafe })
    expect(violated).toMatch(isUnsafe ? /^(OneLiveSuccessor|SufficientPrincipals)$/ : /^becomes ideal$/)
    expect(story?.length).toBeGreaterThan(2)
  },
)

test.each(removedRules.filter((name) => variantOf(name).isUnsafe))('random schedules find that, too: %s', (variant) => {
  expect(walks.run({ variant, seed: 1, schedules: 3000, steps: 60 }).violations).toBeGreaterThan(0)
})

test('a counterexample reads as a story: who did what, and what all knew then', () => {
  const { story } = search.run({ variant: 'notifies of changes', size: 4, length: 2, grain: 'fine', ideal: true })
  expect(story).toEqual([
    ' 0. start                                                  A [B C] <C  B [C A] <A  C [A B] <B  D -',
    ' 1. D finds that it follows C                              A [B C] <C  B [C A] <A  C [A B] <B  D ?C',
    ' 2. D asks to join C                                       A [B C] <C  B [C A] <A  C [A B] <B  D [A B] <-',
    ' 3. 32 rounds later, clockwise, all ask before all notify  A [B C] <C  B [C A] <A  C [A B] <B  D [A B] <-',
  ])
})
