import { atMost, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { dear, type Extent } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { meanOf } from './counts.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from './figures.ts'
import { experiment as lookupLatency, type LatencyOutcome, type LatencyTrial } from './lookup-latency.ts'
import { experiment as suddenFailure, type LookupFigures } from './sudden-failure.ts'
import { experiment as pathLength, type PathLengthOutcome } from './path-length.ts'

/** As many seeds as are done in about four minutes on two cores. */
const usualSeeds = { large: 1, latency: 2, parallelism: 3 }

export const subject: Subject<Extent> = async (extent) => [
  await largeRingTable(dear(extent, usualSeeds.large)),
  await latencyTable(dear(extent, usualSeeds.latency)),
  await parallelismTable(dear(extent, usualSeeds.parallelism)),
]

/** Bases and lists with which a peer knows at most so many others. */
const tables = [
  { options: { fingerBase: 8, successors: 22 }, entries: 51, ownerHops: 5.4 },
  { options: { fingerBase: 16, successors: 33 }, entries: 78, ownerHops: 3.8 },
]

async function largeRingTable(extent: Extent): Promise<Table> {
  const size = extent.quick ? 10_000 : 100_000
  const settings = tables.flatMap(({ options }) =>
    [true, false].map((listAnswers) => ({ size, options, lookups: 20_000, listAnswers })),
  )
  const outcomes = perSetting(extent, await extent.laboratory.run(pathLength, bySeed(extent, settings)))
  const rows = tables.flatMap(({ options, entries, ownerHops }, index): Row[] => {
    const [fromLists = [], firstHand = []] = outcomes.slice(2 * index)
    const of = (read: (outcome: PathLengthOutcome) => number): number[] => fromLists.map(read)
    const label = `base ${options.fingerBase}, lists of ${options.successors}`
    const known = of((outcome) => outcome.entries)
    const hops = of((outcome) => meanOf(outcome.hops) + 1)
    const line = (name: string, bySeed: readonly number[], digits = 2): Row =>
      figure(`${label}: ${name}`, '', bySeed, digits)
    // The design's figures are those of 100,000 peers.
    const gated = (row: Row, most: number, value: number): Row =>
      extent.quick ? row : { ...row, gate: atMost(value, most) }
    return [
      gated(line('peers known', known, 1), entries, mean(known)),
      gated(line('owner hops', hops), ownerHops, mean(hops)),
      line(
        'owner hops where the predecessor itself must answer',
        firstHand.map((outcome) => meanOf(outcome.hops) + 1),
      ),
      line(
        'lookups that named another',
        of(({ wrong }) => wrong),
        0,
      ),
    ]
  })
  return {
    title: `Beyond the papers: owner hops (peers asked up to and including the owner) among ${size.toLocaleString('en')}`,
    columns,
    rows,
    notes: [
      '_Peers known_ are all that a peer routes by: fingers and successors, each counted once; its predecessor it knows besides.',
      'With `listAnswers` (off by default) whoever has the owner in its list names it, one peer sooner for nearly every lookup; such an answer is as old as that list. Reads and writes of the DHT go that way, and have the owner confirm it. Base and length are those that ask the fewest within the limits of peers known.',
      seedsOf(extent),
    ],
  }
}

const best = { routing: 'recursive', fingerBase: 16, successors: 16, candidates: 16 } as const
const wires: readonly (Pick<LatencyTrial, 'candidates'> & {
  readonly routing: 'iterative' | 'recursive'
  readonly fingerBase: number
  readonly successors: number
})[] = [
  { routing: 'iterative', fingerBase: 2, successors: 8, candidates: 1 },
  { routing: 'iterative', fingerBase: 2, successors: 8, candidates: 4 },
  { routing: 'iterative', fingerBase: 16, successors: 16, candidates: 16 },
  { routing: 'recursive', fingerBase: 2, successors: 8, candidates: 1 },
  { routing: 'recursive', fingerBase: 2, successors: 8, candidates: 4 },
  { routing: 'recursive', fingerBase: 2, successors: 8, candidates: 16 },
  { routing: 'recursive', fingerBase: 4, successors: 16, candidates: 16 },
  best,
]

async function latencyTable(extent: Extent): Promise<Table> {
  const size = extent.quick ? 1000 : 10_000
  const chosen = extent.quick ? [...wires.slice(1, 3), best] : wires
  const settings = chosen.map(({ candidates, ...options }) => ({ size, candidates, options, lookups: 10_000 }))
  const outcomes = perSetting(extent, await extent.laboratory.run(lookupLatency, bySeed(extent, settings)))
  const rows = chosen.map((setting, index): Row => {
    const { routing, fingerBase, successors, candidates } = setting
    const own = outcomes[index] ?? []
    const of = (read: (outcome: LatencyOutcome) => number): number => mean(own.map(read))
    const ratios = own.map(({ lookup, direct }) => lookup / direct)
    const row = figure(
      `${routing}, base ${fingerBase}, lists of ${successors}, best of ${candidates}`,
      '',
      ratios,
      2,
      setting === best ? atMost(mean(ratios), 1.5) : undefined,
    )
    const details = [of(({ lookup }) => lookup), of(({ direct }) => direct), of(({ hops }) => hops)]
    return { ...row, values: [...row.values, ...details.map((value) => value.toFixed(1)), of(({ wrong }) => wrong)] }
  })
  return {
    title: `Beyond the papers: the time of a lookup as a multiple of the direct round trip, ${size.toLocaleString('en')} peers in 24 cities`,
    columns: [...columns, 'lookup ms', 'round trip ms', 'hops', 'named another'],
    rows,
    notes: [
      'Compared are the mean time from the question until the asker knows the owner, and the mean round trip between the asker and that owner on the same wires: what it would have taken to ask the owner, had it been known. Nothing is fetched from the owner in either.',
      'Wires are `cityLatency`: measured round trips between 24 regions of a cloud, each message straying by up to a tenth; peers are spread evenly. _Best of 4_: each finger is the nearest by its round trip among the first four nodes of its arc, as `proximityCandidates` chooses; the defaults of overlays/chord are the second line.',
      'Nobody fails here. An answer that claims more of the ring than is plausible is doubted, and others are asked: a recursive lookup then begins again as an iterative one. All figures contain that.',
      seedsOf(extent),
    ],
  }
}

async function parallelismTable(extent: Extent): Promise<Table> {
  const cases = [0, 0.2, 0.5].flatMap((failed) => [1, 2, 3].map((parallelism) => ({ failed, parallelism })))
  const settings = cases.map(({ failed, parallelism }) => {
    return { size: 1000, failed, options: { successors: 20, parallelism }, lookups: 5000, mends: false }
  })
  const outcomes = perSetting(extent, await extent.laboratory.run(suddenFailure, bySeed(extent, settings)))
  const rows = cases.map(({ failed, parallelism }, index): Row => {
    const own = (outcomes[index] ?? []).map(({ before }) => before)
    const of = (read: (figures: LookupFigures) => number): number => mean(own.map(read))
    const values = [of(({ took }) => took).toFixed(0), of(({ asked }) => meanOf(asked)).toFixed(2)]
    return { label: `${Math.round(100 * failed)} % dead, α = ${parallelism}`, values }
  })
  return {
    title: 'Beyond the papers: `parallelism`, the α of Kademlia’s authors, among 1,000 peers',
    columns: ['ms', 'peers asked'],
    rows,
    notes: [
      'Means of a lookup. A round trip takes 100 ms on average, a peer is held for dead after 500; lists of 20, nobody has stabilised since the failure.',
      seedsOf(extent),
    ],
  }
}
