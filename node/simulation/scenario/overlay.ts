import type { Duration, Host, PeerId, Random } from '../../protocol/index.ts'
import type { Checker } from '../checkers.ts'
import type { Happening } from '../observers.ts'
import type { SimulatedPeer } from '../simulated-peer.ts'
import type { Simulation } from '../simulation.ts'
import type { PeerChoice } from './peer-choice.ts'
import type { Shape } from './shape.ts'

/** How a peer comes in. */
export interface Entry {
  /** Whether it begins with knowing all peers of the start; `contacts` are then all of them, itself included. */
  readonly knowsAll: boolean
  /** Whom it may ask to let it in; empty for the very first. */
  readonly contacts: readonly PeerId[]
}

/** What an overlay, its measurements and its checkers see of the run they are part of. */
export interface OverlayRun<Api> {
  readonly simulation: Simulation
  readonly duration: Duration
  /** Chance of the overlay's own, from the seed. */
  readonly random: Random
  /** Names of the peers of the start. */
  readonly names: readonly PeerId[]
  /** Every peer that was added so far, running or not. */
  readonly peers: readonly SimulatedPeer<unknown>[]
  /** What `attach` returned for its present session, or its last. */
  api(peer: SimulatedPeer<unknown>): Api
  find(peer: PeerId): SimulatedPeer<unknown> | undefined
  choose(choice: PeerChoice): readonly SimulatedPeer<unknown>[]
  /**
   * Whether a fault was ever laid on that peer itself: a crash, a stop, a suspension, a slow-down, a degradation. Such a
   * peer is not healthy in the sense of the Lifeguard paper. Partitions and lossy wires strike nobody in particular.
   */
  wasStruck(peer: PeerId): boolean
}

/** What a measurement found: plain values, the same in every run of the seed. Durations are in milliseconds. */
export type Figures = { readonly [name: string]: number | string | boolean | null | Figures }

/** Listens to a run and sums it up. */
export interface Measurement {
  /** Hears everything but messages. */
  heard?(happening: Happening): void
  /** May be called in the midst of a run. */
  figures(): Figures
}

/** A checker that may also look once at the end, whenever that is. */
export interface ScenarioChecker extends Checker {
  /** @returns what is wrong, or undefined */
  atEnd?(now: Duration): string | undefined
}

/** One of the things an overlay offers to scenario files, by name. */
export interface Offer<Api, Product> {
  /** One sentence for the schema and the guide. */
  readonly about: string
  create(run: OverlayRun<Api>): Product
}

/**
 * An overlay as scenario files know it. The simulator imports no overlay: whoever runs scenarios says which there are,
 * `{ swim, gossip, mine }`.
 */
export interface ScenarioOverlay<Options = unknown, Api = unknown, Workload = unknown> {
  /** One sentence for the schema. */
  readonly about: string
  /** Name of its protocol, under which its events and its traffic are counted. */
  readonly protocol: string
  /** What may stand behind its name in a scenario file. */
  readonly options: Shape<Options>
  /**
   * Called once for each run.
   *
   * @returns attaches the overlay to one session of a peer
   */
  prepare(options: Options, run: OverlayRun<Api>): (host: Host, entry: Entry) => Api
  /** What one of its events is in a transcript, to follow the peer's name: `suspects m7`. Left out: as it is. */
  describe?(event: unknown): string | undefined
  /** What can be done with it while it runs. */
  readonly workload?: {
    readonly shape: Shape<Workload>
    /** Called once all peers of the start have been added; plans what it does with `run.simulation.at`. */
    start(workload: Workload, run: OverlayRun<Api>): Measurement
  }
  readonly checkers?: Readonly<Record<string, Offer<Api, ScenarioChecker>>>
  readonly measurements?: Readonly<Record<string, Offer<Api, Measurement>>>
}

export type ScenarioOverlays = Readonly<Record<string, ScenarioOverlay>>
