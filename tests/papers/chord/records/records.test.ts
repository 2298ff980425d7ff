import { describe, expect, test } from 'vitest'
import { figure } from '../../../figures.ts'
import { experiment as churn } from './churn.ts'
import { experiment as suddenLoss } from './sudden-loss.ts'

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('records on a ring whose peers come and go', () => {
  test.each(seeds(figure('groups', 2, 200)))(
    'no acknowledged value is lost where those who crash come back with their disk (seed %i)',
    (seed) => {
      const outcome = churn.run({ seed, size: 30, values: 100, duration: 240_000, churn: 0.1, disk: true })
      expect([outcome.lost, outcome.acknowledged > 90, outcome.left + outcome.crashed > 3]).toEqual([0, true, true])
    },
  )

  test('with three neighbours gone at once just what they alone held is lost, and somebody tells so', () => {
    const { acknowledged, lost, expected, told } = suddenLoss.run({ seed: 1, size: 30, values: 100, killed: 3 })
    expect(acknowledged).toBe(100)
    expect(lost).toBe(expected)
    expect(lost).toBeGreaterThan(0)
    expect(told).toBeGreaterThan(0)
  })

  test('with two gone at once nothing is', () => {
    const { acknowledged, lost } = suddenLoss.run({ seed: 1, size: 30, values: 100, killed: 2 })
    expect([acknowledged, lost]).toEqual([100, 0])
  })
})
