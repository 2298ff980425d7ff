// How much the simulator does in a second, and how large a crowd it carries: SWIM members, the very code that runs live.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { HundredCyclesTrial } from '../tests/papers/gossip/hundred-cycles.ts'
import type { GossipCrowdFigures } from './gossip-crowd.ts'
import type { Crowd, CrowdFigures } from './simulation-crowd.ts'
import { atLeast, atMost, median, type Row, type Subject, type Table } from './table.ts'

const program = fileURLToPath(new URL('./simulation-crowd.ts', import.meta.url))
const gossipProgram = fileURLToPath(new URL('./gossip-crowd.ts', import.meta.url))

const thousand: Crowd = { peers: 1000, warmUp: 30, measured: 900, crashes: 9, joins: 9, links: true }
const tenThousand: Crowd = { peers: 10_000, warmUp: 0, measured: 60, crashes: 2, joins: 2, links: true }
const hundredThousand: Crowd = { peers: 100_000, warmUp: 0, measured: 60, crashes: 1, joins: 1, links: false }

const quiet: Crowd = { ...hundredThousand, crashes: 0, joins: 0 }

/** What the collector may let garbage grow to. */
const oldSpaceMB = 3000

const broadcasting: HundredCyclesTrial = { seed: 1, size: 10_000, cycles: 100 }

const quickly: Crowd = { ...thousand, measured: 200, crashes: 2, joins: 2 }

export const subject: Subject = async ({ quick }) => {
  const rates: CrowdFigures[] = []
  for (let round = 0; round < (quick ? 1 : 3); round++) rates.push(await measure(quick ? quickly : thousand))
  const tables: Table[] = [rateTable(rates)]
  const crowds = [await row(tenThousand, atMost, 60)]
  if (!quick) crowds.push(await row(quiet, atMost, 60), await row(hundredThousand, atMost, 60))
  tables.push(crowdTable(crowds.flat()))
  if (!quick) tables.push(gossipTable(await runProcess<GossipCrowdFigures>(gossipProgram, broadcasting)))
  return tables
}

function rateTable(figures: readonly CrowdFigures[]): Table {
  const rate = median(figures.map(({ handled, cpuSeconds }) => handled / cpuSeconds))
  const wall = median(figures.map(({ handled, seconds }) => handled / seconds))
  const memory = Math.max(...figures.map(({ peakMemoryMB }) => peakMemoryMB))
  const values = [rate, wall, memory, lowest(figures)]
  return {
    title: 'Simulator: events through real handlers, SWIM lan, 1,000 peers',
    columns: ['per CPU second', 'per second', 'peak MB', 'crashes noticed %'],
    rows: [
      { label: 'events', values, gate: atLeast(rate, 1_000_000) },
      { label: 'beyond', values: [rate, '', '', ''], gate: atLeast(rate, 1_500_000) },
    ],
    notes: [
      'An event is one `receive` or one `expire`. Checkers and trace hash are on. Within 900 virtual seconds (200 in a first look) a peer crashes and one joins every 100.',
      'CPU time is that of all threads, the garbage collector and the compiler included: on an idle machine the rate by the clock is higher.',
    ],
  }
}

function crowdTable(rows: readonly Row[]): Table {
  return {
    title: 'Simulator: large crowds, SWIM lan, 60 virtual seconds',
    columns: ['CPU s', 's', 'peak MB', 'events', 'events per CPU s', 'crashes noticed %'],
    rows,
    notes: [
      'One process each. Everybody knows everybody from the start, by tables that share memory; `memberLimit` is raised to the size of the crowd.',
      '10,000: 2 peers crash and 2 join. 100,000: 1 crashes and 1 joins, or, quiet, nobody; messages make no links (`links: false`).',
      'News of a crash is what costs: some seven millions of messages of gossip, and lists of all members where two still differ after it.',
      'The largest crowds wait for memory: an event of one among 100,000 peers takes three times as long as of one among 1,000.',
      'Much of the memory of the largest crowd is garbage that waits: held to 1,500 MB it takes a third more time.',
    ],
  }
}

function gossipTable({ cpuSeconds, seconds, peakMemoryMB, handled, delivered }: GossipCrowdFigures): Table {
  const values = [cpuSeconds, seconds, peakMemoryMB, handled, Math.round(handled / cpuSeconds), 100 * delivered]
  return {
    title: 'Simulator: 10,000 peers of HyParView and Plumtree, 100 cycles',
    columns: ['CPU s', 's', 'peak MB', 'events', 'events per CPU s', 'delivered %'],
    rows: [
      { label: 'time', values, gate: atMost(cpuSeconds, 60, ' s') },
      { label: 'memory', values: ['', '', peakMemoryMB, '', '', ''], gate: atMost(peakMemoryMB, 2000, ' MB') },
    ],
    notes: [
      'From the first join on. One message in each cycle, of one peer; each peer shuffles once in a cycle. Options of the papers: nobody is asked whether it is there, nothing is confirmed.',
    ],
  }
}

async function row(crowd: Crowd, gate: typeof atMost, most: number): Promise<Row[]> {
  const figures = await measure(crowd)
  const { cpuSeconds, seconds, peakMemoryMB, handled } = figures
  const label = `${crowd.peers.toLocaleString('en')} peers${crowd.crashes === 0 ? ', quiet' : ''}`
  const rate = Math.round(handled / cpuSeconds)
  const values = [cpuSeconds, seconds, peakMemoryMB, handled, rate, crowd.crashes === 0 ? '' : lowest([figures])]
  const rows: Row[] = [{ label, values, gate: gate(cpuSeconds, most, ' s') }]
  if (crowd.peers < 100_000) return rows
  const more = (name: string, value: number, limit: number, unit: string): Row => ({
    label: `${label}, ${name}`,
    values: ['', '', '', '', '', ''],
    gate: gate(value, limit, unit),
  })
  return [
    ...rows,
    more('memory', peakMemoryMB, 4000, ' MB'),
    more('time, beyond', cpuSeconds, 30, ' s'),
    more('memory, beyond', peakMemoryMB, 1500, ' MB'),
  ]
}

function lowest(figures: readonly CrowdFigures[]): number {
  return Math.min(...figures.map(({ noticed }) => noticed * 100))
}

function measure(crowd: Crowd): Promise<CrowdFigures> {
  return runProcess(program, crowd)
}

function runProcess<Figures>(program: string, setting: object): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [JSON.stringify(setting)], { execArgv: [`--max-old-space-size=${oldSpaceMB}`] })
    child.once('message', (figures) => resolve(figures as Figures))
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`A crowd of ${JSON.stringify(setting)} ended with ${code}`))
    })
  })
}
