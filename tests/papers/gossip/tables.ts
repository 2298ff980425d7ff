import {
  atLeast,
  atMost,
  between,
  within,
  type Gate,
  type Row,
  type Subject,
  type Table,
} from '../../../benchmarks/table.ts'
import { gossipPresets } from '../../../overlays/gossip/index.ts'
import { combinations, dear, type Extent } from '../experiment.ts'
import { mean, percent, spread } from '../statistics.ts'
import { experiment as churn, type ChurnOutcome } from './churn.ts'
import { experiment as massFailure, type MassFailureOutcome, type MassFailureTrial } from './mass-failure.ts'
import { rumorTables } from './rumor-tables.ts'
import { experiment as treeCosts, type TreeCostsOutcome } from './tree-costs.ts'
import { experiment as treeFailure, type TreeFailureOutcome } from './tree-failure.ts'
import { experiment as viewGraph, type ViewGraphOutcome } from './view-graph.ts'

const columns = ['paper', 'ours', 'spread']

/** As many seeds as are done in about eight minutes on two cores, all tables together. */
const usualSeeds = { smallFailure: 1, largeFailure: 3, graph: 4, cost: 2, firstMessage: 2, churn: 2 }

export const subject: Subject<Extent> = async (extent) => [
  await failureTable(extent),
  await graphTable(dear(extent, usualSeeds.graph)),
  await costTable(dear(extent, usualSeeds.cost)),
  await firstMessageTable(dear(extent, usualSeeds.firstMessage)),
  await churnTable(dear(extent, usualSeeds.churn)),
  ...(await rumorTables(extent)),
]

function seedsOf({ seeds }: Extent): string {
  return `Seeds: ${seeds.length}; more with \`--seeds\`.`
}

function sizeOf({ quick }: Extent): number {
  return quick ? 1000 : 10_000
}

function bySeed<Settings>(extent: Extent, settings: readonly Settings[]): (Settings & { readonly seed: number })[] {
  return combinations(
    settings,
    extent.seeds.map((seed) => ({ seed })),
  )
}

/** Paper's mean reliability, and ours must be at least that; below 80 % it heals within two cycles (§5.4). */
const figure2 = [
  { failed: 0.1, paper: '~ 100 %', least: 0.999 },
  { failed: 0.3, paper: '~ 100 %', least: 0.999 },
  { failed: 0.5, paper: '~ 100 %', least: 0.999 },
  { failed: 0.7, paper: '~ 100 %', least: 0.999 },
  { failed: 0.8, paper: '~ 100 %', least: 0.999 },
  { failed: 0.9, paper: '~ 100 %', least: 0.99 },
  { failed: 0.95, paper: '~ 91 %', least: 0.88 },
]
const healingBelow = 0.8
/** Below that nothing is left to chance: every message reaches everybody. */
const largeFailure = 0.7
const usualView = 30
const largerViews = [45, 90]

type FailureSetting = Pick<MassFailureTrial, 'failed' | 'passiveViewSize'>

/** Measured: a name of 52 characters, its place in the list, and what V8 adds. */
const placeBytes = 88

async function failureTable(extent: Extent): Promise<Table> {
  const shared = { size: sizeOf(extent), messages: 1000 }
  const settings: FailureSetting[] = [
    ...figure2.map(({ failed }) => ({ failed, passiveViewSize: usualView })),
    ...largerViews.map((passiveViewSize) => ({ failed: 0.95, passiveViewSize })),
  ]
  const { seeds: few } = dear(extent, usualSeeds.smallFailure)
  const { seeds: many } = dear(extent, usualSeeds.largeFailure)
  const seedsFor = (failed: number): readonly number[] => (failed < largeFailure ? few : many)
  const trials = settings.flatMap((setting) =>
    seedsFor(setting.failed).map((seed): MassFailureTrial => ({ ...shared, ...setting, seed })),
  )
  const outcomes = await extent.laboratory.run(massFailure, trials)
  let taken = 0
  const rows = settings.flatMap((setting) =>
    failureRows(setting, outcomes.slice(taken, (taken += seedsFor(setting.failed).length))),
  )
  return {
    title: `HyParView, Figure 2: mean reliability of ${shared.messages} messages after a mass failure, ${shared.size} peers`,
    columns: [...columns, 'first message', 'cycles until all reach 99.9 %', 'passive view kB'],
    rows,
    notes: [
      'Flooding over the active view: no trees, nothing is asked for. Reliability is the share of the living that a message reached. Messages of random living peers, 200 ms apart, the first at the moment of the failure; a cycle is 10 s; one way takes 10 ms, a dial that fails 30 ms.',
      'A broken link is noticed at both ends after 10 ms, as TCP notices a process that ends. Only the first message meets the failure unnoticed: from 70 % on it may reach nobody, and one in a thousand is the gate.',
      'Deviation: a peer with fewer than half of its neighbours that was refused asks with high priority; in the paper only one without any.',
      'What is missing at 95 %: a peer of whose passive view nobody lives is cut off for good, and its own messages reach nobody. A larger view makes that rare; with 45 places it still happens, and a message of such a peer is lost whole.',
      few.length === many.length
        ? seedsOf(extent)
        : `Seeds: ${few.length} below 70 %, ${many.length} from there on; more with \`--seeds\`.`,
    ],
  }
}

function failureRows({ failed, passiveViewSize }: FailureSetting, outcomes: readonly MassFailureOutcome[]): Row[] {
  const line = passiveViewSize === usualView ? figure2.find((line) => line.failed === failed) : undefined
  const label = `${Math.round(100 * failed)} % failed${line === undefined ? `, passive view of ${passiveViewSize}` : ''}`
  const figures = outcomes.map(({ reliability }) => reliability)
  const healed = Math.max(...outcomes.map(({ healedAfter }) => healedAfter))
  const first = percent(mean(outcomes.map((outcome) => outcome.first)))
  const memory = ((passiveViewSize * placeBytes) / 1000).toFixed(1)
  const cells = [line?.paper ?? '', percent(mean(figures)), spread(figures, percent), first]
  const values = [...cells, healed === Number.POSITIVE_INFINITY ? 'never' : healed, memory]
  // The design asks for 99 % with some larger view: the largest is held to it, the one between is shown.
  const isBetween = line === undefined && passiveViewSize !== Math.max(...largerViews)
  const whole: Row = isBetween
    ? { label, values }
    : { label, values, gate: atLeast(mean(figures), line?.least ?? 0.99) }
  if (failed >= healingBelow) return [whole]
  return [
    whole,
    { label: `${label}: healed`, values: ['', '', '', '', healed, ''], gate: atMost(healed, 2, ' cycles') },
  ]
}

async function graphTable(extent: Extent): Promise<Table> {
  const size = sizeOf(extent)
  const outcomes = await extent.laboratory.run(viewGraph, bySeed(extent, [{ size }]))
  const row = (label: string, paper: string, figure: keyof ViewGraphOutcome, digits = 3): Row => {
    const figures = outcomes.map((outcome) => outcome[figure])
    const format = (value: number): string => value.toFixed(digits)
    return { label, values: [paper, format(mean(figures)), spread(figures, format)] }
  }
  // The paper's figures are those of 10,000 peers.
  const gated = (cells: Row, gate: Gate): Row => (extent.quick ? cells : { ...cells, gate })
  const of = (figure: keyof ViewGraphOutcome): number => mean(outcomes.map((outcome) => outcome[figure]))
  return {
    title: `HyParView, Table 1: the graph of the active views after 50 cycles, ${size} peers`,
    columns,
    rows: [
      gated(row('average shortest path', '6.385', 'averagePath'), within(of('averagePath'), 6.4, 0.2)),
      gated(row('hops to the last delivery', '9.0', 'lastHop', 1), within(of('lastHop'), 9, 1)),
      gated(row('clustering', '.00092', 'clustering', 5), atMost(of('clustering'), 0.0015)),
      row('neighbours', '', 'degree'),
      { ...row('neighbours that have not each other', '0', 'asymmetric'), gate: atMost(of('asymmetric'), 0) },
      { ...row('redundancy of flooding (Plumtree)', '3.0', 'redundancy'), gate: within(of('redundancy'), 3, 0.02) },
    ],
    notes: ['Fifty messages; paths from a hundred peers to all others.', seedsOf(extent)],
  }
}

async function costTable(extent: Extent): Promise<Table> {
  const size = sizeOf(extent)
  const outcomes = await extent.laboratory.run(treeCosts, bySeed(extent, [{ size }]))
  const of = (figure: keyof TreeCostsOutcome): number[] => outcomes.map((outcome) => outcome[figure])
  const row = (label: string, paper: string, figure: keyof TreeCostsOutcome, digits = 0): Row => {
    const format = (value: number): string => value.toFixed(digits)
    return { label, values: [paper, format(mean(of(figure))), spread(of(figure), format)] }
  }
  return {
    title: `Plumtree, Table 1: messages for one broadcast, ${size} peers, one sender`,
    columns,
    rows: [
      { ...row('delivered to', '1', 'deliveries', 4), gate: atLeast(Math.min(...of('deliveries')), 1) },
      { ...row('payload messages', '9,999', 'payload'), gate: within(mean(of('payload')), size - 1, 0) },
      { ...row('relative message redundancy', '0', 'redundancy', 5), gate: atMost(mean(of('redundancy')), 0.001) },
      {
        ...row('control messages', '29,990', 'control'),
        gate: between(mean(of('control')), 0.98 * 2.999 * size, 1.02 * 2.999 * size),
      },
      row('payload messages of the first message, a flood', '39,984', 'floodedPayload'),
    ],
    notes: [
      'Preset `paper`: every announcement at once, nothing confirmed. Fifty messages of warm-up, then the mean of ten.',
      seedsOf(extent),
    ],
  }
}

async function firstMessageTable(extent: Extent): Promise<Table> {
  const shares = [0.3, 0.5, 0.7, 0.8, 0.9]
  const shared = { size: sizeOf(extent), messages: 20 }
  const settings = shares.map((failed) => ({ ...shared, failed }))
  const outcomes = await extent.laboratory.run(treeFailure, bySeed(extent, settings))
  const rows = shares.map((failed, index): Row => {
    const { length } = extent.seeds
    const own = outcomes.slice(index * length, (index + 1) * length)
    const at = (number: number, figure: keyof TreeFailureOutcome = 'messageReliability'): string =>
      percent(mean(own.map((outcome) => outcome[figure][number] ?? Number.NaN)))
    const first = own.map(({ messageReliability }) => messageReliability[0] ?? Number.NaN)
    return {
      label: `${Math.round(100 * failed)} % failed`,
      values: [at(0), spread(first, percent), at(1), at(4), at(9), at(19), at(0, 'finalReliability')],
    }
  })
  return {
    title: `Plumtree §4.4: \`firstMessageReliability\` and how it heals, ${shared.size} peers`,
    columns: ['first message', 'spread', 'second', 'fifth', 'tenth', 'twentieth', 'first, in the end'],
    rows,
    notes: [
      'Counted is what eager push alone brings: the share of the living that had a message 500 ms after it was sent, before any missing-message timer can have expired. Then the next one is sent. In the end: 20 s after the last one, with all that was announced and asked for.',
      'All fail at once just before the first message, and nobody notices by itself: who sends to the dead learns of it after a round trip. So the first message finds the tree as it was.',
      'A tree breaks sooner than the overlay under it: eager push alone reaches few from 30 % on. HyParView’s mean (Figure 2) shows nothing of this dip.',
      seedsOf(extent),
    ],
  }
}

const loads = [
  { label: 'default, 1 message a second', options: gossipPresets.default, churn: 0.01, every: 1000, messages: 60 },
  { label: 'default, 10 a second', options: gossipPresets.default, churn: 0.01, every: 100, messages: 200 },
  { label: 'large, 10 a second', options: gossipPresets.large, churn: 0.01, every: 100, messages: 200 },
  { label: 'large, 10 a second, no churn', options: gossipPresets.large, churn: 0, every: 100, messages: 200 },
]

async function churnTable(extent: Extent): Promise<Table> {
  const size = sizeOf(extent)
  const settings = loads.map(({ options, churn, every, messages }) => ({ size, options, churn, every, messages }))
  const outcomes = await extent.laboratory.run(churn, bySeed(extent, settings))
  const rows = loads.flatMap(({ label, options }, index): Row[] => {
    const own = outcomes.filter((_, trial) => Math.floor(trial / extent.seeds.length) === index)
    const row = (name: string, figure: keyof ChurnOutcome, digits = 3): Row => {
      const figures = own.map((outcome) => outcome[figure])
      const format = (value: number): string => value.toFixed(digits)
      return { label: `${label}: ${name}`, values: [format(mean(figures)), spread(figures, format)] }
    }
    const of = (figure: keyof ChurnOutcome): number => mean(own.map((outcome) => outcome[figure]))
    const isLarge = options === gossipPresets.large
    const control = row('control messages a delivery', 'control')
    const lastHop = row('hops to the last delivery', 'lastHop', 1)
    return [
      { ...row('delivered', 'delivered', 6), gate: atLeast(of('delivered'), 1) },
      { ...row('relative message redundancy', 'redundancy'), gate: atMost(of('redundancy'), 0.05) },
      isLarge ? { ...control, gate: atMost(of('control'), 1) } : control,
      isLarge ? { ...lastHop, gate: atMost(of('lastHop'), 12) } : lastHop,
    ]
  })
  return {
    title: `Beyond the papers: ${size} peers, 1 % of them leave and as many come in a minute, everybody publishes in turn`,
    columns: ['ours', 'spread'],
    rows,
    notes: [
      '`gossipPresets.default` (five neighbours) and `large` (eight, announcements gathered for a second), both with confirmations. Half of those who leave crash. Expected at everybody who ran from the publication to the end. The last hop is the mean of all messages, those that had to be asked for among them.',
      seedsOf(extent),
      'One tree serves all publishers: its longest way is up to twice the depth of a tree that one publisher grows. What was tried against it stands in overlays/gossip/README.md.',
    ],
  }
}
