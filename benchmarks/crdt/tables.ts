import type { Gate, Row, Table } from '../table.ts'
import { libraryNames, ours, type LibraryName } from './libraries.ts'
import type { Outcome, Outcomes } from './rounds.ts'
import { targets, type Target } from './targets.ts'
import type { TraceFile } from './traces.ts'

/** Against whom ours is compared in words, whoever is best. */
const compared: readonly LibraryName[] = ['json-joy', 'yjs', 'loro']

/** What a run measured, and whom. */
export interface Measured {
  readonly libraries: readonly LibraryName[]
  readonly outcomes: Outcomes
  readonly traces: readonly TraceFile[]
  readonly notes: readonly string[]
}

export function figuresToReach({ libraries, outcomes, traces, notes }: Measured): Table {
  const rows = targets
    .filter((target) => outcomes.has(target.case))
    .map((target): Row => {
      const figures = libraries.map((library) => figure(outcomes, target.case, target.figure, library))
      const gated = gateOf(target, outcomes, traces)
      return {
        label: target.label,
        values: [...figures, ...ratios(target, libraries, outcomes), gated?.moonshot ?? ''],
        ...(gated === undefined ? {} : { gate: gated.gate }),
      }
    })
  return {
    title: 'Documents: the figures to reach',
    columns: [...columns(libraries), 'moonshot'],
    rows,
    notes: [...notes, ...failures(outcomes, isTarget), ...generated(outcomes, traces)],
  }
}

/** Raw and gzipped beside each other, one row for each encoding that a library offers. */
export function encodedSizes({ libraries, outcomes }: Measured): Table {
  const documents = [...outcomes.keys()].filter((name) => /^(local|concurrent|map)\//.test(name))
  const rows = libraries.flatMap((library) =>
    encodingsOf(library, documents, outcomes).map((encoding): Row => {
      const sizes = documents.flatMap((name) =>
        ['bytes', 'gzip'].map((kind) => figure(outcomes, name, `${kind} ${encoding}`.trim(), library)),
      )
      return {
        label: `${nameOf(library)} ${encoding}`.trim(),
        values: [keepsDeleted(library, encoding), ...sizes],
      }
    }),
  )
  const titles = documents.flatMap((name) => [`${name.replace(/^\w+\//, '')} B`, 'gzip B'])
  return {
    title: 'Documents: encoded sizes, raw and gzipped',
    columns: ['deleted text', ...titles],
    rows,
    notes: ['A history without the deleted text cannot show earlier versions; it is smaller by that text.'],
  }
}

/** Whether an encoding holds what was deleted since. Our own, and what the others' documentation says of them. */
function keepsDeleted(library: LibraryName, encoding: string): string {
  const keeping: readonly LibraryName[] = [ours, 'diamond-types', 'automerge', 'loro']
  return keeping.includes(library) && encoding !== 'shallow' && encoding !== 'compacted' ? 'held' : 'dropped'
}

function encodingsOf(library: LibraryName, documents: readonly string[], outcomes: Outcomes): string[] {
  const names = documents.flatMap((name) => Object.keys(figuresOf(outcomes.get(name)?.get(library)) ?? {}))
  return [...new Set(names.filter((name) => /^bytes\b/.test(name)).map((name) => name.slice('bytes'.length).trim()))]
}

/** Everything measured that no figure of the design is for; ours has to end as every recorded trace does. */
export function furtherCases({ libraries, outcomes, traces }: Measured): Table {
  const rows = [...outcomes].flatMap(([name, byLibrary]) => {
    const figures = libraries.flatMap((library) => Object.keys(figuresOf(byLibrary.get(library)) ?? {}))
    return [...new Set(figures)]
      .filter((key) => key in units && !targets.some((target) => target.case === name && target.figure === key))
      .map((key): Row => {
        const values = libraries.map((library) => figure(outcomes, name, key, library))
        const gate = key === 'isEnd' ? endGate(byLibrary.get(ours)) : undefined
        const compare = { case: name, figure: key }
        return {
          label: `${describe(name, traces)}: ${units[key] ?? key}`,
          values: [
            ...values,
            ...(key === 'isEnd' ? ratioLibraries(libraries).map(() => '') : ratios(compare, libraries, outcomes)),
          ],
          ...(gate === undefined ? {} : { gate }),
        }
      })
  })
  return {
    title: 'Documents: further cases',
    columns: columns(libraries),
    rows,
    notes: [
      ...failures(outcomes, (name) => !isTarget(name)),
      'A text other than that of the trace is no fault: ties between concurrent writers may be broken in many ways, and ' +
        'traces have that of Fugue with ids that increase as the authors are numbered (so have ids here). Where a text is ' +
        'too short for an edit of the trace then, as much of the edit is made as there is text for.',
    ],
  }
}

/** What figures are called, and which of them are told. */
const units: Readonly<Record<string, string>> = {
  milliseconds: 'ms',
  streamMilliseconds: 'one by one, ms',
  batchMilliseconds: 'batch, ms',
  wireBytes: 'wire bytes an update',
  bytes: 'encoded bytes',
  microseconds: 'µs each',
  megabytes: 'held MB',
  editedMegabytes: 'held after the first edit, MB',
  encodeMilliseconds: 'encode, ms',
  textMilliseconds: 'load and text, ms',
  encoded: 'encoded bytes',
  isEnd: 'text is that of the trace',
}

function endGate(outcome: Outcome): Gate | undefined {
  if (outcome === undefined) return undefined
  return { text: '= endContent', met: figuresOf(outcome)?.['isEnd'] === true }
}

function describe(name: string, traces: readonly TraceFile[]): string {
  const trace = traceOf(name, traces)
  if (trace === undefined) return name
  const count = trace.transactions.toLocaleString('en')
  return `${name} (${count} transactions${trace.isGenerated ? ', generated' : ''})`
}

interface Gated {
  readonly gate: Gate
  readonly moonshot: string
}

/** @returns undefined where ours, or the library that the floor is measured by, was not asked */
function gateOf(target: Target, outcomes: Outcomes, traces: readonly TraceFile[]): Gated | undefined {
  const outcome = outcomes.get(target.case)?.get(ours)
  if (outcome === undefined) return undefined
  const mine = valueOf(outcome, target.figure)
  const scale = target.isTime || traceOf(target.case, traces)?.isGenerated === true ? scaleOf(target, outcomes) : 1
  if (scale === undefined) return undefined
  const isWithin = (limit: number): boolean => typeof mine === 'number' && mine <= limit * scale
  const show = (limit: number): string => `≤ ${shortly(limit * scale)} ${target.unit}`
  const { floor, moonshot } = target
  return {
    gate: { text: show(floor), met: isWithin(floor) },
    moonshot: moonshot === undefined ? '' : `${show(moonshot)} ${isWithin(moonshot) ? 'reached' : 'not yet'}`,
  }
}

/** How much more the best library of the design takes in this run. */
function scaleOf({ best, case: name, figure: key }: Target, outcomes: Outcomes): number | undefined {
  if (best === undefined) return undefined
  const value = valueOf(outcomes.get(best.case ?? name)?.get(best.library), key)
  return typeof value === 'number' ? value / best.figure : undefined
}

function traceOf(name: string, traces: readonly TraceFile[]): TraceFile | undefined {
  return traces.find((file) => file.name === name.split('/')[1])
}

function shortly(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}

function columns(libraries: readonly LibraryName[]): string[] {
  return [...libraries.map(nameOf), ...ratioLibraries(libraries).map((library) => `ours ÷ ${library}`)]
}

function nameOf(library: LibraryName): string {
  return library === ours ? 'ours' : library
}

function ratioLibraries(libraries: readonly LibraryName[]): LibraryName[] {
  return libraries.includes(ours) ? compared.filter((library) => libraries.includes(library)) : []
}

function ratios(
  { case: name, figure: key }: Pick<Target, 'case' | 'figure'>,
  libraries: readonly LibraryName[],
  outcomes: Outcomes,
): string[] {
  const byLibrary = outcomes.get(name)
  const mine = valueOf(byLibrary?.get(ours), key)
  return ratioLibraries(libraries).map((library) => {
    const theirs = valueOf(byLibrary?.get(library), key)
    return typeof mine === 'number' && typeof theirs === 'number' ? `${(mine / theirs).toFixed(2)}×` : '–'
  })
}

function figure(outcomes: Outcomes, name: string, key: string, library: LibraryName): number | string {
  const outcome = outcomes.get(name)?.get(library)
  if (outcome !== undefined && 'failure' in outcome) return outcome.failure.startsWith('>') ? outcome.failure : 'failed'
  const value = valueOf(outcome, key)
  if (value === undefined) return '–'
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value
}

function valueOf(outcome: Outcome, key: string): number | boolean | undefined {
  return figuresOf(outcome)?.[key]
}

function figuresOf(outcome: Outcome): Readonly<Record<string, number | boolean>> | undefined {
  return outcome === undefined || 'failure' in outcome ? undefined : outcome.figures
}

function isTarget(name: string): boolean {
  return targets.some((target) => target.case === name)
}

function failures(outcomes: Outcomes, isTold: (name: string) => boolean): string[] {
  const told = [...outcomes].filter(([name]) => isTold(name))
  return told.flatMap(([name, byLibrary]) =>
    libraryNames.flatMap((library) => {
      const outcome = byLibrary.get(library)
      if (outcome === undefined || !('failure' in outcome)) return []
      return [`${name}, ${nameOf(library)}: ${outcome.failure}`]
    }),
  )
}

function generated(outcomes: Outcomes, traces: readonly TraceFile[]): string[] {
  const used = new Set([...outcomes.keys()].map((name) => traceOf(name, traces)))
  const names = [...used].flatMap((trace) => (trace?.isGenerated === true ? [trace.name] : []))
  if (names.length === 0) return []
  return [`Generated: ${names.join(', ')}. Where that stands in for a recorded trace, sizes are measured as times are.`]
}
