import { atMost, between, within, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import { combinations, type Extent } from '../experiment.ts'
import { percent, percentile, plain, seconds, spread, total } from '../statistics.ts'
import { configurations, type Configuration } from './configurations.ts'
import { intervalGrid, intervalSettings, thresholdGrid, thresholdSettings, type Grid } from './grid.ts'
import { experiment as interval, type IntervalOutcome } from './interval.ts'
import { experiment as threshold, type ThresholdOutcome } from './threshold.ts'

const names = Object.keys(configurations) as Configuration[]
const columns = ['paper', 'ours', 'spread']

/** The outcomes of one configuration, by seed. */
type BySeed<Outcome> = readonly (readonly Outcome[])[]
type ByConfiguration<Outcome> = Readonly<Record<Configuration, BySeed<Outcome>>>

export const subject: Subject<Extent> = async (extent) => {
  const grid = intervalGrid(extent)
  const intervals = await measureIntervals(extent, grid)
  const thresholds = await measureThresholds(extent)
  return [
    falsePositiveTable(intervals, grid, extent),
    latencyTable(thresholds, extent),
    loadTable(intervals),
    beyondTable(intervals, thresholds),
  ]
}

/** Every configuration under every setting, with every seed. */
async function measureIntervals(extent: Extent, grid: Grid): Promise<ByConfiguration<IntervalOutcome>> {
  const settings = intervalSettings(grid)
  const trials = combinations(repetitions(extent), settings)
  return arrange(await extent.laboratory.run(interval, trials), settings.length, extent)
}

async function measureThresholds(extent: Extent): Promise<ByConfiguration<ThresholdOutcome>> {
  const settings = thresholdSettings(thresholdGrid(extent))
  const trials = combinations(repetitions(extent), settings)
  return arrange(await extent.laboratory.run(threshold, trials), settings.length, extent)
}

function repetitions({ seeds }: Extent): { readonly options: SwimOptions; readonly seed: number }[] {
  return combinations(
    names.map((name) => ({ options: configurations[name] })),
    seeds.map((seed) => ({ seed })),
  )
}

function arrange<Outcome>(outcomes: readonly Outcome[], perSeed: number, { seeds }: Extent): ByConfiguration<Outcome> {
  const entries = names.map((name, place) => {
    const bySeed = seeds.map((_, seed) => {
      const start = (place * seeds.length + seed) * perSeed
      return outcomes.slice(start, start + perSeed)
    })
    return [name, bySeed] as const
  })
  return Object.fromEntries(entries) as unknown as ByConfiguration<Outcome>
}

type Figure = keyof IntervalOutcome

/** Over the whole grid, for each seed. */
function sums(bySeed: BySeed<IntervalOutcome>, figure: Figure): number[] {
  return bySeed.map((outcomes) => total(outcomes.map((outcome) => outcome[figure])))
}

function share(outcomes: ByConfiguration<IntervalOutcome>, name: Configuration, figure: Figure): number {
  return total(sums(outcomes[name], figure)) / total(sums(outcomes.SWIM, figure))
}

function shares(outcomes: ByConfiguration<IntervalOutcome>, name: Configuration, figure: Figure): number[] {
  const base = sums(outcomes.SWIM, figure)
  return sums(outcomes[name], figure).map((sum, seed) => sum / (base[seed] ?? Number.NaN))
}

function countRow(
  outcomes: ByConfiguration<IntervalOutcome>,
  name: Configuration,
  figure: Figure,
  [label, paper]: readonly [string, string],
): Row {
  const counts = sums(outcomes[name], figure)
  return { label, values: [paper, plain(total(counts)), spread(counts)] }
}

function shareRow(
  outcomes: ByConfiguration<IntervalOutcome>,
  name: Configuration,
  figure: Figure,
  [label, paper]: readonly [string, string],
): Row {
  const values = [paper, percent(share(outcomes, name, figure)), spread(shares(outcomes, name, figure), percent)]
  return { label, values }
}

function falsePositiveTable(outcomes: ByConfiguration<IntervalOutcome>, grid: Grid, extent: Extent): Table {
  const partial = (['LHA-Probe', 'LHA-Suspicion', 'Buddy System'] as const).flatMap((name) => [
    shareRow(outcomes, name, 'falsePositives', [`${name}: FP of SWIM's`, '']),
    shareRow(outcomes, name, 'atHealthy', [`${name}: FP− of SWIM's`, '']),
  ])
  const gated = (figure: Figure, label: string, paper: string): Row => ({
    ...shareRow(outcomes, 'Lifeguard', figure, [label, paper]),
    gate: atMost(100 * share(outcomes, 'Lifeguard', figure), 2, ' %'),
  })
  return {
    title: 'Lifeguard, Table IV: false positives, 128 members',
    columns,
    rows: [
      countRow(outcomes, 'SWIM', 'falsePositives', ['SWIM: FP', '339,002']),
      countRow(outcomes, 'SWIM', 'atHealthy', ['SWIM: FP−', '1,326']),
      ...partial,
      countRow(outcomes, 'Lifeguard', 'falsePositives', ['Lifeguard: FP', '5,193']),
      countRow(outcomes, 'Lifeguard', 'atHealthy', ['Lifeguard: FP−', '25']),
      gated('falsePositives', "Lifeguard: FP of SWIM's", '1.53 %'),
      gated('atHealthy', "Lifeguard: FP− of SWIM's", '1.89 %'),
    ],
    notes: [
      'FP: events at any member that a member failed which was well; FP−: those at members which were well themselves.',
      `Interval experiment: C members blocked for D ms, free for I ms, for 120 s, after 15 s of quiet; C ∈ {${grid.anomalies.join(', ')}}, D ∈ {${grid.durations.join(', ')}}, I ∈ {${grid.intervals.join(', ')}}, ${extent.seeds.length} seeds. The paper's totals are over its whole grid (\`--grid full\`), so only the shares compare with this one.`,
      'Settings: memberlist’s defaults for a local network (probe 1 s, time-out 500 ms, 3 indirect; gossip to 3 every 200 ms; push/pull 30 s), α = 5, β = 6, K = 3, S = 8; SWIM is the same with Lifeguard’s parts off.',
      'Read in the paper: the results, the settings, the kind of anomaly. From memory: the values of C, D and I, the 120 s and the 15 s. Neither: the network, here with a round trip of 0.1 ms, about which the share of FP− in FP comes out like the paper’s.',
    ],
  }
}

const latencies = [
  { label: 'first detection, median', figure: 'firstDetection', share: 0.5, paper: ['12.44 s', '12.45 s'] },
  { label: 'first detection, 99 %', figure: 'firstDetection', share: 0.99, paper: ['', ''] },
  { label: 'first detection, 99.9 %', figure: 'firstDetection', share: 0.999, paper: ['19.40 s', '21.20 s'] },
  { label: 'full dissemination, median', figure: 'fullDissemination', share: 0.5, paper: ['', ''] },
  { label: 'full dissemination, 99 %', figure: 'fullDissemination', share: 0.99, paper: ['', ''] },
] as const

function latencyAt(bySeed: BySeed<ThresholdOutcome>, figure: keyof ThresholdOutcome, share: number): number {
  return percentile(
    bySeed.flat().flatMap((outcome) => outcome[figure]),
    share,
  )
}

function latencyRow(
  bySeed: BySeed<ThresholdOutcome>,
  { label, figure, share, paper }: { label: string; figure: keyof ThresholdOutcome; share: number; paper: string },
): Row {
  const each = bySeed.map((outcomes) => latencyAt([outcomes], figure, share))
  return { label, values: [paper, seconds(latencyAt(bySeed, figure, share)), spread(each, seconds)] }
}

function latencyTable(outcomes: ByConfiguration<ThresholdOutcome>, extent: Extent): Table {
  const rows = (['SWIM', 'Lifeguard'] as const).flatMap((name, place) =>
    latencies.map(({ label, figure, share, paper }): Row => {
      const row = latencyRow(outcomes[name], { label: `${name}: ${label}`, figure, share, paper: paper[place] ?? '' })
      if (label !== 'first detection, median') return row
      return { ...row, gate: within(latencyAt(outcomes[name], figure, share) / 1000, 12.4, 0.5, ' s') }
    }),
  )
  const { anomalies, durations } = thresholdGrid(extent)
  const thresholdCount = outcomes.SWIM.flat().flatMap(({ firstDetection }) => firstDetection).length
  return {
    title: 'Lifeguard, Table V: latency of detection and dissemination',
    columns,
    rows,
    notes: [
      `Threshold experiment: C members blocked once, for D ms; C ∈ {${anomalies.join(', ')}}, D ∈ {${durations.join(', ')}}: shorter blocks end before α·log10(128) = 10.5 periods are over. ${thresholdCount} detections for each configuration: 99.9 % rests on the slowest thousandth of them. From the start of the block to the first, and the last, member that was well and knew of the failure.`,
      'α = 5 is what the medians tell: 10.5 s of suspicion and somewhat less than two periods until the first of them.',
    ],
  }
}

function loadTable(outcomes: ByConfiguration<IntervalOutcome>): Table {
  const messages = share(outcomes, 'Lifeguard', 'messages')
  return {
    title: 'Lifeguard, Table VI: message load',
    columns,
    rows: [
      countRow(outcomes, 'SWIM', 'messages', ['SWIM: messages', '']),
      countRow(outcomes, 'SWIM', 'bytes', ['SWIM: bytes', '']),
      ...(['LHA-Probe', 'LHA-Suspicion', 'Buddy System'] as const).flatMap((name) => [
        shareRow(outcomes, name, 'messages', [`${name}: messages of SWIM's`, '']),
        shareRow(outcomes, name, 'bytes', [`${name}: bytes of SWIM's`, '']),
      ]),
      {
        ...shareRow(outcomes, 'Lifeguard', 'messages', ["Lifeguard: messages of SWIM's", '110.6 %']),
        gate: between(100 * messages, 105, 115, ' %'),
      },
      shareRow(outcomes, 'Lifeguard', 'bytes', ["Lifeguard: bytes of SWIM's", '98 %']),
    ],
    notes: [
      'Of the interval experiment, sent by all members from the first anomaly on. Bytes are those of our encoding.',
      'What goes beyond Lifeguard is off in these configurations (`witnesses`, `withdrawalDelay`). With its habit of not probing suspects whom all have accused, Lifeguard sent 101.4 % of SWIM’s messages and 87 % of its bytes. Lists are only exchanged where digests differ.',
    ],
  }
}

function beyondTable(
  intervals: ByConfiguration<IntervalOutcome>,
  thresholds: ByConfiguration<ThresholdOutcome>,
): Table {
  const falsePositives = share(intervals, 'Peerloom', 'falsePositives')
  const slowest = latencyAt(thresholds.Peerloom, 'firstDetection', 0.999)
  return {
    title: 'Beyond Lifeguard: the defaults (α = 4)',
    columns,
    rows: [
      countRow(intervals, 'Peerloom', 'falsePositives', ['FP', '5,193']),
      countRow(intervals, 'Peerloom', 'atHealthy', ['FP−', '25']),
      {
        ...shareRow(intervals, 'Peerloom', 'falsePositives', ["FP of SWIM's", '1.53 %']),
        gate: atMost(100 * falsePositives, 0.5, ' %'),
      },
      shareRow(intervals, 'Peerloom', 'atHealthy', ["FP− of SWIM's", '1.89 %']),
      latencyRow(thresholds.Peerloom, {
        label: 'first detection, median',
        figure: 'firstDetection',
        share: 0.5,
        paper: '12.45 s',
      }),
      {
        ...latencyRow(thresholds.Peerloom, {
          label: 'first detection, 99.9 %',
          figure: 'firstDetection',
          share: 0.999,
          paper: '21.20 s',
        }),
        gate: atMost(slowest / 1000, 19.4, ' s'),
      },
      shareRow(intervals, 'Peerloom', 'messages', ["messages of SWIM's", '110.6 %']),
      {
        ...shareRow(intervals, 'Peerloom', 'bytes', ["bytes of SWIM's", '98 %']),
        gate: atMost(100 * share(intervals, 'Peerloom', 'bytes'), 100, ' %'),
      },
    ],
    notes: [
      'The paper’s figures are Lifeguard’s, with α = 5. So are the shares: of SWIM with α = 5.',
      'With α = 5 the defaults have as few false positives; 99.9 % of the first detections then take 19.4 to 20.8 s, depending on the seeds.',
    ],
  }
}
