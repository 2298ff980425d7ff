import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

interface Report {
  /** Bytes, after each quarter. */
  readonly kept: readonly [number, number, number, number]
  readonly crashes: number
  readonly states: number
  readonly documents: number
}

const hours = 72

test(`${hours} virtual hours of crashes and restarts leave no memory behind`, { timeout: 3_600_000 }, async () => {
  const options = { stdio: 'inherit' as const, execArgv: ['--expose-gc'] }
  const child = fork(new URL('long-churn.ts', import.meta.url), [String(hours)], options)
  const [{ kept, crashes, states, documents }] = (await once(child, 'message')) as [Report]
  expect({ states, documents }).toEqual({ states: 1, documents: 10 })
  expect(crashes).toBeGreaterThan(8 * hours)
  // Disks, which the simulator keeps as lists, take half of what there is.
  expect(kept[3] - kept[0]).toBeLessThan(4 << 20)
})
