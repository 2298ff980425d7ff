import { between, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { dear, type Extent } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { experiment as constantChurn, type ConstantChurnOutcome } from './constant-churn.ts'
import { meanOf } from './counts.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from './figures.ts'

/** As many seeds as are done in about seven minutes on two cores. */
const usualSeeds = 2

export const subject: Subject<Extent> = async (extent) => [await constantChurnTable(dear(extent, usualSeeds))]

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
    'What the paper’s simulator did when a finger was dead, and how long its lists were, is not told; here places call up their lists, and with R = .1 fewer lookups fail than there.',
    '_Places lost_: how often a peer found nobody of its list alive and had to join again.',
    seedsOf(extent),
  ]
}
