import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

interface Report {
  readonly kept: readonly [first: number, ...others: number[]]
  readonly compared: number
  readonly connections: readonly number[]
  readonly standings: readonly number[]
  readonly isEqual: boolean
}

test('a thousand connections with a comparison each leave nothing behind', async () => {
  const child = fork(new URL('replicator-cycles.ts', import.meta.url), { execArgv: ['--expose-gc'] })
  const [report] = (await once(child, 'message')) as [Report]
  expect(report.compared).toBeGreaterThanOrEqual(1000)
  expect(report).toMatchObject({ connections: [0, 0], standings: [0, 0], isEqual: true })
  // A connection with its session is several kilobytes: eight hundred of them would be megabytes.
  expect(report.kept.at(-1)! - report.kept[0]).toBeLessThan(400 * 1024)
})
