import { cpus } from 'node:os'
import { record, type Page } from './record.ts'
import { gates, render, type Subject, type Table } from './table.ts'

export interface Runner<Options> {
  /** What one of them is called: `benchmark`. */
  readonly noun: string
  /** A subject is a file that exports `subject`. */
  readonly subjects: Readonly<Record<string, () => Promise<{ readonly subject: Subject<Options> }>>>
  /** Those to run. A name also stands for all that begin with it and a slash; none stands for all. */
  readonly names: readonly string[]
  readonly options: Options
  readonly json: boolean
  /** Where a full run writes its tables, if anywhere. */
  readonly page: (subject: string) => Page | undefined
}

/** Runs subjects and prints their tables. @returns the exit code: 1 where a gate is missed, 2 for an unknown name */
export async function runSubjects<Options extends { readonly quick: boolean }>({
  noun,
  subjects,
  names,
  options,
  json,
  page,
}: Runner<Options>): Promise<number> {
  const known = Object.keys(subjects)
  const matches = (subject: string, name: string): boolean => subject === name || subject.startsWith(`${name}/`)
  const unknown = names.filter((name) => !known.some((subject) => matches(subject, name)))
  if (unknown.length > 0) {
    process.stderr.write(`No ${noun} named ${unknown.join(', ')}: there are ${known.join(', ')}\n`)
    return 2
  }
  const results: Record<string, readonly Table[]> = {}
  for (const [name, load] of Object.entries(subjects)) {
    if (names.length > 0 && !names.some((wanted) => matches(name, wanted))) continue
    const { subject } = await load()
    const tables = await subject(options)
    results[name] = tables
    if (!json) for (const table of tables) process.stdout.write(`${render(table)}\n\n`)
    const target = options.quick ? undefined : page(name)
    if (target !== undefined) record(name, tables.map(render).join('\n\n'), target)
  }
  return conclude(results, options.quick, json)
}

function conclude(results: Readonly<Record<string, readonly Table[]>>, quick: boolean, json: boolean): number {
  const { met, missed } = gates(Object.values(results).flat())
  if (json) {
    const [cpu] = cpus()
    const machine = { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version }
    process.stdout.write(`${JSON.stringify({ machine, quick, met, missed, subjects: results }, null, 2)}\n`)
  } else {
    process.stdout.write(`gates: ${met} met, ${missed} missed\n`)
  }
  return missed > 0 ? 1 : 0
}
