import { expect, test } from 'vitest'
import { overlays } from '../../../cli/simulation/overlays.ts'
import {
  ScenarioRun,
  readScenario,
  reportTable,
  runScenario,
  type Happening,
  type ScenarioReport,
} from '../../../node/simulation/index.ts'
import { toy, type Toy } from './toy.ts'

const registry = { toy }

function prepare(scenario: object, seed: number | string = 1): { run: ScenarioRun; story: string[] } {
  const read = readScenario({ name: 'test', overlay: 'toy', network: { latency: 5 }, ...scenario }, registry)
  const run = new ScenarioRun(read, { overlays: registry, seed })
  const story: string[] = []
  run.simulation.observe((happening) => {
    if (happening.kind !== 'event') story.push(`${happening.time} ${words(happening)}`)
  })
  return { run, story }
}

function words(happening: Exclude<Happening, { kind: 'event' }>): string {
  if (happening.kind === 'network') return happening.text
  return 'peer' in happening ? `${happening.peer} ${happening.kind}` : happening.kind
}

function finish(run: ScenarioRun): ScenarioReport {
  while (!run.isOver) run.step()
  return run.report()
}

const grouped = { count: 6, prefix: 'm', groups: { left: '0-2', right: '3-5' } }

test('faults strike when they should, end when they should, and come again', () => {
  const { run, story } = prepare({
    peers: grouped,
    duration: '10s',
    faults: [
      { at: '1s', fault: 'partition', groups: ['left', 'right'] },
      { at: '2s', fault: 'heal' },
      { at: '3s', fault: 'crash', peers: 'm0', for: '500ms' },
      { at: '4s', fault: 'suspend', peers: 'm1', for: '1s', every: '2s', times: 2 },
      { at: '4500ms', fault: 'stop', peers: 'm2' },
      { at: '4600ms', fault: 'restart', peers: 'm2', disk: false },
      { at: '5s', fault: 'degrade', peers: 'm3', sendLoss: '80%', for: '1s' },
      { at: '6100ms', fault: 'block', from: 'm4', to: ['m5', 'm4'], for: 100 },
      { at: '8s', fault: 'slow', peers: 'm5', delay: '20ms', for: '1s' },
      { at: '9100ms', fault: 'suspend', peers: 'm5', timers: false },
      { at: '9500ms', fault: 'resume', peers: 'all' },
    ],
  })
  expect(finish(run).outcome).toBe('passed')
  expect(story).toEqual([
    '1000 partition of 3 and 3',
    '2000 healed',
    '3000 m0 crashed',
    '3500 m0 started',
    '4000 m1 suspended',
    '4500 m2 stopped',
    '4600 m2 started',
    '5000 m3 loses 80 % of what it sends and loses 0 % of what it is sent',
    '5000 m1 resumed',
    '6000 m1 suspended',
    '6000 m3 loses 0 % of what it sends and loses 0 % of what it is sent',
    '6100 m4 to m5 blocked',
    '6200 m4 to m5 open',
    '7000 m1 resumed',
    '8000 m5 takes 20 ms for each message',
    '9000 m5 no longer slow',
    '9100 m5 suspended',
    '9500 m5 resumed',
  ])
})

test('the end of a crash brings nobody back who came back before, and was stopped for good since', () => {
  const { run, story } = prepare({
    peers: 3,
    duration: '10s',
    faults: [
      { at: '1s', fault: 'crash', peers: 'p1', for: '5s' },
      { at: '2s', fault: 'restart', peers: 'p1' },
      { at: '3s', fault: 'stop', peers: 'p1' },
    ],
  })
  finish(run)
  expect(story).toEqual(['1000 p1 crashed', '2000 p1 started', '3000 p1 stopped'])
})

test('a partition with an end leaves others standing, and a bridge reaches both sides', () => {
  const { run } = prepare({
    peers: grouped,
    duration: '10s',
    faults: [
      { at: '1s', fault: 'partition', groups: ['m0', 'm1'], for: '2s' },
      { at: '2s', fault: 'partition', groups: ['left', 'others'], over: 'm5' },
    ],
  })
  const passes = (from: number, to: number): boolean => run.simulation.network.passes(from, to)
  while (run.simulation.now < 2500) run.step()
  expect([passes(0, 1), passes(0, 3), passes(0, 5), passes(5, 3)]).toEqual([false, false, true, true])
  while (run.simulation.now < 5000) run.step()
  expect([passes(0, 1), passes(0, 3), passes(0, 5), passes(5, 3)]).toEqual([true, false, true, true])
})

test('the wires change in mid-run, and a flapping partition ends healed', () => {
  const { run, story } = prepare({
    peers: grouped,
    duration: '5s',
    faults: [
      { at: '1s', fault: 'wires', wires: { loss: 1 } },
      { at: '2s', fault: 'wires', wires: { loss: 0 } },
      { at: '3s', fault: 'flap', groups: ['left', 'right'], down: 100, up: 100, for: 500 },
    ],
  })
  const report = finish(run)
  expect(report.counters['lost']).toBeGreaterThan(0)
  expect(story).toHaveLength(6)
  expect(run.simulation.network.passes(0, 5)).toBe(true)
})

test('a share of the peers is drawn from the seed: at least one, each time anew unless it is a group', () => {
  const crashes = (peers: unknown, groups: object, seed: number): string[] => {
    const scenario = { peers: { count: 200, groups }, duration: '5s' }
    const { run, story } = prepare(
      { ...scenario, faults: [{ at: 1000, every: 1000, times: 3, fault: 'suspend', peers, for: 500 }] },
      seed,
    )
    finish(run)
    return story.filter((line) => line.endsWith('suspended')).map((line) => line.split(' ')[1] ?? '')
  }
  expect(crashes('0.1%', {}, 1)).toHaveLength(3)
  const drawn = crashes('5%', {}, 1)
  expect(drawn).toHaveLength(30)
  expect(crashes('5%', {}, 1)).toEqual(drawn)
  expect(crashes('5%', {}, 2)).not.toEqual(drawn)
  expect(new Set(drawn).size).toBeGreaterThan(10)
  expect(new Set(crashes('some', { some: '5%' }, 1)).size).toBe(10)
  expect(crashes({ count: 5, of: '10-14' }, {}, 1).slice(0, 5).sort()).toEqual(['p10', 'p11', 'p12', 'p13', 'p14'])
})

test('a group is drawn at the start, of peers that start later too', () => {
  const { run, story } = prepare({
    peers: { count: 4, groups: { last: '3' } },
    start: { join: 'seed', every: '1s' },
    duration: '5s',
    faults: [{ at: '4s', fault: 'crash', peers: 'last' }],
  })
  finish(run)
  expect(story).toEqual(['0 p0 started', '1000 p1 started', '2000 p2 started', '3000 p3 started', '4000 p3 crashed'])
})

test('peers know all or the first one when they start, and somebody who runs when they come back', () => {
  const entries = (join: string): Toy['entry'][] => {
    const faults = [
      { at: '1s', fault: 'crash', peers: 'p2', for: '1s' },
      { at: '1s', fault: 'crash', peers: 'p0' },
    ]
    const { run } = prepare({ peers: 3, start: join, duration: '3s', faults })
    const look = (): Toy['entry'][] =>
      run.simulation.peers.map((peer) => (peer.api as Map<string, Toy>).get('toy')!.entry)
    run.step()
    const first = look()
    finish(run)
    return [...first, look()[2]!]
  }
  expect(entries('seed')).toEqual([
    { knowsAll: false, contacts: [] },
    { knowsAll: false, contacts: ['p0'] },
    { knowsAll: false, contacts: ['p0'] },
    { knowsAll: false, contacts: ['p1'] },
  ])
  const all = { knowsAll: true, contacts: ['p0', 'p1', 'p2'] }
  expect(entries('known')).toEqual([all, all, all, { knowsAll: false, contacts: ['p1'] }])
})

test('churn brings peers, takes them away and brings them back', () => {
  const churn = {
    at: '5s',
    arrivalsPerMinute: 60,
    peers: '0-4',
    lifetime: { exponential: '10s' },
    crashShare: '50%',
    restartShare: 1,
    downtime: { exponential: '2s' },
  }
  const { run, story } = prepare({ peers: 10, duration: '60s', churn })
  const { peers } = finish(run)
  expect(peers.added).toBeGreaterThan(30)
  expect(story.some((line) => line.endsWith('crashed'))).toBe(true)
  expect(story.some((line) => line.endsWith('stopped'))).toBe(true)
  const residents = run.simulation.peers.slice(5, 10)
  expect(residents.map(({ state, session }) => [state, session])).toEqual(residents.map(() => ['running', 1]))
  expect(run.simulation.peers.slice(0, 5).some(({ session }) => session > 1)).toBe(true)
})

test('the report counts what happened, by protocol and per peer and second', () => {
  const { run } = prepare({
    peers: 4,
    duration: '10s',
    workload: { toy: { at: '3s' } },
    faults: [{ at: '5s', fault: 'crash', peers: 'p3' }],
  })
  const report = finish(run)
  expect(report).toEqual({
    scenario: 'test',
    seed: 1,
    outcome: 'passed',
    virtualTime: 10_000,
    duration: 10_000,
    events: report.events,
    traceHash: run.simulation.traceHash,
    peers: { added: 4, running: 3, crashed: 1, stopped: 0 },
    // Two peers beat ten times, one five times: the last of it a moment before it crashes.
    traffic: [
      {
        protocol: '/test/beat/1.0.0',
        messages: 24,
        bytes: 120,
        messagesPerPeerSecond: 0.686,
        bytesPerPeerSecond: 3.429,
      },
    ],
    counters: {},
    emitted: { toy: { beat: 22 } },
    measurements: { kinds: { crashed: 1, event: 22 }, toy: { worked: 1 } },
    checkers: [],
  })
})

test('a finding ends the run, is in the report, and names the one command that repeats it', () => {
  const scenario = { name: 'test', peers: 3, overlay: { toy: { limit: 10 } }, checkers: ['limit'], duration: '1m' }
  const read = readScenario(scenario, registry)
  const replay = (seed: number | string): string => `again ${seed}`
  const report = runScenario(read, { overlays: registry, seed: 'x', replay })
  expect(report).toMatchObject({
    outcome: 'failed',
    checkers: ['limit'],
    finding: { checker: 'limit', finding: '11 beats are too many', replay: 'again x' },
  })
  expect(report.virtualTime).toBeLessThan(10_000)
  expect(runScenario(read, { overlays: registry, seed: 'x', replay })).toEqual(report)
})

test('a checker may look once at the end', () => {
  const crash = { at: '1s', fault: 'crash', peers: 'all' }
  const failed = finish(prepare({ peers: 2, duration: '3s', checkers: ['end'], faults: [crash] }).run)
  expect(failed).toMatchObject({ outcome: 'failed', finding: { checker: 'end', finding: 'nobody runs', time: 3000 } })
  expect(finish(prepare({ peers: 2, duration: '3s', checkers: ['end'] }).run).outcome).toBe('passed')
})

test('a run that is not over is reported as interrupted', () => {
  const { run } = prepare({ peers: 2, duration: '3s' })
  run.step()
  expect(run.report()).toMatchObject({ outcome: 'interrupted', virtualTime: 100, duration: 3000 })
})

test('the same scenario and seed give the same report, to the last figure', () => {
  const scenario = readScenario(
    {
      name: 'both',
      peers: { count: 20, groups: { some: '20%' } },
      overlay: { swim: {}, gossip: {} },
      network: { latency: 'cities', loss: '5%', duplication: '1%', reordering: '1%' },
      faults: [
        { at: '10s', fault: 'crash', peers: 'some', for: '20s' },
        { at: '20s', fault: 'suspend', peers: '10%', for: '10s' },
      ],
      churn: { arrivalsPerMinute: 10, lifetime: { weibull: { scale: '20s', shape: 0.5 } } },
      workload: { gossip: { every: '500ms' } },
      duration: '60s',
    },
    overlays,
  )
  const report = (seed: number): ScenarioReport => runScenario(scenario, { overlays, seed })
  expect(report(1)).toEqual(report(1))
  expect(report(1).traceHash).not.toBe(report(2).traceHash)
  expect(JSON.parse(JSON.stringify(report(1)))).toEqual(report(1))
})

test('a scenario cannot be run without the overlays it names', () => {
  const scenario = readScenario({ name: 'test', peers: 1, overlay: 'toy', duration: 1 }, registry)
  expect(() => runScenario(scenario, { overlays: {} })).toThrow('there is no overlay named toy')
})

test('the report as a table is within 80 columns and says what failed', () => {
  const scenario = { name: 'test', peers: 3, overlay: { toy: { limit: 5 } }, checkers: ['limit'], duration: '1m' }
  const { run } = prepare(scenario)
  const table = reportTable(finish(run))
  expect(table.split('\n').every((line) => line.length <= 80)).toBe(true)
  expect(table).toContain('scenario    test, seed 1: FAILED')
  expect(table).toMatch(/^FOUND {2}limit, after \d(\.\d+)? s\n6 beats are too many$/m)
})
