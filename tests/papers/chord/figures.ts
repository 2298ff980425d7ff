import type { Gate, Row } from '../../../benchmarks/table.ts'
import { combinations, type Extent } from '../experiment.ts'
import { mean, spread } from '../statistics.ts'

export const columns = ['paper', 'ours', 'spread']

/** A line of a table. @param bySeed the figure of each seed */
export function figure(label: string, paper: string, bySeed: readonly number[], digits: number, gate?: Gate): Row {
  const format = (value: number): string => value.toFixed(digits)
  const row: Row = { label, values: [paper, format(mean(bySeed)), spread(bySeed, format)] }
  return gate === undefined ? row : { ...row, gate }
}

/** Each setting with each seed. */
export function bySeed<Settings>(
  { seeds }: Extent,
  settings: readonly Settings[],
): (Settings & { readonly seed: number })[] {
  return combinations(
    settings,
    seeds.map((seed) => ({ seed })),
  )
}

/** The outcomes of `bySeed`'s trials, setting by setting. */
export function perSetting<Outcome>({ seeds }: Extent, outcomes: readonly Outcome[]): Outcome[][] {
  const { length } = seeds
  return Array.from({ length: outcomes.length / length }, (_, index) => outcomes.slice(index * length).slice(0, length))
}

export function seedsOf({ seeds }: Extent): string {
  const why = seeds.length < 10 ? ' (fewer than ten, since each takes minutes)' : ''
  return `Seeds: ${seeds.length}${why}; more with \`--seeds\`.`
}
