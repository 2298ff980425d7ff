import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

interface Report {
  readonly refused: readonly string[]
  readonly tried: number
  readonly shown: readonly string[]
  readonly versions: readonly string[]
  readonly isPolluted: boolean
  readonly statistics: { readonly waiting: number; readonly rejected: number }
}

test.each([[[]], [['--disable-proto=throw']]])(
  'numbers, texts and keys that JavaScript makes trouble with are refused where they enter, or the same at every peer (%s)',
  async (execArgv) => {
    const child = fork(new URL('hostile-values.ts', import.meta.url), { execArgv })
    const [report] = (await once(child, 'message')) as [Report]
    expect(new Set(report.shown).size).toBe(1)
    expect(report.shown[0]).toContain('"__proto__":"__proto__"')
    expect(new Set(report.versions).size).toBe(1)
    expect(report.isPolluted).toBe(false)
    expect(report.statistics).toMatchObject({ waiting: 0, rejected: 0 })
    expect(report.refused.length).toBeGreaterThan(0)
    expect(report.refused.length).toBeLessThan(report.tried / 2)
    for (const name of report.refused) expect(['RangeError', 'TypeError']).toContain(name)
  },
)
