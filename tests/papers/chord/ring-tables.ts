import { atMost, within, type Gate, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { dear, type Extent } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { added, meanOf, percentileOf, sizeOf, type Counts } from './counts.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from './figures.ts'
import { experiment as load, type LoadOutcome, type LoadTrial } from './load.ts'
import { experiment as pathLength, type PathLengthOutcome } from './path-length.ts'

/** As many seeds as are done in about two minutes on two cores. */
const usualSeeds = { virtualNodes: 4 }

export const subject: Subject<Extent> = async (extent) => [
  ...(await pathTables(extent)),
  await loadTable(extent),
  await virtualNodesTable(dear(extent, usualSeeds.virtualNodes)),
]

/** The paper's percentiles, where they can be read off its figure. */
const percentiles: Readonly<Record<number, { readonly p1: number; readonly p99: number }>> = {
  12: { p1: 2, p99: 10 },
  14: { p1: 3, p99: 11 },
}
/** From where on the formula is one of large rings. */
const largeRing = 10

async function pathTables(extent: Extent): Promise<Table[]> {
  const exponents = extent.quick ? [3, 6, 10, 12] : [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
  const settings = exponents.map((exponent) => ({ size: 2 ** exponent, options: { successors: 1 }, lookups: 10_000 }))
  const outcomes = perSetting(extent, await extent.laboratory.run(pathLength, bySeed(extent, settings)))
  const rows = exponents.flatMap((exponent, index) => pathRows(exponent, outcomes[index] ?? []))
  return [
    {
      title: 'SIGCOMM 2001, Figure 10a: path length, in peers asked up to and including the predecessor of the key',
      columns,
      rows,
      notes: [
        '10,000 lookups of random peers for random keys on a settled ring; base 2, and successor lists of one: only these give the ½·log2 N − 0.14 of the design, which is routing by fingers alone. Lists of two, the shortest that the options allow, take .08 off it, and lists of eight .55 (2^12 peers).',
        'The column _paper_ has the design’s formula, and for percentiles what can be read off the paper’s figure.',
        seedsOf(extent),
      ],
    },
    distributionTable(extent, outcomes[exponents.indexOf(12)] ?? []),
  ]
}

function pathRows(exponent: number, outcomes: readonly PathLengthOutcome[]): Row[] {
  const formula = exponent / 2 - 0.14
  const hops = outcomes.map((outcome) => meanOf(outcome.hops))
  const all = added(outcomes.map((outcome) => outcome.hops))
  const gate = exponent < largeRing ? undefined : within(meanOf(all), Number(formula.toFixed(2)), 0.05)
  const known = percentiles[exponent]
  const percentileRow = (share: number, paper: number | undefined): Row => {
    const own = percentileOf(all, share)
    return figure(
      `2^${exponent} peers: percentile ${100 * share}`,
      paper === undefined ? '' : String(paper),
      outcomes.map((outcome) => percentileOf(outcome.hops, share)),
      0,
      paper === undefined ? undefined : within(own, paper, 1),
    )
  }
  return [
    figure(`2^${exponent} peers`, formula.toFixed(2), hops, 3, gate),
    percentileRow(0.01, known?.p1),
    percentileRow(0.99, known?.p99),
  ]
}

/** P(1 … 10 hops) at 2^12 peers, read off the figure. */
const figure10b = [0, 0.004, 0.018, 0.058, 0.13, 0.21, 0.225, 0.195, 0.11, 0.04, 0.01]

function distributionTable(extent: Extent, outcomes: readonly PathLengthOutcome[]): Table {
  const shares = (counts: Counts): number[] => counts.map((count) => count / sizeOf(counts))
  const all = shares(added(outcomes.map(({ hops }) => hops)))
  const single = outcomes.map(({ hops }) => shares(hops))
  const rows = Array.from({ length: Math.max(figure10b.length, all.length) }, (_, hops) =>
    figure(
      `${hops} ${hops === 1 ? 'hop' : 'hops'}`,
      (figure10b[hops] ?? 0).toFixed(3),
      single.map((counts) => counts[hops] ?? 0),
      4,
    ),
  )
  return {
    title: 'SIGCOMM 2001, Figure 10b: distribution of the path length, 2^12 peers',
    columns,
    rows: [
      ...rows,
      figure(
        'total variation',
        '',
        single.map((counts) => variation(counts)),
        4,
        atMost(variation(all), 0.03),
      ),
    ],
    notes: ['The same lookups as above. The gate holds for all seeds together.', seedsOf(extent)],
  }
}

function variation(shares: readonly number[]): number {
  const length = Math.max(shares.length, figure10b.length)
  const differences = Array.from({ length }, (_, hops) => Math.abs((shares[hops] ?? 0) - (figure10b[hops] ?? 0)))
  return differences.reduce((sum, difference) => sum + difference, 0) / 2
}

const peers = 10_000

async function loadTable(extent: Extent): Promise<Table> {
  const all = Array.from({ length: 10 }, (_, step) => (step + 1) * 100_000)
  const keys = extent.quick ? all.slice(0, 2) : all
  const outcomes = await extent.laboratory.run(load, bySeed(extent, [{ peers, virtualNodes: 1, keys }]))
  const rows = keys.flatMap((count, step): Row[] => {
    const of = (which: keyof LoadOutcome): number[] => outcomes.map((outcome) => outcome[which][step] ?? Number.NaN)
    const label = `${count.toLocaleString('en')} keys`
    return [
      figure(`${label}: percentile 1`, '0', of('p1'), 3),
      figure(`${label}: percentile 99`, '4.6', of('p99'), 2, within(mean(of('p99')), 4.6, 0.2)),
      figure(`${label}: most`, count === 500_000 ? '9.1' : '', of('most'), 2),
    ]
  })
  return {
    title: `SIGCOMM 2001, Figure 8: keys that a peer holds, as multiples of the mean, ${peers.toLocaleString('en')} peers`,
    columns,
    rows,
    notes: [
      'Read off the ring: who is responsible for each of so many random keys. The paper’s numbers of keys, 10^5 to 10^6.',
      'Points are SHA-256 of the names of peers, keys are random.',
      'A peer holds whole keys: with 10 on average the 99th percentile of such a distribution (geometric) is 48, and 4.8 times the mean; that is why the first row is missed. With more keys it comes to ln 100 = 4.6.',
      seedsOf(extent),
    ],
  }
}

async function virtualNodesTable(extent: Extent): Promise<Table> {
  const keys = [1_000_000]
  const settings = (extent.quick ? [1, 20] : [1, 2, 5, 10, 20]).map((virtualNodes): Omit<LoadTrial, 'seed'> => ({
    peers,
    virtualNodes,
    keys,
  }))
  const outcomes = perSetting(extent, await extent.laboratory.run(load, bySeed(extent, settings)))
  const rows = settings.flatMap(({ virtualNodes }, index): Row[] => {
    const of = (which: keyof LoadOutcome): number[] =>
      (outcomes[index] ?? []).map((outcome) => outcome[which][0] ?? Number.NaN)
    const label = virtualNodes === 1 ? '1 place each' : `${virtualNodes} virtual nodes each`
    const gate = (which: 'p1' | 'p99', centre: number, tolerance: number): Gate | undefined =>
      virtualNodes === 20 ? within(mean(of(which)), centre, tolerance) : undefined
    return [
      figure(`${label}: percentile 1`, virtualNodes === 20 ? '0.5' : '', of('p1'), 3, gate('p1', 0.5, 0.05)),
      figure(`${label}: percentile 99`, virtualNodes === 20 ? '1.6' : '', of('p99'), 2, gate('p99', 1.6, 0.1)),
    ]
  })
  return {
    title: 'SIGCOMM 2001, Figure 9: the same with virtual nodes',
    columns,
    rows,
    notes: [`${keys[0]?.toLocaleString('en')} keys on ${peers.toLocaleString('en')} peers.`, seedsOf(extent)],
  }
}
