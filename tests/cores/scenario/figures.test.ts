import { describe, expect, test } from 'vitest'
import { overlays } from '../../../cli/simulation/overlays.ts'
import {
  Distribution,
  readScenario,
  runScenario,
  type Figures,
  type ScenarioReport,
} from '../../../node/simulation/index.ts'

function run(scenario: object, seed = 1): ScenarioReport {
  const given = { name: 'figures', peers: 10, overlay: 'swim', start: 'known', duration: '60s', ...scenario }
  return runScenario(readScenario(given, overlays), { overlays, seed })
}

function figures(report: ScenarioReport, name: string): Figures {
  const found = report.measurements[name]
  if (found === undefined) throw new Error(`There are no figures named ${name}`)
  return found
}

const halves = { at: '10s', fault: 'partition', groups: ['0-4', '5-9'] }
const wholeTime = { swim: {}, gossip: {} }

describe('SWIM', () => {
  test('a crash is detected by the first and then by all', () => {
    const detection = figures(run({ faults: [{ at: '10s', fault: 'crash', peers: ['p1', 'p2'] }] }), 'detection')
    expect(detection).toMatchObject({
      crashes: 2,
      firstSuspicion: { noticed: 2 },
      first: { noticed: 2 },
      all: { noticed: 2 },
    })
    const medians = ['firstSuspicion', 'first', 'all'].map((name) => (detection[name] as Figures)['median'] as number)
    expect(medians.toSorted((left, right) => left - right)).toEqual(medians)
    expect(medians[0]).toBeGreaterThan(0)
  })

  test('whoever is back before anybody noticed was not detected', () => {
    const detection = figures(run({ faults: [{ at: '10s', fault: 'crash', peers: 'p1', for: '100ms' }] }), 'detection')
    expect(detection).toMatchObject({ crashes: 1, first: { noticed: 0 }, all: { noticed: 0, median: null } })
  })

  test('detection by all does not wait for those who crash meanwhile', () => {
    const faults = [
      { at: '10s', fault: 'crash', peers: 'p1' },
      { at: '11s', fault: 'stop', peers: 'p2' },
    ]
    expect(figures(run({ faults }), 'detection')).toMatchObject({ crashes: 1, all: { noticed: 1 } })
  })

  test('each half calls the whole other half failed: healthy of healthy', () => {
    const report = run({ faults: [halves] })
    expect(figures(report, 'falsePositives')).toMatchObject({
      ofHealthy: 50,
      ofHealthyAtHealthy: 50,
      healthyMembers: 10,
      ofStruck: 0,
    })
    expect(figures(report, 'views')).toEqual({
      observers: 10,
      distinct: 2,
      leastMembers: 5,
      mostMembers: 5,
      healthyMissing: 10,
    })
  })

  test('a member that is suspended is not healthy, whoever calls it failed and whomever it calls failed', () => {
    const report = run({ faults: [{ at: '10s', fault: 'suspend', peers: 'p1', timers: false }] })
    expect(figures(report, 'falsePositives')).toMatchObject({ ofHealthy: 0, ofHealthyAtHealthy: 0, ofStruck: 9 })
    expect(figures(report, 'views')).toMatchObject({ observers: 9, distinct: 1, mostMembers: 9, healthyMissing: 0 })
  })

  test.each([
    ['false-failures', /^p\d calls p\d failed, which runs, and no fault was laid on either$/],
    ['agreement', /^p\d does not know p\d, which runs$/],
  ])('%s finds a partition', (checker, finding) => {
    const report = run({ faults: [halves], checkers: [checker] })
    expect(report.finding).toMatchObject({ checker, finding: expect.stringMatching(finding) as string })
    expect(run({ checkers: [checker] }).finding).toBeUndefined()
  })

  test('agreement finds a member that is gone and not noticed', () => {
    const report = run({ faults: [{ at: '59s', fault: 'crash', peers: 'p7' }], checkers: ['agreement'] })
    expect(report.finding).toMatchObject({
      finding: expect.stringMatching(/^p\d knows p7, which does not run$/) as string,
    })
  })
})

describe('gossip', () => {
  const gossip = { overlay: 'gossip', workload: { gossip: { every: '1s', at: '20s' } }, checkers: ['delivery'] }

  test.each(['gossip', wholeTime])('every message reaches all others, over %j', (overlay) => {
    const report = run({ ...gossip, overlay, network: { loss: '10%' } })
    expect(report.outcome).toBe('passed')
    expect(figures(report, 'gossip')).toMatchObject({
      published: 41,
      publishedEarly: 20,
      deliveries: 180,
      missing: 0,
      share: 1,
    })
    expect(figures(report, 'neighbours')['least']).toBeGreaterThan(0)
  })

  test('what does not arrive is missing, and a finding', () => {
    const report = run({ ...gossip, faults: [{ ...halves, at: '15s' }] })
    expect(figures(report, 'gossip')).toMatchObject({ deliveries: 80, missing: 100, share: 0.444444 })
    expect(report.finding).toMatchObject({
      checker: 'delivery',
      finding: '100 deliveries are missing of messages older than 20 s',
    })
  })

  test('nobody who has crashed since is missed', () => {
    const faults = [
      { ...halves, at: '35s' },
      { at: '50s', fault: 'crash', peers: '5-9' },
    ]
    const report = run({ ...gossip, workload: { gossip: { every: '1s', at: '36s', from: '0-4', for: '3s' } }, faults })
    expect(report.outcome).toBe('passed')
    expect(figures(report, 'gossip')).toMatchObject({ published: 3, deliveries: 12, missing: 0 })
  })
})

test.each(['swim-crash', 'swim-partition', 'swim-anomalies', 'gossip-churn', 'city-latencies'])(
  'nothing is found wrong in the scenario %s',
  async (name) => {
    const { default: given } = (await import(`../../../examples/scenarios/${name}.json`, {
      with: { type: 'json' },
    })) as {
      default: object
    }
    expect(runScenario(readScenario(given, overlays), { overlays, seed: 2, measureBytes: false }).outcome).toBe(
      'passed',
    )
  },
)

test('quantiles are by nearest rank, of whatever was counted', () => {
  const numbers = new Distribution()
  expect(numbers.figures()).toEqual({ mean: null, median: null, p99: null, most: null })
  for (let value = 100; value >= 1; value--) numbers.add(value)
  expect(numbers.figures()).toEqual({ mean: 50.5, median: 50, p99: 99, most: 100 })
  expect([numbers.quantile(0), numbers.quantile(1), numbers.count]).toEqual([1, 100, 100])
})
