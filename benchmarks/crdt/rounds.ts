import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../table.ts'
import type { Figures } from './cases.ts'
import { ours, type LibraryName } from './libraries.ts'
import type { TraceFile } from './traces.ts'
import type { Answer, Order } from './worker.ts'

export interface Rounds {
  readonly libraries: readonly LibraryName[]
  /** `local/rustcode` */
  readonly cases: readonly string[]
  readonly repetitions: number
  /** Milliseconds for one library and one repetition; one more for each transaction of a trace, thirty for ours. */
  readonly patience: number
  readonly traces: readonly TraceFile[]
  /** For encoded documents. */
  readonly folder: string
  readonly tell: (line: string) => void
}

/** Medians; what went wrong; undefined where the library cannot. */
export type Outcome =
  { readonly figures: Figures; readonly repetitions: number } | { readonly failure: string } | undefined

export type Outcomes = ReadonlyMap<string, ReadonlyMap<LibraryName, Outcome>>

/** What takes longer than so many milliseconds is done once. */
const longRun = 25_000

type Attempt = { readonly figures: Figures | undefined; readonly milliseconds: number } | { readonly failure: string }

/** Every library, case and repetition in a process of its own; in each repetition libraries take turns. */
export async function runRounds(rounds: Rounds): Promise<Outcomes> {
  const outcomes = new Map<string, Map<LibraryName, Outcome>>()
  for (const name of rounds.cases) {
    const attempts = new Map<LibraryName, Attempt[]>(rounds.libraries.map((library) => [library, []]))
    for (let repetition = 1; repetition <= rounds.repetitions; repetition++) {
      for (const [library, earlier] of attempts) {
        if (earlier.some(isEnough)) continue
        const attempt = await measure(rounds, library, name)
        rounds.tell(`${name} ${repetition}/${rounds.repetitions} ${library}: ${summary(attempt)}`)
        earlier.push(attempt)
      }
    }
    outcomes.set(name, new Map([...attempts].map(([library, all]) => [library, conclude(all)])))
  }
  return outcomes
}

function isEnough(attempt: Attempt): boolean {
  return 'failure' in attempt || attempt.figures === undefined || attempt.milliseconds > longRun
}

async function measure(rounds: Rounds, library: LibraryName, name: string): Promise<Attempt> {
  const [kind, variant = ''] = name.split('/')
  if (kind === 'load' || kind === 'held') {
    const { encodedFile } = orderOf(rounds, library, name)
    const made = existsSync(encodedFile) ? undefined : await attempt(rounds, library, `local/${variant}`)
    if (made !== undefined && 'failure' in made) return made
  }
  return attempt(rounds, library, name)
}

function attempt(rounds: Rounds, library: LibraryName, name: string): Promise<Attempt> {
  const order = JSON.stringify(orderOf(rounds, library, name))
  const worker = join(import.meta.dirname, 'worker.ts')
  // 4 GB, of which all has to be done.
  const options = ['--expose-gc', '--max-old-space-size=4096', '--disable-warning=ExperimentalWarning']
  const patience = rounds.patience + (traceOf(rounds, name)?.transactions ?? 0) * (library === ours ? 30 : 1)
  const limits = { timeout: patience, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const
  const start = performance.now()
  return new Promise((settle) => {
    execFile(process.execPath, [...options, worker, order], limits, (error, stdout, stderr) => {
      const milliseconds = performance.now() - start
      if (error === null)
        settle({ figures: (JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as Answer).figures, milliseconds })
      else if (error.killed === true) settle({ failure: `> ${Math.round(patience / 1000)} s` })
      else settle({ failure: reason(stderr) })
    })
  })
}

function traceOf({ traces }: Rounds, name: string): TraceFile | undefined {
  return traces.find((file) => file.name === name.split('/')[1])
}

function orderOf(rounds: Rounds, library: LibraryName, name: string): Order {
  const trace = traceOf(rounds, name)
  return {
    library,
    name,
    // Of those measured, it alone counts code points.
    trace: library === 'diamond-types' ? trace?.codePoints : trace?.codeUnits,
    encodedFile: join(rounds.folder, `${library}-${trace?.name}.bin`),
  }
}

function reason(stderr: string): string {
  const lines = stderr.split('\n')
  const line = lines.find((text) => /Error: |panicked|heap/.test(text)) ?? lines.find((text) => text !== '')
  return line?.trim().slice(0, 160) ?? 'ended without a word'
}

function summary(attempt: Attempt): string {
  if ('failure' in attempt) return attempt.failure
  if (attempt.figures === undefined) return 'cannot'
  const parts = Object.entries(attempt.figures).map(([name, value]) => {
    return `${name} ${typeof value === 'number' ? Math.round(value * 1000) / 1000 : value}`
  })
  return parts.join(', ')
}

function conclude(attempts: readonly Attempt[]): Outcome {
  const all: Figures[] = []
  for (const attempt of attempts) {
    if ('failure' in attempt) return { failure: attempt.failure }
    if (attempt.figures !== undefined) all.push(attempt.figures)
  }
  const [first] = all
  if (first === undefined) return undefined
  const figures = Object.keys(first).map((name) => {
    const values = all.map((one) => one[name])
    const numbers = values.filter((value) => typeof value === 'number')
    return [name, numbers.length > 0 ? median(numbers) : values.every((value) => value === true)] as const
  })
  return { figures: Object.fromEntries(figures), repetitions: all.length }
}
