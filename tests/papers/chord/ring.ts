import { integer, type Host, type PeerId, type ProtocolDefinition, type Random } from '../../../node/protocol/index.ts'
import {
  Simulation,
  constantLatency,
  type SimulatedPeer,
  type SimulationOptions,
} from '../../../node/simulation/index.ts'
import {
  ChordCore,
  SettledRing,
  chordDefinition,
  resolveChordOptions,
  ringNode,
  type ChordEnvironment,
  type ChordEvent,
  type ChordMessage,
  type ChordNeeds,
  type ChordOptions,
  type ChordTimer,
  type RingNode,
  type RingPoint,
} from '../../../overlays/chord/index.ts'

/** One way: the mean of the papers' (ToN 2003, §V-A). */
const latency = 50

/** For rings that nobody mends: what peers do of their own accord begins after the experiment has ended. */
export const still: ChordOptions = {
  stabiliseInterval: 3_600_000,
  fingerInterval: 3_600_000,
  unifyInterval: 86_400_000,
  proximityCandidates: 1,
  lookupTimeout: 600_000,
  lookupLimit: 1_000_000,
}

/** Until whatever peers do when they start is done: each stabilises and looks up one finger. */
export const starting = 30_000

export type RingDefinition = ProtocolDefinition<ChordMessage, ChordTimer, ChordEvent, ChordCore, ChordNeeds>

/**
 * The protocol of the peers of an experiment. Allowed here is what the options refuse: lists of one, which no ring outlives,
 * since some figures of the papers are those of routing by fingers alone; and lookups that end before a question does.
 *
 * @param around what stands between a core and its environment
 */
export function paperDefinition(
  { successors = 8, lookupTimeout = 10_000, ...options }: ChordOptions,
  around: (environment: ChordEnvironment) => ChordEnvironment = (same) => same,
): RingDefinition {
  const resolved = { ...resolveChordOptions(options), successors, lookupTimeout }
  return {
    ...chordDefinition(options),
    create: (environment, needs) => new ChordCore(around(environment), resolved, needs),
  }
}

export interface RingSetup extends SimulationOptions {
  readonly seed: number
  readonly size: number
  readonly definition: RingDefinition
  /** Which node serves another as a finger (`SettledRing`). @default the first of its arc */
  readonly choose?: ((node: RingNode, candidates: readonly RingNode[]) => RingNode | undefined) | undefined
  readonly needs?: Partial<ChordNeeds>
}

interface Inhabitant {
  readonly peer: SimulatedPeer<Host>
  readonly core: ChordCore
}

/** Peers that know of their ring what there is to be known. Every seed gives them other places on it. */
export class Ring {
  readonly simulation: Simulation
  readonly settled: SettledRing
  readonly inhabitants: Inhabitant[]
  readonly #definition: RingDefinition
  readonly #needs: ChordNeeds

  constructor({ seed, size, definition, choose, needs, ...simulation }: RingSetup) {
    this.simulation = new Simulation({ seed, latency: constantLatency(latency), links: false, ...simulation })
    const names = Array.from({ length: size }, (_, index) => nameOf(seed, index))
    this.settled = new SettledRing(
      names.map((name) => ringNode(name)),
      choose,
    )
    this.#definition = definition
    this.#needs = { sample: () => [], ...needs, ring: this.settled }
    // All are there before the first one starts: whoever asked a peer that is not would hold it for dead.
    const peers = names.map((name) => this.simulation.addPeer(name, (host): Host => host))
    this.inhabitants = peers.map((peer) => this.#inhabitant(peer))
  }

  /** The cores of the peers that run. */
  get living(): ChordCore[] {
    return this.inhabitants.flatMap(({ peer, core }) => (peer.state === 'running' ? [core] : []))
  }

  /** A newcomer, who is to join. */
  add(): SimulatedPeer<Host> {
    const name = nameOf(this.simulation.seed, this.inhabitants.length)
    const peer = this.simulation.addPeer(name, (host): Host => host)
    this.inhabitants.push(this.#inhabitant(peer))
    return peer
  }

  #inhabitant(peer: SimulatedPeer<Host>): Inhabitant {
    return { peer, core: peer.api.run(this.#definition, this.#needs) }
  }
}

function nameOf(seed: number | string, index: number): PeerId {
  return `${seed}/${index}` as PeerId
}

/** In which order that peer of a ring was added. */
export function numberOf({ peer }: RingNode): number {
  return Number(peer.slice(peer.indexOf('/') + 1))
}

/** Drawn evenly from 2^64 points all around the ring. */
export function randomKey(random: Random): RingPoint {
  return `${word(random)}${word(random)}${'0'.repeat(48)}` as RingPoint
}

function word(random: Random): string {
  return integer(random, 2 ** 32)
    .toString(16)
    .padStart(8, '0')
}
