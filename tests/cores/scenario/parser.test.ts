import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { overlays } from '../../../cli/simulation/overlays.ts'
import {
  ScenarioError,
  durationInWords,
  parseScenario,
  readScenario,
  scenarioSchema,
  type Scenario,
} from '../../../node/simulation/index.ts'
import { isValid } from './json-schema.ts'

const examples = new URL('../../../examples/scenarios/', import.meta.url)
const published = JSON.parse(
  readFileSync(new URL('../../../docs/formats/scenario.schema.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, unknown>>

const least = { name: 'least', peers: 3, overlay: 'swim', duration: '10s' }
const grouped = { ...least, peers: { count: 10, prefix: 'm', groups: { left: '0-4', right: '5-9' } } }

function faulty(...faults: object[]): object {
  return { ...grouped, faults }
}

function problems(value: unknown): string[] {
  try {
    readScenario(value, overlays)
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    expect(error.message.split('\n')).toHaveLength(error.problems.length)
    return error.message.split('\n')
  }
  return []
}

test('the published schema is the one that the shapes make', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(scenarioSchema(overlays))))
})

test.for(readdirSync(examples))('the example %s is allowed by the parser and by the schema', (file) => {
  const content = readFileSync(new URL(file, examples), 'utf8')
  const scenario = parseScenario(content, overlays)
  expect(`${scenario.name}.json`).toBe(file)
  expect(scenario.description).toBeDefined()
  expect(isValid(JSON.parse(content), published)).toBe(true)
})

test.each([
  [119_940, '119.94 s'],
  [150_000, '2 m 30 s'],
  [179_600, '3 m'],
  [7_199_600, '2 h'],
])('%i ms are %s', (duration, words) => {
  expect(durationInWords(duration)).toBe(words)
})

describe('what is allowed', () => {
  const good: Record<string, object> = {
    'a number of peers': least,
    'names': { ...least, peers: { names: ['alice', 'bob'], groups: { some: { count: 1 } } } },
    'a group of a group': { ...least, peers: { count: 9, groups: { a: '0-4', b: { share: 0.5, of: 'a' } } } },
    'several overlays': {
      ...least,
      overlay: { swim: { preset: 'wan', probeInterval: '4s', buddySystem: false }, gossip: {} },
    },
    'every fault': faulty(
      { at: 0, fault: 'partition', groups: ['left', 'others'], over: 'm9', for: '1s', every: '2s', times: 2 },
      { at: '1s', fault: 'block', from: 'left', to: ['m5', '7-8'] },
      { at: '1s', fault: 'flap', groups: ['left', 'right'], down: 10, up: 20, for: 100 },
      { at: '1s', fault: 'degrade', peers: '1%', sendLoss: '80%', receiveLoss: 0.5 },
      { at: '1s', fault: 'suspend', peers: { share: '10%', of: 'left' }, timers: false },
      { at: '1s', fault: 'slow', peers: { count: 2 }, delay: '50ms' },
      { at: '1s', fault: 'crash', peers: 'all', disk: false, for: '1s' },
      { at: '1s', fault: 'stop', peers: 'm0' },
      { at: '1s', fault: 'restart', peers: 'm0' },
      { at: '1s', fault: 'resume', peers: 'all' },
      { at: '1s', fault: 'wires', wires: { loss: '1%', duplication: 0.1, reordering: 0 } },
      { at: '1s', fault: 'heal' },
    ),
    'a late start': { ...least, peers: 11, start: { join: 'seed', every: '1s' } },
    'peers named as those who come, where nobody comes': {
      ...least,
      peers: { count: 3, prefix: 'late' },
      churn: { peers: 'all' },
    },
    'a duration of SWIM': { ...least, overlay: { swim: { withdrawalDelay: '45s' } } },
    'churn': {
      ...grouped,
      churn: { arrivalsPerMinute: 2.5, peers: 'right', lifetime: { weibull: { scale: '3m', shape: 0.5 } } },
    },
    'work, checkers and measurements': {
      ...least,
      overlay: { gossip: {} },
      workload: { gossip: { every: '1s', from: '1%', topic: 'news' } },
      checkers: ['delivery'],
      measurements: ['neighbours'],
    },
  }
  const latencies = [
    1,
    '5ms',
    'cities',
    { constant: 3 },
    { uniform: [1, '2s'] },
    { logNormal: { median: 9, spread: 1 } },
  ]
  for (const latency of latencies) good[`the latency ${JSON.stringify(latency)}`] = { ...least, network: { latency } }

  test.for(Object.entries(good))('%s', ([, scenario]) => {
    expect(problems(scenario)).toEqual([])
    expect(isValid(scenario, published)).toBe(true)
  })
})

/** What is found, and whether the schema refuses it too: what refers to another part of the file it cannot know. */
const bad: Record<string, [unknown, string | RegExp, boolean]> = {
  'no object': [
    [],
    'found an empty list, allowed is a scenario: an object with "name", "peers", "overlay" and "duration"',
    true,
  ],
  'a missing key': [
    { name: 'x', overlay: 'swim', duration: 1 },
    'the key "peers" is missing; it is a number of peers, or an object with "count" or "names"',
    true,
  ],
  'nothing where something is wanted': [
    { ...least, peers: null },
    'peers: found null, allowed is a number of peers, or an object with "count" or "names"',
    true,
  ],
  'an unknown latency': [
    { ...least, network: { latency: 'city' } },
    'network.latency: found "city", allowed is "20ms" or milliseconds, {"uniform": ["1ms", "50ms"]}, {"logNormal": {"median": "40ms", "spread": 0.5}} or "cities"',
    true,
  ],
  'a near miss': [
    { ...least, fautls: [] },
    'fautls: unknown key; allowed are "$schema", "name", "description", "peers", "overlay", "start", "network", "faults", "churn", "workload", "duration", "checkers" or "measurements"; did you mean "faults"?',
    true,
  ],
  'a duration without unit': [
    { ...least, duration: '90' },
    'duration: found "90", allowed is a duration such as "90s" or 500 (milliseconds), at least 1 ms, at most 30 days',
    true,
  ],
  'half a millisecond': [
    { ...least, duration: '0.5ms' },
    'duration: found "0.5ms", allowed is a duration such as "90s" or 500 (milliseconds), at least 1 ms, at most 30 days',
    false,
  ],
  'times of what strikes once': [
    faulty({ at: '1s', fault: 'crash', peers: 'all', times: 3 }),
    'faults[0]: found "times" without "every", allowed is both of them or "every" alone',
    false,
  ],
  'a degradation of nothing': [
    faulty({ at: '1s', fault: 'degrade', peers: 'all' }),
    'faults[0]: found neither "sendLoss" nor "receiveLoss", allowed is at least one of them',
    false,
  ],
  'a change of nothing': [
    faulty({ at: '1s', fault: 'wires', wires: {} }),
    'faults[0]: found wires of which nothing changes, allowed is at least one change',
    false,
  ],
  'peers that would start after the end': [
    { ...least, peers: 12, start: { join: 'seed', every: '1s' } },
    'start.every: found peers that start until 11 s, allowed is at most the duration, 10 s',
    false,
  ],
  'a churn after the end': [
    { ...least, churn: { at: '11s' } },
    'churn.at: found 11 s, allowed is at most the duration, 10 s',
    false,
  ],
  'peers named as those who come': [
    { ...least, peers: { count: 3, prefix: 'late' }, churn: { arrivalsPerMinute: 1 } },
    'churn: found the peer "late0", allowed are other names: those who come are called so',
    false,
  ],
  'no peers': [{ ...least, peers: 0 }, 'peers: found 0, allowed is a whole number from 1 to 1000000', true],
  'a group named as a peer': [
    { ...least, peers: { count: 2, groups: { p1: '0' } } },
    'peers: found the group "p1", which is also a peer',
    false,
  ],
  'a group named all': [
    { ...least, peers: { count: 2, groups: { all: '0' } } },
    'peers.groups.all: found the key "all", allowed is a name of up to 64 letters, digits, "_", "." and "-" that begins with a letter',
    true,
  ],
  'a group of itself': [
    { ...least, peers: { count: 2, groups: { a: 'a' } } },
    'peers.groups.a: found "a", which is no peer and no group; allowed are the peers "p0" and so on, "all", a range or a share',
    false,
  ],
  'an unknown overlay': [
    { ...least, overlay: { swmi: {} } },
    'overlay.swmi: unknown key; allowed are "swim" or "gossip"; did you mean "swim"?',
    true,
  ],
  'no overlay': [
    { ...least, overlay: {} },
    'overlay: found no overlay, allowed is the name of an overlay (swim, gossip), or an object with one or several and their options',
    false,
  ],
  'an unknown option': [
    { ...least, overlay: { swim: { probeIntervall: 5 } } },
    /^overlay\.swim\.probeIntervall: unknown key; allowed are "preset", .*; did you mean "probeInterval"\?$/,
    true,
  ],
  'options that contradict each other': [
    { ...least, overlay: { swim: { probeTimeout: '2s' } } },
    'overlay.swim: Cannot use probeTimeout = 2000 for SWIM: it must be below probeInterval = 1000',
    false,
  ],
  'latencies in the wrong order': [
    { ...least, network: { latency: { uniform: [5, 1] } } },
    'network.latency.uniform: found 5 to 1 ms, allowed is the least first, then the most',
    false,
  ],
  'two models of latency': [
    { ...least, network: { latency: { constant: 5, uniform: [1, 2] } } },
    'network.latency: found an object with "constant", "uniform", allowed is exactly one of the keys "constant", "uniform" or "logNormal"',
    true,
  ],
  'a share above 1': [
    { ...least, network: { loss: 1.5 } },
    'network.loss: found 1.5, allowed is a number from 0 to 1',
    true,
  ],
  'a share above 100 %': [
    { ...least, network: { loss: '101%' } },
    'network.loss: found "101%", allowed is a share such as "1%", at most "100%"',
    true,
  ],
  'an unknown fault': [
    faulty({ at: 1, fault: 'crahs', peers: 'm0' }),
    'faults[0].fault: found "crahs", allowed is "partition", "block", "flap", "degrade", "suspend", "slow", "crash", "stop", "restart", "resume", "wires" or "heal"; did you mean "crash"?',
    true,
  ],
  'a fault without peers': [
    faulty({ at: 1, fault: 'heal' }, { at: 1, fault: 'crash' }),
    'faults[1]: the key "peers" is missing; it is a peer, a group, "all", a range such as "0-9", a share such as "1%", or a list of these',
    true,
  ],
  'a peer that is none': [
    faulty({ at: 1, fault: 'crash', peers: ['m0', 'lefft'] }),
    'faults[0].peers: found "lefft", which is no peer and no group; allowed are the peers "m0" and so on, the groups "left" or "right", "all", a range or a share; did you mean "left"?',
    false,
  ],
  'a range beyond the last': [
    faulty({ at: 1, fault: 'partition', groups: ['left', '5-10'] }),
    'faults[0].groups[1]: found a range up to 10, allowed is up to 9: peers are counted from 0',
    false,
  ],
  'others where there are no groups': [
    faulty({ at: 1, fault: 'crash', peers: 'others' }),
    'faults[0].peers: found "others", allowed only in a list of groups',
    false,
  ],
  'a fault after the end': [
    faulty({ at: '11s', fault: 'heal' }),
    'faults[0].at: found 11 s, allowed is at most the duration, 10 s',
    false,
  ],
  'share and count at once': [
    faulty({ at: 1, fault: 'crash', peers: { share: 1, count: 1 } }),
    'faults[0].peers: allowed is exactly one of "share" and "count"',
    false,
  ],
  'work for an overlay that is not there': [
    { ...least, workload: { gossip: { every: 1 } } },
    'workload.gossip: found work for gossip, which no peer runs',
    false,
  ],
  'work for an overlay that does none': [
    { ...least, workload: { swim: {} } },
    'workload.swim: unknown key; allowed are "gossip"',
    true,
  ],
  'a checker of another overlay': [
    { ...least, checkers: ['agreement', 'delivery'] },
    'checkers[1]: found "delivery", which is of an overlay that no peer runs',
    false,
  ],
  'an unknown checker': [
    { ...least, checkers: ['agreemnt'] },
    'checkers[0]: found "agreemnt", allowed is "incarnations", "resurrections", "false-failures", "agreement" or "delivery"; did you mean "agreement"?',
    true,
  ],
  'a name that would not stand in a path': [
    { ...least, name: '../x' },
    'name: found "../x", allowed is a name of 1 to 100 letters, digits, "_", "." and "-"',
    true,
  ],
}

describe('what is refused', () => {
  test.for(Object.entries(bad))('%s', ([, [scenario, message, bySchema]]) => {
    const found = problems(scenario)
    expect(found).toEqual([typeof message === 'string' ? message : (expect.stringMatching(message) as string)])
    expect(isValid(scenario, published)).toBe(!bySchema)
  })

  test('every problem is told of at once, and no more than twenty', () => {
    expect(problems({ ...least, name: '', duration: null, x: 1 })).toHaveLength(3)
    expect(problems(faulty(...Array.from({ length: 100 }, () => ({}))))).toHaveLength(20)
  })

  test('text that is no JSON, and far too much of it', () => {
    expect(() => parseScenario('{', overlays)).toThrow(/^found no JSON: /)
    expect(() => parseScenario(' '.repeat(5_000_000), overlays)).toThrow('allowed are at most 4194304')
  })

  test('keys that objects inherit are unknown keys like any other', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const text = JSON.stringify(least).replace('{', `{"${key}": {"swim": {}}, `)
      expect(() => parseScenario(text, overlays)).toThrow(`${key}: unknown key`)
      const fault = `{"at": 1, "fault": "${key}"}`
      expect(() =>
        parseScenario(JSON.stringify({ ...least, faults: 0 }).replace(':0', `:[${fault}]`), overlays),
      ).toThrow('faults[0].fault: found')
      expect(() => parseScenario(JSON.stringify(least).replace('"swim"', `{"${key}": {}}`), overlays)).toThrow(
        `overlay.${key}: unknown key`,
      )
    }
  })
})

test('durations and shares have one meaning in all their forms', () => {
  const read = (value: object): Scenario => readScenario({ ...least, ...value }, overlays)
  for (const duration of [90_000, '90s', '1.5m', '90000ms']) expect(read({ duration }).duration).toBe(90_000)
  for (const loss of [0.125, '12.5%']) expect(read({ network: { loss } }).network.loss).toBe(0.125)
})

test('whatever is changed in a file, it is a scenario that the schema allows too, or its problems are told', () => {
  const random = createRandom('damaged scenarios')
  const pick = <Item>(items: readonly Item[]): Item => items[integer(random, items.length)] as Item
  const values = [
    null,
    true,
    0,
    -1,
    1.5,
    '',
    'all',
    'others',
    '1%',
    '3-0',
    'm1',
    '5s',
    [],
    {},
    ['m0'],
    { count: 1 },
    'heal',
  ]
  const files = readdirSync(examples).map((file) => readFileSync(new URL(file, examples), 'utf8'))
  const outcomes = { allowed: 0, refused: 0 }
  for (let round = 0; round < 3000; round++) {
    const file: unknown = JSON.parse(pick(files))
    const [holder, key] = pick(places(file))
    const name = pick([key, key, 'peers', 'for', 'every', 'groups'])
    if (integer(random, 4) === 0) Reflect.deleteProperty(holder, key)
    else Reflect.set(holder, Array.isArray(holder) ? key : name, pick(values))
    const text = JSON.stringify(file)
    try {
      parseScenario(text, overlays)
      expect(isValid(JSON.parse(text), published), text).toBe(true)
      outcomes.allowed++
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error
      expect(error.message).not.toMatch(/undefined|\[object|NaN/)
      outcomes.refused++
    }
  }
  expect(outcomes.allowed).toBeGreaterThan(100)
  expect(outcomes.refused).toBeGreaterThan(1000)
})

/** Every place in a value at which something could be put in place of what is there. */
function places(value: unknown): (readonly [object, string])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [[value, key] as const, ...places(item)])
}

test('a byte order mark before a file is no part of it', () => {
  expect(parseScenario(`\ufeff${JSON.stringify(least)}`, overlays).name).toBe('least')
})

test('two overlays of one registry cannot offer the same name', () => {
  expect(() => readScenario(least, { ...overlays, other: overlays['swim']! })).toThrow(
    'Cannot use these overlays: two of them offer checkers named incarnations',
  )
})
