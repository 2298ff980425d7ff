import type { Installed } from '../installation.ts'
import { atMost, type Row, type Table } from '../table.ts'
import type { Figures, Load } from './job.ts'
import { isOurs, libraries, type LibraryName } from './libraries.ts'
import type { Outcome } from './rounds.ts'

export interface Measured {
  readonly outcomes: ReadonlyMap<LibraryName, Outcome>
  /** Of those that are there. */
  readonly installed: ReadonlyMap<LibraryName, Installed>
  readonly load: Load
  readonly notes: readonly string[]
}

interface Column {
  readonly figure: keyof Figures
  readonly title: string
  readonly unit: string
}

function columnsOf({ many }: Load): Column[] {
  return [
    { figure: 'first', title: 'first op ms', unit: ' ms' },
    { figure: 'firstCpu', title: 'CPU s until it', unit: ' s' },
    { figure: 'p50', title: 'p50 ms', unit: ' ms' },
    { figure: 'p99', title: 'p99 ms', unit: ' ms' },
    { figure: 'many', title: `${many.toLocaleString('en')} ops s`, unit: ' s' },
    { figure: 'manyCpu', title: 'CPU s of them', unit: ' s' },
    { figure: 'writerRss', title: 'RSS writer MiB', unit: ' MiB' },
    { figure: 'replicaRss', title: 'RSS replica MiB', unit: ' MiB' },
  ]
}

export function jobTable({ outcomes, load, notes }: Measured): Table {
  const columns = columnsOf(load)
  const rows = [...outcomes].map(([name, outcome]): Row => {
    const { signed, synced, batched } = libraries[name]
    const figures = columns.map(({ figure }) => ('figures' in outcome ? outcome.figures[figure] : '–'))
    const label = 'failure' in outcome ? `${name}: not measured` : name
    return { label, values: [signed, synced, batched, ...figures] }
  })
  return {
    title: 'A document in two processes',
    columns: ['signed', 'synced to disk', 'batched', ...columns.map(({ title }) => title)],
    rows,
    notes: [
      ...notes,
      ...[...outcomes].flatMap(([name, outcome]) => ('failure' in outcome ? [`${name}: ${outcome.failure}.`] : [])),
    ],
  }
}

export function installationTable({ installed }: Measured): Table {
  // Ours is one package, wherever it keeps documents.
  const all = [...installed].filter(([name]) => name !== 'ours in memory' || !installed.has('ours'))
  const rows = all.map(([name, { packages, megabytes, scripts }]): Row => {
    const native = scripts.length === 0 ? 'none' : scripts.join(', ')
    const gate = { text: '≤ 100 MB, none', met: megabytes <= 100 && scripts.length === 0 }
    return { label: name, values: [packages, megabytes, native], ...(isOurs(name) ? { gate } : {}) }
  })
  return {
    title: 'What each of them installs',
    columns: ['packages', 'MB on disk', 'native part, built or fetched'],
    rows,
    notes: [
      'Ours: the package as it would be published, and what it depends on. A package has a native part if it has an install script.',
    ],
  }
}

const gatedOperations = 10_000

/** The design: replication.md, against peers. Seconds are for so many operations. */
const gates: Partial<Record<LibraryName, Readonly<Partial<Figures>>>> = {
  'ours': { first: 500, p50: 3, p99: 10, many: 5, writerRss: 200, replicaRss: 200 },
  'ours in memory': { first: 300, p50: 0.5, p99: 3, many: 1.5, writerRss: 150, replicaRss: 150 },
}

/** Ours against the gates of the design, and against whoever is best of the others. */
export function gatesTable(measured: Measured): Table {
  const { outcomes, load } = measured
  const rows = [...outcomes].flatMap(([name, outcome]): Row[] => {
    if (!isOurs(name)) return []
    return columnsOf(load).map(({ figure, title, unit }): Row => {
      const value = 'figures' in outcome ? outcome.figures[figure] : Number.NaN
      const most = gates[name]?.[figure]
      // Fewer operations are a first look: nothing is known of the rest of them.
      const isGated = most !== undefined && (figure !== 'many' || load.many === gatedOperations)
      const label = `${name}: ${title}`
      return {
        label,
        values: [value, ...rivals(value, figure, measured)],
        ...(isGated ? { gate: atMost(value, most, unit) } : {}),
      }
    })
  })
  return {
    title: 'Ours, and the best of the others',
    columns: ['ours', 'best other', 'which', 'ours ÷ best other'],
    rows,
    notes: [
      'Below 1× ours is better. What the best other does without is in the first table.',
      ...moonshot(outcomes.get('ours'), load),
    ],
  }
}

function rivals(value: number, figure: keyof Figures, { outcomes }: Measured): (number | string)[] {
  const others = [...outcomes].flatMap(([name, outcome]) =>
    !isOurs(name) && 'figures' in outcome ? [{ name, value: outcome.figures[figure] }] : [],
  )
  const [best] = others.sort((left, right) => left.value - right.value)
  return best === undefined ? ['–', '–', '–'] : [best.value, best.name, `${(value / best.value).toFixed(2)}×`]
}

function moonshot(outcome: Outcome | undefined, { many }: Load): string[] {
  if (outcome === undefined || 'failure' in outcome || many !== gatedOperations) return []
  return [`Moonshot, 10,000 operations of ours, within 2 s: ${outcome.figures.many <= 2 ? 'reached' : 'not yet'}.`]
}
