import type { Duration, Host, Instant, PeerId } from '../../protocol/index.ts'
import { sample, type Random } from '../../protocol/index.ts'
import { CheckFailedError } from '../checkers.ts'
import { startChurn } from '../churn.ts'
import type { SimulatedPeer } from '../simulated-peer.ts'
import { Simulation } from '../simulation.ts'
import type { Entry, Measurement, OverlayRun, ScenarioChecker, ScenarioOverlay, ScenarioOverlays } from './overlay.ts'
import { Picker } from './picker.ts'
import type { Finding, ScenarioReport } from './report.ts'
import type { Scenario } from './scenario.ts'
import { Striker, isRunning } from './striker.ts'
import { Tally } from './tally.ts'
import { createLatency } from './wires.ts'

export interface ScenarioRunOptions {
  /** Those the scenario names, at least. */
  readonly overlays: ScenarioOverlays
  /** @default 1 */
  readonly seed?: number | string
  /** The command that runs a seed again. */
  readonly replay?: (seed: number | string) => string
  /** Counts bytes; without, they are reported as 0, and the run is faster. @default true */
  readonly measureBytes?: boolean
}

type Apis = ReadonlyMap<string, unknown>

/** An overlay as this run uses it. */
interface Prepared {
  readonly name: string
  readonly overlay: ScenarioOverlay
  readonly view: OverlayRun<unknown>
  readonly attach: (host: Host, entry: Entry) => unknown
}

/** Virtual milliseconds of one step. The same for every caller, so that all run alike. */
const stepDuration = 100

/** Contacts that a late-comer is given. */
const contactCount = 3

/**
 * One run of a scenario. It goes step by step, so that whoever runs it may show progress or end it; the outcome does not
 * depend on that.
 */
export class ScenarioRun {
  readonly scenario: Scenario
  readonly simulation: Simulation
  readonly #prepared: readonly Prepared[]
  readonly #picker: Picker
  readonly #striker: Striker
  readonly #tally: Tally
  readonly #random: Random
  readonly #measurements = new Map<string, Measurement>()
  /** By the name that the scenario has for it. */
  readonly #checkers = new Map<string, ScenarioChecker>()
  readonly #replay: string | undefined
  #finding: Finding | undefined
  #ended = false

  constructor(scenario: Scenario, { overlays, seed = 1, replay, measureBytes = true }: ScenarioRunOptions) {
    this.scenario = scenario
    this.#replay = replay?.(seed)
    const { latency, ...shares } = scenario.network
    const wires = latency === undefined ? shares : { ...shares, latency: createLatency(latency) }
    this.simulation = new Simulation({ seed, measureBytes, ...wires, ...(replay === undefined ? {} : { replay }) })
    this.#random = this.simulation.random('contacts')
    const { names, groups } = scenario.peers
    this.#picker = new Picker(names, groups, () => this.simulation.peers, this.simulation.random('choices'))
    this.#striker = new Striker(this.simulation, this.#picker)
    const protocols = [...scenario.overlay.keys()].map((name) => [protocolOf(overlays, name), name] as const)
    this.#tally = new Tally(new Map(protocols))
    this.#prepared = [...scenario.overlay].map(([name, options]) => this.#prepare(name, overlays, options))
    this.simulation.observe((happening) => this.#hear(happening))
    this.#addPeers()
    this.#plan()
  }

  /** Whether nothing more will happen: the duration is over, or a checker found something. */
  get isOver(): boolean {
    return this.#ended || this.#finding !== undefined
  }

  /** What a checker found, once one did. */
  get finding(): Finding | undefined {
    return this.#finding
  }

  /** Runs up to 100 ms of virtual time further. Does nothing once the run is over. */
  step(): void {
    if (this.isOver) return
    try {
      this.simulation.run(Math.min(stepDuration, this.scenario.duration - this.simulation.now))
      if (this.simulation.now >= this.scenario.duration) this.#end()
    } catch (error) {
      if (!(error instanceof CheckFailedError)) throw error
      const named = [...this.#checkers].find(([, { name }]) => name === error.checker)
      this.#fail(named?.[0] ?? error.checker, error.finding, error.time)
    }
  }

  /** What an event of one of the overlays is in words, for a transcript. */
  describe(protocol: string, event: unknown): string | undefined {
    return this.#prepared.find(({ overlay }) => overlay.protocol === protocol)?.overlay.describe?.(event)
  }

  /** What was measured so far; of the whole run once it is over. */
  report(): ScenarioReport {
    const { scenario, simulation } = this
    const peers = simulation.peers
    const count = (state: string): number => peers.filter((peer) => peer.state === state).length
    const seconds = this.#tally.peerSeconds(simulation.now)
    return {
      scenario: scenario.name,
      seed: simulation.seed,
      outcome: this.#finding !== undefined ? 'failed' : this.#ended ? 'passed' : 'interrupted',
      virtualTime: simulation.now,
      duration: scenario.duration,
      events: simulation.handled,
      traceHash: simulation.traceHash,
      peers: { added: peers.length, running: count('running'), crashed: count('crashed'), stopped: count('stopped') },
      traffic: this.#prepared.map(({ overlay: { protocol } }) => {
        const { messages, bytes } = simulation.traffic(protocol)
        const [messagesPerPeerSecond, bytesPerPeerSecond] = [rate(messages, seconds), rate(bytes, seconds)]
        return { protocol, messages, bytes, messagesPerPeerSecond, bytesPerPeerSecond }
      }),
      counters: simulation.counters,
      emitted: this.#tally.emitted,
      measurements: Object.fromEntries([...this.#measurements].map(([name, each]) => [name, each.figures()])),
      checkers: [...this.#checkers.keys()],
      ...(this.#finding === undefined ? {} : { finding: this.#finding }),
    }
  }

  #prepare(name: string, overlays: ScenarioOverlays, options: unknown): Prepared {
    const overlay = overlays[name] as ScenarioOverlay
    const { simulation, scenario } = this
    const view: OverlayRun<unknown> = {
      simulation,
      duration: scenario.duration,
      random: simulation.random(name),
      names: scenario.peers.names,
      get peers() {
        return simulation.peers
      },
      api: (peer) => (peer as SimulatedPeer<Apis>).api.get(name),
      find: (peer) => this.#picker.find(peer),
      choose: (choice) => this.#picker.choose(choice),
      wasStruck: (peer) => this.#striker.struck.has(peer),
    }
    return { name, overlay, view, attach: overlay.prepare(options, view) }
  }

  #addPeers(): void {
    const { names } = this.scenario.peers
    const { join, every } = this.scenario.start
    for (const [index, name] of names.entries()) {
      const entry: Entry = {
        knowsAll: join === 'known',
        contacts: join === 'known' ? names : names.slice(0, Math.min(index, 1)),
      }
      if (every === 0) this.#addPeer(name, entry)
      else this.simulation.at(index * every, () => this.#addPeer(name, entry))
    }
  }

  /** @param entry of its first session; when it comes back it asks somebody who is there */
  #addPeer(name: PeerId, entry: Entry): SimulatedPeer<Apis> {
    let next: Entry | undefined = entry
    return this.simulation.addPeer(name, (host) => {
      const present = next ?? this.#lateEntry(name)
      next = undefined
      return new Map(this.#prepared.map(({ name, attach }) => [name, attach(host, present)]))
    })
  }

  #lateEntry(self: PeerId): Entry {
    const running = this.simulation.peers.filter((peer) => isRunning(peer) && peer.id !== self)
    return { knowsAll: false, contacts: sample(this.#random, running, contactCount).map(({ id }) => id) }
  }

  #plan(): void {
    const { faults, churn, checkers, measurements, workload } = this.scenario
    for (const fault of faults) this.#striker.plan(fault)
    if (churn !== undefined) this.simulation.at(churn.at, () => this.#churn())
    for (const { name, overlay, view } of this.#prepared) {
      for (const [name, offer] of Object.entries(overlay.measurements ?? {})) {
        if (measurements?.includes(name) ?? true) this.#measurements.set(name, offer.create(view))
      }
      const work = workload.get(name)
      if (work !== undefined && overlay.workload !== undefined) {
        this.#measurements.set(name, overlay.workload.start(work, view))
      }
      for (const [name, offer] of Object.entries(overlay.checkers ?? {})) {
        if (checkers.includes(name)) this.#check(name, offer.create(view))
      }
    }
  }

  #check(name: string, checker: ScenarioChecker): void {
    this.#checkers.set(name, checker)
    if (checker.check !== undefined || checker.heard !== undefined) this.simulation.addChecker(checker)
  }

  #churn(): void {
    const { churn } = this.scenario
    if (churn === undefined) return
    const { arrivalsPerMinute, peers, lifetime, crashShare, restartShare, downtime, disk } = churn
    startChurn(this.simulation, {
      arrivals: arrivalsPerMinute,
      spawn: (number) => this.#addPeer(`late${number}` as PeerId, this.#lateEntry(`late${number}` as PeerId)),
      peers: peers === undefined ? [] : this.#picker.choose(peers, isRunning),
      ...(lifetime === undefined ? {} : { lifetime }),
      crashShare,
      restartShare,
      downtime,
      disk,
      until: churn.for === undefined ? Infinity : this.simulation.now + churn.for,
    })
  }

  #hear(happening: Parameters<Parameters<Simulation['observe']>[0]>[0]): void {
    this.#tally.hear(happening)
    // Whoever goes by churn is not expected to answer either.
    if (happening.kind === 'crashed' || happening.kind === 'stopped') this.#striker.struck.add(happening.peer)
    for (const measurement of this.#measurements.values()) measurement.heard?.(happening)
  }

  #end(): void {
    for (const [name, checker] of this.#checkers) {
      const finding = checker.atEnd?.(this.simulation.now)
      if (finding !== undefined) return this.#fail(name, finding, this.simulation.now)
    }
    this.#ended = true
  }

  #fail(checker: string, finding: string, time: Instant): void {
    this.#finding = { checker, finding, time, ...(this.#replay === undefined ? {} : { replay: this.#replay }) }
  }
}

/** Runs a scenario to its end, or to what a checker finds. */
export function runScenario(scenario: Scenario, options: ScenarioRunOptions): ScenarioReport {
  const run = new ScenarioRun(scenario, options)
  while (!run.isOver) run.step()
  return run.report()
}

/** @throws RangeError for an overlay that was not given */
function protocolOf(overlays: ScenarioOverlays, name: string): string {
  const overlay = Object.hasOwn(overlays, name) ? overlays[name] : undefined
  if (overlay === undefined) throw new RangeError(`Cannot run the scenario: there is no overlay named ${name}`)
  return overlay.protocol
}

function rate(count: number, seconds: Duration): number {
  return seconds === 0 ? 0 : Math.round((count / seconds) * 1000) / 1000
}
