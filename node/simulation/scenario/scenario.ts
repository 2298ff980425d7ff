import type { Duration, PeerId } from '../../protocol/index.ts'
import { comings, type Comings } from './comings.ts'
import { choicesIn, fault, type Fault } from './faults.ts'
import type { ScenarioOverlay, ScenarioOverlays } from './overlay.ts'
import {
  findUnknown,
  peerChoice,
  peerChoiceSchema,
  peerLimit,
  peerName,
  peerNames,
  type KnownPeers,
  type PeerChoice,
} from './peer-choice.ts'
import { Place, type Problem } from './place.ts'
import { duration, durationInWords } from './quantities.ts'
import {
  converted,
  dictionary,
  either,
  fallback,
  list,
  optional,
  record,
  required,
  text,
  wholeNumber,
  word,
  type Fields,
  type JsonSchema,
  type Shape,
} from './shape.ts'
import { wires, type Wires } from './wires.ts'

export interface ScenarioPeers {
  readonly names: readonly PeerId[]
  readonly groups: ReadonlyMap<string, PeerChoice>
}

export interface Start {
  /** `known`: all know each other. `seed`: each knows the first one alone. */
  readonly join: 'known' | 'seed'
  /** The peers start one after another, so far apart. */
  readonly every: Duration
}

/** What is to be simulated, but for the seed. */
export interface Scenario {
  readonly $schema?: string
  readonly name: string
  readonly description?: string
  readonly peers: ScenarioPeers
  /** What each peer runs: overlays by name, with their options. */
  readonly overlay: ReadonlyMap<string, unknown>
  readonly start: Start
  readonly network: Wires
  readonly faults: readonly Fault[]
  readonly churn?: Comings
  /** By overlay. */
  readonly workload: ReadonlyMap<string, unknown>
  readonly duration: Duration
  readonly checkers: readonly string[]
  /** Left out: all that the overlays offer. */
  readonly measurements?: readonly string[]
}

/** A scenario file cannot be used. The message lists every problem on a line of its own. */
export class ScenarioError extends Error {
  override readonly name: 'ScenarioError' = 'ScenarioError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'))
    this.problems = problems
  }
}

/** What those are called whom churn brings. */
const lateName = /^late\d+$/

/** Most characters of a scenario file. */
const fileLimit = 4 * 1024 * 1024

/**
 * Reads a scenario file.
 *
 * @param overlays which overlays there are
 * @throws ScenarioError with every problem, where it is, what was found and what is allowed
 */
export function parseScenario(text: string, overlays: ScenarioOverlays): Scenario {
  if (text.length > fileLimit) {
    throw new ScenarioError([
      { path: '', message: `found ${text.length} characters, allowed are at most ${fileLimit}` },
    ])
  }
  let value: unknown
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new ScenarioError([{ path: '', message: `found no JSON: ${(error as Error).message}` }])
  }
  return readScenario(value, overlays)
}

/** As `parseScenario`, of what the file holds. @throws ScenarioError */
export function readScenario(value: unknown, overlays: ScenarioOverlays): Scenario {
  const place = new Place()
  const scenario = scenarioShape(overlays).read(value, place)
  // References are looked up only where everything they may refer to was read.
  if (scenario !== undefined && place.problems.length === 0) checkReferences(scenario, overlays, place)
  if (scenario === undefined || place.problems.length > 0) throw new ScenarioError(place.problems)
  return scenario
}

/** The JSON Schema of the files that these overlays allow. */
export function scenarioSchema(overlays: ScenarioOverlays): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A scenario for the simulator of Peerloom',
    ...scenarioShape(overlays).schema,
    $defs: { peers: peerChoiceSchema },
  }
}

const groups = dictionary({ ...peerNames }, peerChoice, 1000)

const peersObject = record<{
  count?: number
  prefix?: string
  names?: readonly string[]
  groups?: ReadonlyMap<string, PeerChoice>
}>('an object with "count" or "names", and perhaps "prefix" and "groups"', {
  count: optional(wholeNumber({ least: 1, most: peerLimit }), 'How many peers.'),
  prefix: optional(peerName, 'They are called so and a number from 0. Left out: "p".'),
  names: optional(list(peerName, { least: 1, most: peerLimit }), 'What they are called, instead of "count".'),
  groups: optional(groups, 'Peers under one name; shares and counts are drawn once, at the start.'),
})

const peers: Shape<ScenarioPeers> = either<ScenarioPeers>(
  {
    number: converted(wholeNumber({ least: 1, most: peerLimit }), (count) => ({
      names: numbered(count, 'p'),
      groups: new Map(),
    })),
    object: converted(peersObject, ({ count, prefix, names, groups = new Map() }) => {
      if ((count === undefined) === (names === undefined))
        throw new RangeError('allowed is exactly one of "count" and "names"')
      if (names !== undefined && prefix !== undefined)
        throw new RangeError('found "prefix" beside "names", allowed is one')
      const all = (names as readonly PeerId[] | undefined) ?? numbered(count ?? 0, prefix ?? 'p')
      const known = new Set<string>(all)
      if (known.size < all.length) throw new RangeError('found a name twice, allowed are different names')
      const double = [...groups.keys()].find((group) => known.has(group))
      if (double !== undefined) throw new RangeError(`found the group ${JSON.stringify(double)}, which is also a peer`)
      return { names: all, groups }
    }),
  },
  'a number of peers, or an object with "count" or "names"',
)

const start: Shape<Start> = either<Start>(
  {
    string: converted(word('known', 'seed'), (join) => ({ join, every: 0 })),
    object: record<Start>('an object with "join" and "every"', {
      join: required(word('known', 'seed'), 'All know each other, or each knows the first one alone.'),
      every: fallback(duration(), 0, 'The peers start one after another, so far apart.'),
    }),
  },
  '"known" (all know each other), "seed" (each knows the first alone), or {"join": "seed", "every": "50ms"}',
)

function scenarioShape(overlays: ScenarioOverlays): Shape<Scenario> {
  return record<Scenario>('a scenario: an object with "name", "peers", "overlay" and "duration"', {
    $schema: optional(text('the address of a JSON Schema', ''), 'For editors; not read.'),
    name: required(
      text('a name of 1 to 100 letters, digits, "_", "." and "-"', '^[A-Za-z0-9_.-]{1,100}$'),
      'Of the scenario.',
    ),
    description: optional(text('text of up to 2,000 characters', '^.{0,2000}$'), 'What it shows.'),
    peers: required(peers, 'Who takes part.'),
    overlay: required(overlayShape(overlays), 'What each peer runs.'),
    start: fallback(start, { join: 'seed', every: 0 }, 'How the peers of the start find each other. Left out: "seed".'),
    network: fallback(wires, {}, 'What the wires are like.'),
    faults: fallback(list(fault, { most: 10_000 }), [], 'What befalls the peers and the wires, in any order.'),
    churn: optional(comings, 'Peers that come and go.'),
    workload: fallback(workloadShape(overlays), new Map(), 'What is done with the overlays.'),
    duration: required(duration(1), 'Virtual time from the start to the end.'),
    checkers: fallback(
      list(word(...offered(overlays, 'checkers')), { most: 100 }),
      [],
      'What must never be found wrong.',
    ),
    measurements: optional(
      list(word(...offered(overlays, 'measurements')), { most: 100 }),
      'What the report tells beyond counts. Left out: all that the overlays offer.',
    ),
  })
}

function overlayShape(overlays: ScenarioOverlays): Shape<ReadonlyMap<string, unknown>> {
  const names = Object.keys(overlays)
  const fields = Object.entries(overlays).map(([name, { about, options }]) => [name, optional(options, about)])
  const wish = `the name of an overlay (${names.join(', ')}), or an object with one or several and their options`
  const several = record<Record<string, unknown>>(wish, Object.fromEntries(fields) as Fields<Record<string, unknown>>)
  return either<ReadonlyMap<string, unknown>>(
    {
      // As if nothing were said of its options: they may refuse that.
      string: {
        ...word(...names),
        read(value, place) {
          const name = word(...names).read(value, place)
          return name === undefined ? undefined : new Map([[name, overlays[name]?.options.read({}, place)]])
        },
      },
      object: converted(several, (read) => {
        if (Object.keys(read).length === 0) throw new RangeError(`found no overlay, allowed is ${wish}`)
        return new Map(Object.entries(read))
      }),
    },
    wish,
  )
}

function workloadShape(overlays: ScenarioOverlays): Shape<ReadonlyMap<string, unknown>> {
  const able = Object.entries(overlays).filter(([, { workload }]) => workload !== undefined)
  const fields = able.map(([name, { workload }]) => [
    name,
    optional((workload as NonNullable<ScenarioOverlay['workload']>).shape, `What is done with ${name}.`),
  ])
  const wish = `an object with work for an overlay (${able.map(([name]) => name).join(', ')})`
  const shape = record<Record<string, unknown>>(wish, Object.fromEntries(fields) as Fields<Record<string, unknown>>)
  return converted(shape, (read) => new Map(Object.entries(read)))
}

/** @throws RangeError when two overlays offer something under the same name: files could not tell them apart */
function offered(overlays: ScenarioOverlays, what: 'checkers' | 'measurements'): string[] {
  const names = Object.values(overlays).flatMap((overlay) => Object.keys(overlay[what] ?? {}))
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw new RangeError(`Cannot use these overlays: two of them offer ${what} named ${double}`)
  return names
}

/** What only makes sense beside the rest of the file. */
function checkReferences(scenario: Scenario, overlays: ScenarioOverlays, place: Place): void {
  const { peers, faults, overlay, workload, duration } = scenario
  const names = new Set<string>(peers.names)
  const known: KnownPeers = { count: peers.names.length, names, groups: new Set(peers.groups.keys()) }
  const look = (at: Place, choice: PeerChoice, more: Partial<KnownPeers> = {}): void => {
    const message = findUnknown(choice, { ...known, ...more })
    if (message !== undefined) at.problem(message)
  }
  // A group may be drawn from those named before it: no circles.
  const before = new Set<string>()
  for (const [name, choice] of peers.groups) {
    look(place.key('peers').key('groups').key(name), choice, { groups: new Set(before) })
    before.add(name)
  }
  for (const [index, fault] of faults.entries()) {
    const at = place.key('faults').item(index)
    for (const { key, index, choice } of choicesIn(fault)) {
      const here = index === undefined ? at.key(key) : at.key(key).item(index)
      // Only of several groups can there be others.
      if (index === undefined || choice.kind !== 'others') look(here, choice)
    }
    if (fault.at <= duration) continue
    at.key('at').problem(
      `found ${durationInWords(fault.at)}, allowed is at most the duration, ${durationInWords(duration)}`,
    )
  }
  checkComings(scenario, look, place)
  for (const name of workload.keys()) {
    if (!overlay.has(name)) place.key('workload').key(name).problem(`found work for ${name}, which no peer runs`)
  }
  for (const what of ['checkers', 'measurements'] as const) {
    const there = new Set([...overlay.keys()].flatMap((name) => Object.keys(overlays[name]?.[what] ?? {})))
    for (const [index, name] of (scenario[what] ?? []).entries()) {
      if (there.has(name)) continue
      place
        .key(what)
        .item(index)
        .problem(`found ${JSON.stringify(name)}, which is of an overlay that no peer runs`)
    }
  }
}

/** Whoever comes after the end would be missing in silence. */
function checkComings(
  { peers: { names }, start, churn, duration }: Scenario,
  look: (at: Place, choice: PeerChoice) => void,
  place: Place,
): void {
  const last = (names.length - 1) * start.every
  if (last > duration) {
    const found = `found peers that start until ${durationInWords(last)}`
    place
      .key('start')
      .key('every')
      .problem(`${found}, allowed is at most the duration, ${durationInWords(duration)}`)
  }
  if (churn === undefined) return
  if (churn.peers !== undefined) look(place.key('churn').key('peers'), churn.peers)
  if (churn.at > duration) {
    const found = `found ${durationInWords(churn.at)}`
    place
      .key('churn')
      .key('at')
      .problem(`${found}, allowed is at most the duration, ${durationInWords(duration)}`)
  }
  const late = names.find((name) => lateName.test(name))
  if (churn.arrivalsPerMinute === 0 || late === undefined) return
  place
    .key('churn')
    .problem(`found the peer ${JSON.stringify(late)}, allowed are other names: those who come are called so`)
}

function numbered(count: number, prefix: string): PeerId[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}` as PeerId)
}
