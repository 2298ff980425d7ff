import { atMost, between, within, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { dear, type Extent } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { experiment as constantChurn, type ConstantChurnOutcome } from './constant-churn.ts'
import { meanOf } from './counts.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from './figures.ts'
import { experiment as suddenFailure, type LookupFigures } from './sudden-failure.ts'

/** As many seeds as are done in about ten minutes on two cores. */
const usualSeeds = { suddenFailure: 5, constantChurn: 2 }

export const subject: Subject<Extent> = async (extent) => [
  await lostKeysTable(dear(extent, usualSeeds.suddenFailure)),
  await timeoutsTable(extent),
  await constantChurnTable(dear(extent, usualSeeds.constantChurn)),
]

async function lostKeysTable(extent: Extent): Promise<Table> {
  const size = extent.quick ? 1000 : 10_000
  const shares = extent.quick ? [0.1, 0.2] : [0.05, 0.1, 0.15, 0.2]
  const settings = shares.map((failed) => {
    return { size, failed, options: { successors: 20 }, lookups: extent.quick ? 4000 : 10_000, mends: true }
  })
  const outcomes = perSetting(extent, await extent.laboratory.run(suddenFailure, bySeed(extent, settings)))
  const rows = shares.flatMap((share, index): Row[] => {
    const own = outcomes[index] ?? []
    const before = own.map((outcome) => outcome.before)
    const after = own.flatMap((outcome) => outcome.after ?? [])
    const label = `${Math.round(100 * share)} % fail`
    const lines = (when: string, figures: readonly LookupFigures[]): Row[] => {
      const failed = figures.map((figures) => figures.failed)
      const beyond = figures.map((figures) => figures.beyond)
      return [
        figure(`${label}, ${when}`, share.toFixed(2), failed, 4, within(mean(failed), share, 0.01)),
        figure(`${label}, ${when}: beyond the lost keys`, '0', beyond, 0, atMost(Math.max(...beyond), 0)),
      ]
    }
    return [...lines('before stabilisation', before), ...lines('after', after)]
  })
  return {
    title: `SIGCOMM 2001, Figure 11: lookups that fail after a share of ${size.toLocaleString('en')} peers has failed at once`,
    columns,
    rows,
    notes: [
      'As in the paper a key is with its owner alone: a lookup fails if it does not name the peer that was the owner before the failure, or if that one is dead. _Beyond the lost keys_ are those whose owner lives: not one may fail.',
      'The paper waits until the ring has stabilised; the rows _before_ are measured at the moment of the failure, with every list and finger as it was.',
      `${settings[0]?.lookups.toLocaleString('en')} lookups of random living peers each time, where the paper looks for all of 10^6 keys; successor lists of 20 (ToN 2003, §V-D; this paper does not say); 500 ms until a peer is held for dead.`,
      seedsOf(extent),
    ],
  }
}

const table2 = [
  { failed: 0, path: '3.84', timeouts: '0' },
  { failed: 0.1, path: '4.03', timeouts: '' },
  { failed: 0.2, path: '4.22', timeouts: '' },
  { failed: 0.3, path: '4.44', timeouts: '' },
  { failed: 0.4, path: '4.69', timeouts: '' },
  { failed: 0.5, path: '5.09', timeouts: '5.10' },
]

async function timeoutsTable(extent: Extent): Promise<Table> {
  const memories = [true, false]
  const settings = table2.flatMap(({ failed }) =>
    memories.map((deadMemory) => {
      return { size: 1000, failed, options: { successors: 20, deadMemory }, lookups: 10_000, mends: false }
    }),
  )
  const outcomes = perSetting(extent, await extent.laboratory.run(suddenFailure, bySeed(extent, settings)))
  const rows = settings.flatMap(({ failed, options }, index): Row[] => {
    const line = table2.find((line) => line.failed === failed)
    const figures = (outcomes[index] ?? []).map(({ before }) => before)
    const timeouts = figures.map((figures) => meanOf(figures.timeouts))
    const beyond = figures.map((figures) => figures.beyond)
    const label = `${Math.round(100 * failed)} % dead${options.deadMemory ? '' : ', without memory of the dead'}`
    const gate = failed === 0.5 && options.deadMemory ? atMost(mean(timeouts), 4.3) : undefined
    return [
      figure(
        `${label}: path`,
        line?.path ?? '',
        figures.map(({ hops }) => meanOf(hops)),
        2,
      ),
      figure(`${label}: time-outs`, line?.timeouts ?? '', timeouts, 2, gate),
      figure(`${label}: living owners not found`, '0', beyond, 0),
    ]
  })
  return {
    title: 'ToN 2003, Table II: path length and time-outs of a lookup after a share of 1,000 peers has failed at once',
    columns,
    rows,
    notes: [
      'The paper’s figures are from memory (its table was not at hand), so that nothing but the design’s limit for half of them dead is a gate: a simulation of the paper’s lookups gave 4.74 there, and 4.26 with a memory of the dead.',
      'Lists of 20, also used for routing; 10,000 lookups at the moment of the failure, before anybody stabilises. A path counts living peers up to the predecessor of the key, one after another. Peers drop their own dead fingers as they meet them: with 2,000 lookups in place of 10,000 it would be 4.3 and 5.4 time-outs at 50 %.',
      '_Memory_: who was silent in a lookup is not asked again in it, and whoever is asked next is told. Without it only the peer that named the dead one is told, as in the paper.',
      seedsOf(extent),
    ],
  }
}

const rates = [
  { rate: 0.05, paper: '.018 – .031', least: 0.018, most: 0.031 },
  { rate: 0.1, paper: '.058 – .071', least: 0.058, most: 0.071 },
]
const manners = [
  { rules: 'original', manners: 'paper', label: 'the paper’s rules' },
  { rules: 'zave', manners: 'paper', label: 'Zave’s rules' },
  { rules: 'zave', manners: 'ours', label: 'Zave’s rules, lookups that go round the dead' },
] as const

async function constantChurnTable(extent: Extent): Promise<Table> {
  const shared = { size: 500, successors: 3, duration: extent.quick ? 600_000 : 7_200_000 }
  const settings = rates.flatMap(({ rate }) =>
    manners.map(({ rules, manners }) => ({ ...shared, rate, rules, manners })),
  )
  const outcomes = perSetting(extent, await extent.laboratory.run(constantChurn, bySeed(extent, settings)))
  const rows = settings.flatMap(({ rate, ...setting }, index): Row[] => {
    const of = (read: (outcome: ConstantChurnOutcome) => number): number[] => (outcomes[index] ?? []).map(read)
    const line = rates.find((line) => line.rate === rate)
    const how = manners.find(({ rules, manners }) => rules === setting.rules && manners === setting.manners)
    const label = `R = ${rate}, ${how?.label}`
    const failed = of((outcome) => outcome.failed)
    const isPaper = setting.rules === 'original'
    const gate = !isPaper || line === undefined ? undefined : between(mean(failed), line.least, line.most)
    return [
      figure(`${label}: failed lookups`, isPaper ? (line?.paper ?? '') : '', failed, 4, gate),
      figure(
        `${label}: path`,
        isPaper ? '~ 4' : '',
        of(({ hops }) => meanOf(hops)),
        2,
      ),
      figure(
        `${label}: places lost`,
        '',
        of(({ lostPlaces }) => lostPlaces),
        0,
      ),
    ]
  })
  return {
    title: `SIGCOMM 2001, Figure 12: lookups while peers join and fail, R of each in a second, ${shared.size} peers`,
    columns,
    rows,
    notes: churnNotes(extent, shared),
  }
}

function churnNotes(extent: Extent, { successors, duration }: { successors: number; duration: number }): string[] {
  return [
    `${duration / 60_000} minutes of virtual time, one lookup a second at a random moment of it. A lookup fails if it does not name the peer that is the successor of the key, among all that have joined, when it ends; with the paper’s manners also when it meets a dead peer: the paper’s simulator tries no query twice (§6.5), here neither those of applications nor those of fingers and newcomers. §6.5 is followed from memory.`,
    'The paper’s rules: a newcomer sets its successor alone; the successor’s predecessor is adopted unasked; lists are copied from the successor; check_predecessor (ToN 2003) before each stabilisation. Stabilisation at intervals drawn evenly from [15, 45] s, and as often all fingers are looked up (nine of them; the others are the successor). _Zave’s rules_ differ in the rules alone.',
    '_Lookups that go round the dead_: the defaults of overlays/chord with stabilisation every 30 s, sooner by ten times where a list has just changed.',
    `Deviations: one way takes 10 ms; failures strike each peer at the rate R/500, so that their number goes with that of the peers; lists of ${successors}, the shortest with which rings last (the paper does not say), whose paths are nearest to the paper’s “around 5” with the owner counted.`,
    '_Places lost_: how often a peer found nobody of its list alive and had to join again.',
    seedsOf(extent),
  ]
}
