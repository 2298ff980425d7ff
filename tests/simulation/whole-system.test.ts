import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { CheckFailedError } from '../../node/simulation/index.ts'
import { figure } from '../figures.ts'
import { runWholeSystem, type Sabotage } from './whole-system.ts'

const reasons = ['damaged', 'signature', 'quarantined'] as const
const seeds = figure('seeds', 500, 20_000)

test(
  `${seeds} seeds: all replicas are equal after healing, and no acknowledged change is lost`,
  { timeout: Math.max(900_000, 2000 * seeds) },
  () => {
    let acknowledged = 0
    let loaded = 0
    const rejected = { damaged: 0, signature: 0, quarantined: 0 }
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = runWholeSystem(seed)
      expect(outcome.lost, `seed ${seed}`).toEqual([])
      expect(new Set(outcome.states).size, `seed ${seed}: replicas differ`).toBe(1)
      acknowledged += outcome.acknowledged
      loaded += outcome.loaded
      for (const reason of reasons) rejected[reason] += outcome.rejected[reason] ?? 0
    }
    // Torn writes, a forger and an author with two histories: there they were.
    for (const reason of reasons) expect(rejected[reason], reason).toBeGreaterThan(seeds / 50 - 1)
    expect(acknowledged).toBeGreaterThan(50 * seeds)
    expect(loaded).toBeGreaterThan(seeds / 20)
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

test('the checkers find what is planted: a set accepted without its signature, changes told before they are durable', () => {
  for (const [sabotage, checker] of [
    ['no signatures', 'what is held was signed'],
    ['told before written', 'what is told is durable'],
  ] as const) {
    const found = Array.from({ length: 10 }, (_, index) => checkerOf(index + 1, sabotage))
    expect(found).not.toContain(undefined)
    // Now and then what comes of it is seen first, as replicas that differ.
    expect(found.filter((name) => name === checker).length).toBeGreaterThanOrEqual(8)
  }
})

/** Whose finding ended the run. */
function checkerOf(seed: number, sabotage: Sabotage): string | undefined {
  try {
    runWholeSystem(seed, sabotage)
    return undefined
  } catch (error) {
    if (!(error instanceof CheckFailedError)) throw error
    return error.checker
  }
}
