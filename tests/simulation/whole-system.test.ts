import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { figure } from '../figures.ts'
import { runWholeSystem } from './whole-system.ts'

const seeds = figure('seeds', 250, 20_000)

test(
  `${seeds} seeds: all replicas are equal after healing, and no acknowledged change is lost`,
  { timeout: Math.max(900_000, 2000 * seeds) },
  () => {
    let acknowledged = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = runWholeSystem(seed)
      expect(outcome.lost, `seed ${seed}`).toEqual([])
      expect(new Set(outcome.states).size, `seed ${seed}: replicas differ`).toBe(1)
      acknowledged += outcome.acknowledged
    }
    expect(acknowledged).toBeGreaterThan(50 * seeds)
  },
)

test('the same seed gives the same trace in two processes', { timeout: 120_000 }, async () => {
  const chosen = [1, 2, 3, 40, 41]
  const child = fork(new URL('whole-system-process.ts', import.meta.url), chosen.map(String), { execArgv: [] })
  const [hashes] = (await once(child, 'message')) as [string[]]
  expect(chosen.map((seed) => runWholeSystem(seed).traceHash)).toEqual(hashes)
  expect(new Set(hashes).size).toBe(chosen.length)
})

test('the checks find what is planted: a network that never heals, a disk that keeps nothing', () => {
  for (let seed = 1; seed <= 10; seed++) {
    expect(new Set(runWholeSystem(seed, 'no healing').states).size, `seed ${seed}`).toBeGreaterThan(1)
    expect(runWholeSystem(seed, 'wiped disk').lost.length, `seed ${seed}`).toBeGreaterThan(0)
  }
})
