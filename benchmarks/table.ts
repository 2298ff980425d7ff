/** A condition that a figure must meet. It is the figure of a design page, never one fitted to what came out. */
export interface Gate {
  /** `≤ 12 µs`. */
  readonly text: string
  readonly met: boolean
}

export interface Row {
  readonly label: string
  /** In the order of the table's columns. */
  readonly values: readonly (number | string)[]
  readonly gate?: Gate
}

export interface Table {
  readonly title: string
  /** Units included: `CPU µs/request`. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** What was compared, with which settings; a missed gate's reason. */
  readonly notes?: readonly string[]
}

export interface BenchOptions {
  /** A first look: fewer and shorter runs. */
  readonly quick: boolean
  /** Cases to measure, for subjects that have many. @default all */
  readonly only?: readonly string[] | undefined
  /** Libraries to measure, for subjects that compare some. @default all */
  readonly libraries?: readonly string[] | undefined
  /** How often, for subjects that take medians of separate runs. */
  readonly repetitions?: number | undefined
}

export type Subject<Options = BenchOptions> = (options: Options) => Promise<readonly Table[]>

export function atMost(value: number, most: number, unit = ''): Gate {
  return { text: `≤ ${most}${unit}`, met: value <= most }
}

export function atLeast(value: number, least: number, unit = ''): Gate {
  return { text: `≥ ${least}${unit}`, met: value >= least }
}

export function within(value: number, centre: number, tolerance: number, unit = ''): Gate {
  return { text: `${centre} ± ${tolerance}${unit}`, met: Math.abs(value - centre) <= tolerance }
}

export function between(value: number, least: number, most: number, unit = ''): Gate {
  return { text: `${least} … ${most}${unit}`, met: least <= value && value <= most }
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

export function gates(tables: readonly Table[]): { readonly met: number; readonly missed: number } {
  const all = tables.flatMap(({ rows }) => rows.flatMap(({ gate }) => (gate === undefined ? [] : [gate])))
  const met = all.filter((gate) => gate.met).length
  return { met, missed: all.length - met }
}

/** Markdown, aligned so that it reads well in a terminal too. */
export function render({ title, columns, rows, notes = [] }: Table): string {
  const cells = [
    ['', ...columns, 'gate'],
    ...rows.map(({ label, values, gate }) => [label, ...values.map(format), gateText(gate)]),
  ]
  const widths = cells[0]?.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = cells.map(
    (row) => `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [`## ${title}`, '', lines[0], rule, ...lines.slice(1), '', ...notes.map((note) => `- ${note}`)].join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function gateText(gate: Gate | undefined): string {
  if (gate === undefined) return ''
  return `${gate.text} ${gate.met ? 'met' : 'MISSED'}`
}

function format(value: number | string): string {
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
