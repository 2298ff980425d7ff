import { atMost, type Row, type Subject, type Table } from '../../../../benchmarks/table.ts'
import { combinations, dear, type Extent } from '../../experiment.ts'
import { total } from '../../statistics.ts'
import { experiment as churn, type RecordChurnOutcome } from './churn.ts'
import { experiment as suddenLoss, type SuddenLossOutcome } from './sudden-loss.ts'

export const subject: Subject<Extent> = async (extent) => [await churnTable(extent), await suddenTable(extent)]

const minute = 60_000

/** As many as are done in some minutes on two cores; the long run asks for 200 of those with disks. */
const usualSeeds = { disk: 20, without: 10, sudden: 10 }

async function churnTable(extent: Extent): Promise<Table> {
  const settings = { size: 30, values: 200, duration: (extent.quick ? 3 : 10) * minute, churn: 0.1 }
  const run = async (disk: boolean, seeds: readonly number[]): Promise<readonly RecordChurnOutcome[]> =>
    extent.laboratory.run(
      churn,
      combinations(
        [{ ...settings, disk }],
        seeds.map((seed) => ({ seed })),
      ),
    )
  const withDisk = await run(true, seedsOf(extent, usualSeeds.disk))
  const without = await run(false, dear(extent, usualSeeds.without).seeds)
  const lost = total(withDisk.map((outcome) => outcome.lost))
  return {
    title: `Beyond the papers: records while 10 % of ${settings.size} peers go in a minute, n = 3, R = W = 2`,
    columns: [
      'seeds',
      'acknowledged',
      'lost',
      'puts refused',
      'reads',
      'found nothing',
      'left',
      'crashed',
      'bound of loss',
    ],
    rows: [
      { ...churnRow('crashed peers come back with their disk within 60 s', withDisk, ''), gate: atMost(lost, 0) },
      churnRow('crashed peers never come back', without, bound(without)),
    ],
    notes: [
      `Half of those who go hand over what they hold and leave, half crash; as many others come. ${settings.duration / minute} minutes of it, a value put and one read every few seconds, two minutes of rest, then every acknowledged value is looked for.`,
      'Bound: a value is lost if its three holders crash within one walk of repair, ten seconds: for each, (crashes a second and peer × 10 s)² × 3 for every crash of a holder. It leaves out that a put is acknowledged by two.',
    ],
  }
}

/** Of the seeds asked for, or as many as usual. */
function seedsOf(extent: Extent, usual: number): readonly number[] {
  if (extent.seedsAreChosen || extent.quick) return extent.seeds
  return Array.from({ length: usual }, (_, index) => index + 1)
}

function churnRow(label: string, outcomes: readonly RecordChurnOutcome[], bound: string): Row {
  const sum = (figure: keyof RecordChurnOutcome): number => total(outcomes.map((outcome) => outcome[figure]))
  const counts = (['acknowledged', 'lost', 'refused', 'reads', 'missed', 'left', 'crashed'] as const).map(sum)
  return { label, values: [outcomes.length, ...counts, bound] }
}

/** Values that may be expected to lose all three holders within ten seconds. */
function bound(outcomes: readonly RecordChurnOutcome[]): string {
  const expected = outcomes.map(({ acknowledged, crashed }) => {
    const perPeerAndWindow = (crashed / 30 / 600) * 10
    return acknowledged * (crashed / 30) * 3 * perPeerAndWindow ** 2
  })
  return total(expected).toFixed(2)
}

async function suddenTable(extent: Extent): Promise<Table> {
  const { seeds } = dear(extent, usualSeeds.sudden)
  const trials = [2, 3, 4].flatMap((killed) => seeds.map((seed) => ({ seed, size: 30, values: 200, killed })))
  const outcomes = await extent.laboratory.run(suddenLoss, trials)
  return {
    title: 'Beyond the papers: neighbours on the ring killed in one moment, for good',
    columns: ['acknowledged', 'lost', 'held by the killed alone', 'peers that told of it'],
    rows: [2, 3, 4].map((killed, index) =>
      suddenRow(killed, outcomes.slice(index * seeds.length, (index + 1) * seeds.length)),
    ),
    notes: [
      'Three replicas bear two failures between two walks of repair. With three neighbours gone at once what stood on them alone is lost; whoever notices tells so (`arcs-lost`), and reads find nothing rather than something old.',
      `Seeds: ${seeds.length}. The gate: nothing is lost but what only the killed held.`,
    ],
  }
}

function suddenRow(killed: number, outcomes: readonly SuddenLossOutcome[]): Row {
  const sum = (figure: keyof SuddenLossOutcome): number => total(outcomes.map((outcome) => outcome[figure]))
  const [lost, expected] = [sum('lost'), sum('expected')]
  return {
    label: `${killed} of 30 killed`,
    values: [sum('acknowledged'), lost, expected, sum('told')],
    gate: atMost(lost, expected),
  }
}
