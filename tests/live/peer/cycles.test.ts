import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { figure } from '../../figures.ts'

interface InUse {
  /** Bytes, after a collection. */
  readonly heap: number
  readonly descriptors: number
  readonly timers: number
  readonly sockets: number
}

interface Report {
  readonly before: InUse
  readonly after: InUse
  readonly isEqual: boolean
}

/** Those of the long run take more than half an hour. */
const cycles = figure('cycles', 1000, 60_000)

test(
  `${cycles} meetings of two peers leave no memory, descriptor or timer behind`,
  { timeout: 7_200_000 },
  async () => {
    const options = { stdio: 'inherit' as const, execArgv: ['--expose-gc'] }
    const child = fork(new URL('cycles.ts', import.meta.url), [String(cycles)], options)
    const [{ before, after, isEqual }] = (await once(child, 'message')) as [Report]
    expect(isEqual).toBe(true)
    const { heap: heapBefore, ...othersBefore } = before
    const { heap: heapAfter, ...othersAfter } = after
    expect(othersAfter).toEqual(othersBefore)
    // A meeting with its connection and comparison is some 100 KiB: thirty of them.
    expect(heapAfter - heapBefore).toBeLessThan(3 << 20)
  },
)
