import { atMost, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { swimPresets } from '../../../overlays/swim/index.ts'
import { combinations, type Extent } from '../experiment.ts'
import { mean, plain, seconds, spread } from '../statistics.ts'
import { experiment, type OneWayLossOutcome, type OneWayLossTrial } from './one-way-loss.ts'

const directions = ['received', 'sent'] as const

/** Deviation: Rapid's authors ran minutes of it on machines; five of them are enough to see whether a view settles. */
const duration = 300_000

export const subject: Subject<Extent> = async (extent) => {
  const base = { options: swimPresets.lan, size: 1000, faulty: 0.01, loss: 0.8 }
  const tables: Table[] = []
  for (const direction of directions) {
    const settings = { ...base, direction, duration: extent.quick ? 120_000 : duration }
    const trials: OneWayLossTrial[] = combinations(
      [settings],
      extent.seeds.map((seed) => ({ seed })),
    )
    tables.push(table(settings, await extent.laboratory.run(experiment, trials)))
  }
  return tables
}

function table(
  { direction, size, faulty, duration, loss }: Omit<OneWayLossTrial, 'seed'>,
  outcomes: readonly OneWayLossOutcome[],
): Table {
  const faultyCount = Math.round(size * faulty)
  const row = (label: string, paper: string, figure: keyof OneWayLossOutcome, format = plain): Row => {
    const figures = outcomes.map((outcome) => outcome[figure])
    return { label, values: [paper, format(mean(figures)), spread(figures, format)] }
  }
  const most = (figure: keyof OneWayLossOutcome): number => Math.max(...outcomes.map((outcome) => outcome[figure]))
  const least = (figure: keyof OneWayLossOutcome): number => Math.min(...outcomes.map((outcome) => outcome[figure]))
  const allRemoved = least('removed') === faultyCount
  return {
    title: `Rapid (ATC'18): ${faultyCount} of ${size} members lose ${100 * loss} % of what ${direction === 'sent' ? 'they send' : 'is sent to them'}`,
    columns: ['paper: Rapid', 'ours', 'spread'],
    rows: [
      {
        ...row('faulty members gone in the end, everywhere', plain(faultyCount), 'removed'),
        gate: { text: `all ${faultyCount}`, met: allRemoved },
      },
      { ...row('healthy members ever taken for gone', '0', 'wronglyRemoved'), gate: atMost(most('wronglyRemoved'), 0) },
      row('healthy members who are wrong in the end', '0', 'wrongInTheEnd'),
      { ...row('views of healthy members', '', 'views'), gate: atMost(most('views'), 4) },
      row('views of all members', '', 'viewsOfAll'),
      row('last change of a healthy member’s view after', '', 'settled', seconds),
    ],
    notes: [
      `A view is a set of members not taken for gone, looked at once a second at every member for ${duration / 60_000} minutes. What a member believes that has been removed is no view of the group, so the gate counts those of healthy ones. The worst seed counts.`,
      'memberlist and ZooKeeper never settle in the paper; Rapid removes exactly the faulty members.',
    ],
  }
}
