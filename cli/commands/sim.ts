import { setImmediate } from 'node:timers/promises'
import {
  ScenarioRun,
  TimelineRecording,
  Transcript,
  durationInWords,
  reportTable,
  scenarioSchema,
  suggestion,
  type Scenario,
  type ScenarioReport,
} from '../../node/simulation/index.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import { readCount } from '../operands.ts'
import { columns } from '../output.ts'
import { LineFile } from '../simulation/line-file.ts'
import { overlays } from '../simulation/overlays.ts'
import { Progress } from '../simulation/progress.ts'
import { builtIns, loadScenario } from '../simulation/scenarios.ts'
import type { Invocation, Options } from './command.ts'

/** How long one turn of a run may take, in milliseconds, before signals are looked at. */
const turn = 30

/** What this machine made of it: the one part of a report that differs from run to run. */
interface Machine {
  /** Milliseconds. */
  readonly wallTime: number
  readonly eventsPerSecond: number
  readonly node: string
}

type Seed = number | string

interface Subject {
  readonly scenario: Scenario
  /** How the user called it. */
  readonly given: string
}

export async function run(invocation: Invocation): Promise<void> {
  const { operands, options } = invocation
  if (options['list'] === true) return list(invocation)
  if (options['schema'] === true) return invocation.output.raw(`${JSON.stringify(scenarioSchema(overlays), null, 2)}\n`)
  const [given] = operands
  if (given === undefined) {
    throw new Failure('usage', 'A scenario is missing', { hint: 'A file, or a name of: peerloom sim --list' })
  }
  assertCompatible(invocation)
  const seeds = readSeeds(options)
  const scenario = await loadScenario(given)
  assertPeers(scenario, options)
  if (options['seeds'] === undefined) await runOne(invocation, { scenario, given }, seeds[0] ?? 1)
  else await runAll(invocation, { scenario, given }, seeds)
}

async function list({ output }: Invocation): Promise<void> {
  const found = builtIns().map(({ name, scenario: { description = '', duration, peers } }) => {
    return { name, peers: peers.names.length, duration, description }
  })
  await output.data(found, () =>
    found
      .map(
        ({ name, peers, duration, description }) =>
          `${name}  (${peers} peers, ${durationInWords(duration)})\n${indented(description)}`,
      )
      .join('\n'),
  )
}

async function runOne(invocation: Invocation, subject: Subject, seed: Seed): Promise<void> {
  const { output, signal } = invocation
  const { report, machine } = await perform(invocation, subject, seed)
  await output.data({ ...report, machine }, () => `${reportTable(report)}\n\n${describe(machine)}`)
  conclude(report, subject)
  if (report.outcome === 'interrupted') signal.throwIfAborted()
}

/** A line a seed, to the first that fails. */
async function runAll(invocation: Invocation, subject: Subject, seeds: readonly Seed[]): Promise<void> {
  const { output, signal } = invocation
  const width = Math.max(4, String(seeds.at(-1)).length)
  await output.raw(
    output.json ? '' : `${'SEED'.padStart(width)}  OUTCOME           EVENTS  TRACE HASH        EVENTS/S\n`,
  )
  for (const [index, seed] of seeds.entries()) {
    const label = `seed ${seed}, ${index + 1} of ${seeds.length}: `
    const { report, machine } = await perform(invocation, subject, seed, label)
    await output.data({ ...report, machine }, () =>
      [
        String(seed).padStart(width),
        report.outcome.padEnd(11),
        report.events.toLocaleString('en').padStart(12),
        report.traceHash,
        machine.eventsPerSecond.toLocaleString('en').padStart(9),
      ].join('  '),
    )
    conclude(report, subject)
    if (report.outcome === 'interrupted') signal.throwIfAborted()
  }
  if (!output.json) output.note(`${seeds.length} seeds passed`)
}

/** Runs to the end, to a finding, or to the first Ctrl-C. */
async function perform(
  { options, output, signal }: Invocation,
  { scenario, given }: Subject,
  seed: Seed,
  label?: string,
): Promise<{ readonly report: ScenarioReport; readonly machine: Machine }> {
  const run = new ScenarioRun(scenario, { overlays, seed, replay: () => replayCommand(given, seed) })
  using _recorded = record(run, options)
  const progress = new Progress(!output.json, label)
  const started = performance.now()
  try {
    for (let turnEnd = started + turn; !run.isOver;) {
      run.step()
      if (performance.now() < turnEnd) continue
      progress.show(run)
      await setImmediate()
      if (signal.aborted) break
      turnEnd = performance.now() + turn
    }
  } finally {
    progress.end()
  }
  const wallTime = Math.round(performance.now() - started)
  const report = run.report()
  const eventsPerSecond = Math.round((report.events / Math.max(1, wallTime)) * 1000)
  return { report, machine: { wallTime, eventsPerSecond, node: process.versions.node } }
}

/** Writes what is asked for with `--transcript` and `--timeline`, until it is disposed of. */
function record(run: ScenarioRun, options: Options): Disposable {
  const { simulation, scenario } = run
  const selection = {
    messages: options['messages'] === true,
    limit: options['lines'] === undefined ? 100_000 : readCount(options['lines'], 'a number of lines', 1, 9_999_999),
    ...(options['peer'] === undefined ? {} : { peers: options['peer'] as readonly string[] }),
    ...(options['event'] === undefined ? {} : { types: options['event'] as readonly string[] }),
  }
  const ends: (() => void)[] = []
  if (typeof options['transcript'] === 'string') {
    const file = new LineFile(options['transcript'])
    const describe = run.describe.bind(run)
    const transcript = new Transcript(simulation, (line) => file.line(escapeLine(line)), { ...selection, describe })
    ends.push(
      () => transcript.end(simulation.now),
      () => file.close(),
    )
  }
  if (typeof options['timeline'] === 'string') {
    const file = new LineFile(options['timeline'])
    const recording = new TimelineRecording(simulation, (line) => file.line(line), {
      name: scenario.name,
      ...selection,
    })
    ends.push(
      () => recording.end(),
      () => file.close(),
    )
  }
  return {
    [Symbol.dispose]() {
      for (const end of ends) end()
    },
  }
}

/** @throws Failure with the one command that runs into it again, when a checker found something */
function conclude({ finding, seed }: ScenarioReport, { given }: Subject): void {
  if (finding === undefined) return
  const { checker, time } = finding
  const message = `${checker}: ${finding.finding} (seed ${seed}, after ${durationInWords(time)})`
  const again = given === '-' ? 'Again, with the same standard input' : 'Again'
  throw new Failure('check-failed', message, { hint: `${again}: ${replayCommand(given, seed)}` })
}

function replayCommand(given: string, seed: Seed): string {
  return `peerloom sim ${quoted(given)} --seed ${quoted(String(seed))}`
}

function assertCompatible({ options, output }: Invocation): void {
  const { seed, seeds, transcript, timeline } = options
  if (seeds !== undefined && (seed !== undefined || transcript !== undefined || timeline !== undefined)) {
    throw new Failure('usage', '--seeds goes without --seed, --transcript and --timeline: those are about one run')
  }
  if (transcript === '-' && output.json) {
    throw new Failure('usage', 'With --json standard output is for the report: write the transcript to a file')
  }
  const idle = transcript === undefined && timeline === undefined
  const refining = ['messages', 'peer', 'event', 'lines'].find((name) => options[name] !== undefined)
  if (idle && refining !== undefined) {
    throw new Failure(
      'usage',
      `--${refining} says what is written with --transcript or --timeline: one of them is missing`,
    )
  }
  if (timeline === '-') throw new Failure('usage', 'Standard output is for the report: write the time-line to a file')
}

/** Those that churn brings are named by it. */
function assertPeers({ peers: { names }, churn }: Scenario, { peer }: Options): void {
  for (const name of (peer ?? []) as readonly string[]) {
    if (names.some((known) => known === name) || (churn !== undefined && /^late\d+$/.test(name))) continue
    throw new Failure('usage', `There is no peer named ${JSON.stringify(name)}${suggestion(name, names)}`)
  }
}

/** Most runs of one command. */
const seedLimit = 1_000_000

function readSeeds({ seed, seeds }: Options): Seed[] {
  if (seeds === undefined) return [readSeed(seed)]
  const match = /^(\d{1,15})\.\.(\d{1,15})$/.exec(String(seeds))
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  if (first <= last && last - first < seedLimit)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  throw new Failure('usage', `Cannot use ${JSON.stringify(seeds)} as a range of seeds: 1..100 is wanted`)
}

function readSeed(given: unknown): Seed {
  if (given === undefined) return 1
  if (typeof given === 'string' && /^\d{1,15}$/.test(given)) return Number(given)
  if (typeof given === 'string' && given.length >= 1 && given.length <= 100) return given
  throw new Failure('usage', `Cannot use ${JSON.stringify(given)} as a seed: a number or a short text is wanted`)
}

function describe({ wallTime, eventsPerSecond, node }: Machine): string {
  return columns([
    ['took', `${durationInWords(wallTime)}, ${eventsPerSecond.toLocaleString('en')} events/s, Node ${node}`],
  ])
}

/** For a shell, where it needs that. */
function quoted(word: string): string {
  return /^[\w./=:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function indented(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length > 76) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.map((line) => `    ${line}`).join('\n')
}
