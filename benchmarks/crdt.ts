// Documents of ours and of the libraries that people use, the same cases for all: crdt/README.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './crdt/bundles.ts'
import { libraryNames, ours, type LibraryName } from './crdt/libraries.ts'
import { runRounds, type Outcome } from './crdt/rounds.ts'
import { encodedSizes, figuresToReach, furtherCases } from './crdt/tables.ts'
import { targets } from './crdt/targets.ts'
import { prepareTraces, type TraceFile } from './crdt/traces.ts'
import { install, staleness } from './installation.ts'
import type { BenchOptions, Subject } from './table.ts'

const further = [
  'crossing/batch',
  'editing/append',
  'editing/prepend',
  'editing/characters',
  'editing/words',
  'editing/mixed',
  'crowd/text',
  'crowd/map',
]

export const subject: Subject = async ({ quick, only, libraries: chosen, repetitions = quick ? 1 : 3 }) => {
  const unknown = (chosen ?? []).filter((name) => !libraryNames.some((known) => known === name))
  if (unknown.length > 0)
    throw new Error(`No library named ${unknown.join(', ')}: there are ${libraryNames.join(', ')}`)
  const libraries = libraryNames.filter((name) => chosen === undefined || chosen.includes(name))
  const stale = libraries.includes(ours) ? staleness(['crdt', 'node/protocol']) : []
  if (libraries.some((name) => name !== ours)) install(join(import.meta.dirname, 'peers'))
  const folder = mkdtempSync(join(tmpdir(), 'peerloom-bench-'))
  try {
    const isWanted = (name: string): boolean => isSelected(name, quick, only)
    const traces = prepareTraces(folder, (trace) => casesOf(trace).some(isWanted))
    const cases = orderedCases(traces).filter(isWanted)
    if (cases.length === 0 && !isWanted('bundle')) throw new Error(`No such case: ${only?.join(', ')}`)
    const tell = (line: string): void => void process.stderr.write(`${line}\n`)
    const patience = quick ? 30_000 : 120_000
    const measured = await runRounds({ libraries, cases, repetitions, patience, traces, folder, tell })
    const outcomes = new Map([...measured, ...(isWanted('bundle') ? [await bundles(libraries)] : [])])
    return tables({ libraries, outcomes, traces, notes: [...stale, ...notesOf(repetitions)] })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function tables(measured: Parameters<typeof figuresToReach>[0]): ReturnType<typeof figuresToReach>[] {
  return [figuresToReach(measured), encodedSizes(measured), furtherCases(measured)].filter(
    ({ rows }) => rows.length > 0,
  )
}

/** A name chooses the case itself and all that have it as a part: `load`, `friendsforever`. */
function isSelected(name: string, quick: boolean, only: BenchOptions['only']): boolean {
  if (only !== undefined) return only.some((wanted) => name === wanted || name.split('/').includes(wanted))
  return !quick || targets.some((target) => target.case === name || target.best?.case === name)
}

/** The trace that a document is made of which is then loaded, and of which updates are sent. */
const paper = 'automerge-paper'

const traceKinds = ['local', 'load', 'held', 'wire', 'concurrent']

/** What may be done with a trace: whether it is a concurrent one is known only when it has been read. */
function casesOf(trace: string): string[] {
  if (trace !== paper) return [`local/${trace}`, `concurrent/${trace}`]
  return traceKinds.filter((kind) => kind !== 'concurrent').map((kind) => `${kind}/${trace}`)
}

/** Those that a figure of the design is for come first. */
function orderedCases(traces: readonly TraceFile[]): string[] {
  const ofTraces = traces.flatMap(({ name, isConcurrent }) =>
    casesOf(name).filter((one) => one.startsWith('concurrent/') === isConcurrent),
  )
  const wanted = targets.map((target) => target.case).filter((name) => name !== 'bundle')
  const isTrace = (name: string): boolean => traceKinds.some((kind) => name.startsWith(`${kind}/`))
  const known = wanted.filter((name) => ofTraces.includes(name) || !isTrace(name))
  return [...new Set([...known, ...ofTraces, ...further])]
}

async function bundles(
  libraries: readonly LibraryName[],
): Promise<readonly [string, ReadonlyMap<LibraryName, Outcome>]> {
  const outcomes = new Map<LibraryName, Outcome>()
  for (const library of libraries) {
    const figures = await bundle(library)
    outcomes.set(library, figures === undefined ? undefined : { figures, repetitions: 1 })
  }
  return ['bundle', outcomes]
}

function notesOf(repetitions: number): string[] {
  const count = repetitions === 1 ? 'once' : `${repetitions} times, libraries in turns, the median of which is shown`
  return [
    `Every case of every library in a process of its own, ${count}; what takes longer than 25 s is done once.`,
    'Gates for times: the floor of the design (crdt.md, figures to reach), as far below the library that was best there ' +
      'as it is there; those for sizes are what they are. – : the library has no such thing.',
    'Ours: the package as built, with a listener; one transaction a keystroke. Yjs and json-joy have no counter: a map of ' +
      'each replica’s total. None of the others has a set of its own here: keys of a map.',
  ]
}
