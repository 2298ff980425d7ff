import { median } from '../table.ts'
import type { Installed } from '../installation.ts'
import { runJob, type Figures, type Load } from './job.ts'
import type { LibraryName } from './libraries.ts'
import type { MachineTimes } from './machine.ts'

/** Why there are no figures. */
export interface Missing {
  readonly failure: string
}

/** Medians. */
export type Outcome = { readonly figures: Figures } | Missing

/** Whoever takes more seconds for the many operations does the job once. */
export const longRun = 60

/** Libraries take turns, so that whatever else the machine does meets all of them alike. */
export async function runRounds(
  installations: ReadonlyMap<LibraryName, Installed | Missing>,
  load: Load,
  repetitions: number,
  machine: MachineTimes,
): Promise<ReadonlyMap<LibraryName, Outcome>> {
  const jobs = new Map<LibraryName, Figures[]>()
  const failures = new Map<LibraryName, Missing>()
  for (const [name, found] of installations) if ('failure' in found) failures.set(name, found)
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    machine.measure()
    for (const name of installations.keys()) {
      const earlier = jobs.get(name) ?? []
      if (failures.has(name) || earlier.some(({ many }) => many > longRun)) continue
      try {
        const figures = await runJob(name, load)
        jobs.set(name, [...earlier, figures])
        process.stderr.write(`${repetition}/${repetitions} ${name}: ${summary(figures)}\n`)
      } catch (error) {
        failures.set(name, { failure: firstLine(error) })
        process.stderr.write(`${repetition}/${repetitions} ${name}: ${firstLine(error)}\n`)
      }
    }
  }
  return new Map(
    [...installations.keys()].map((name) => [name, failures.get(name) ?? { figures: medians(jobs.get(name) ?? []) }]),
  )
}

function medians(jobs: readonly Figures[]): Figures {
  const [first] = jobs
  const names = Object.keys(first ?? {}) as (keyof Figures)[]
  return Object.fromEntries(names.map((name) => [name, median(jobs.map((job) => job[name]))])) as unknown as Figures
}

function summary(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${(value as number).toPrecision(3)}`)
    .join(', ')
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
