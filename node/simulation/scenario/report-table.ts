import type { Figures } from './overlay.ts'
import { durationInWords } from './quantities.ts'
import type { ScenarioReport } from './report.ts'

type Row = readonly string[]

/** The report for people: sections of aligned columns, within 80 where names allow it. */
export function reportTable(report: ScenarioReport): string {
  const { peers, finding } = report
  const ended = { passed: 'passed', failed: 'FAILED', interrupted: 'interrupted' }[report.outcome]
  const head: Row[] = [
    ['scenario', `${report.scenario}, seed ${report.seed}: ${ended}`],
    ['time', `${durationInWords(report.virtualTime)} of ${durationInWords(report.duration)}, virtual`],
    [
      'peers',
      `${count(peers.added)}, of which ${count(peers.running)} run, ${count(peers.crashed)} crashed, ${count(peers.stopped)} stopped`,
    ],
    ['events', count(report.events)],
    ['trace hash', report.traceHash],
  ]
  const traffic: Row[] = report.traffic.map(
    ({ protocol, messages, bytes, messagesPerPeerSecond, bytesPerPeerSecond }) => [
      protocol,
      count(messages),
      count(bytes),
      count(messagesPerPeerSecond),
      count(bytesPerPeerSecond),
    ],
  )
  const sections = [
    aligned(head),
    section(['SENT', 'MESSAGES', 'BYTES', 'MESSAGES/PEER/S', 'BYTES/PEER/S'], traffic),
    section(
      ['DROPPED', 'MESSAGES'],
      Object.entries(report.counters).map(([reason, times]) => [reason, count(times)]),
    ),
    section(['EMITTED', 'TYPE', 'TIMES'], emitted(report)),
    ...Object.entries(report.measurements).map(([name, figures]) => measured(name, figures)),
    ...(finding === undefined
      ? []
      : [`FOUND  ${finding.checker}, after ${durationInWords(finding.time)}\n${finding.finding}`]),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

function emitted({ emitted }: ScenarioReport): Row[] {
  return Object.entries(emitted).flatMap(([overlay, types]) =>
    Object.entries(types).map(([type, times], index) => [index === 0 ? overlay : '', type, count(times)]),
  )
}

/** Plain figures a line each; those that have the same parts in one table. */
function measured(name: string, figures: Figures): string {
  const plain: Row[] = []
  const tables = new Map<string, Row[]>()
  for (const [key, value] of Object.entries(figures)) {
    if (typeof value !== 'object' || value === null) {
      plain.push([spaced(key), cell(value)])
      continue
    }
    // What never happened has no figures.
    if (Object.values(value).every((part) => part === null || part === 0)) continue
    const parts = Object.keys(value)
    const rows = tables.get(parts.join()) ?? [['', ...parts.map(spaced)]]
    tables.set(parts.join(), [...rows, [spaced(key), ...Object.values(value).map(cell)]])
  }
  return [
    spaced(name).toUpperCase(),
    ...(plain.length === 0 ? [] : [aligned(plain)]),
    ...[...tables.values()].map(aligned),
  ].join('\n')
}

/** `falsePositives` is `false positives`. */
function spaced(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function cell(value: Figures[string]): string {
  if (value === null) return '–'
  if (typeof value === 'number') return count(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function section(head: Row, rows: readonly Row[]): string {
  return rows.length === 0 ? '' : aligned([head, ...rows])
}

/** Columns two spaces apart, those of numbers to the right. */
function aligned(rows: readonly Row[]): string {
  const body = rows.length > 1 ? rows.slice(1) : rows
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  const isNumeric = widths.map((_, at) => at > 0 && body.every((row) => /^[\d,.–]*$/.test(row[at] ?? '')))
  const pad = (cell: string, at: number): string =>
    isNumeric[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

/** `1,234,567`, `0.25`. */
function count(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
