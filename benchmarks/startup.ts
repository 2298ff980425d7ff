// How long a person waits for `peerloom --help`, against a Node process that does nothing.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { atMost, median, type Row, type Subject } from './table.ts'

const main = fileURLToPath(new URL('../dist/bundled/cli/main.js', import.meta.url))

const cases = {
  'node -e 0': ['-e', '0'],
  'peerloom --help': [main, '--help'],
  'peerloom doc get --help': [main, 'doc', 'get', '--help'],
  'peerloom version': [main, 'version'],
} as const

type Case = keyof typeof cases

export const subject: Subject = ({ quick }) => {
  const names = Object.keys(cases) as Case[]
  const times = new Map<Case, number[]>(names.map((name) => [name, []]))
  // In turn, so that whatever else the machine does meets all of them alike. The first round warms the disk's cache.
  for (let round = 0; round <= (quick ? 5 : 20); round++) {
    for (const name of names) {
      const elapsed = measure(cases[name])
      if (round > 0) times.get(name)?.push(elapsed)
    }
  }
  const medians = new Map(names.map((name) => [name, median(times.get(name) ?? [])]))
  const empty = medians.get('node -e 0') ?? Number.NaN
  const rows = names.map((name): Row => {
    const time = medians.get(name) ?? Number.NaN
    const row = { label: name, values: [time, time / empty] }
    return name === 'peerloom --help' ? { ...row, gate: atMost(time / empty, 3, '×') } : row
  })
  return Promise.resolve([
    {
      title: 'Start-up of the command line',
      columns: ['ms, median', 'of an empty Node'],
      rows,
      notes: ['From the start of the process to its end, one after the other.'],
    },
  ])
}

function measure(words: readonly string[]): number {
  const start = performance.now()
  const { status } = spawnSync(process.execPath, words, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}: is it built? (npm run build)`)
  return performance.now() - start
}
