import {
  assert,
  createRandom,
  type Duration,
  type Instant,
  type PeerId,
  type Random,
  type Signed,
} from '../protocol/index.ts'
import { Checkers, type Checker } from './checkers.ts'
import { Partition } from './cuts.ts'
import type { Tear } from './disk.ts'
import { Engine } from './engine.ts'
import type { Degradation, Network, NetworkOptions } from './network.ts'
import type { Happening, ObserveOptions } from './observers.ts'
import { SimulatedHost } from './simulated-host.ts'
import { SimulatedPeer, type PeerSetup, type SimulatedPeerOptions } from './simulated-peer.ts'
import type { TrafficCount } from './traffic.ts'

export interface SimulationOptions extends NetworkOptions {
  /** The same seed gives the same run, and the same `traceHash`. @default 1 */
  readonly seed?: number | string
  /** Runs every message through its codec, as the live host does. Slower. @default false */
  readonly encodeMessages?: boolean
  /** Counts the bytes of every message for `traffic`, by its codec. Slower. @default false */
  readonly measureBytes?: boolean
  /** How long a flush of the disk takes at most; drawn evenly from 1. @default 20 */
  readonly flushDelay?: Duration
  /** What a crash leaves of the entry that was being written; not called where there is none. @default nothing */
  readonly tear?: Tear
  /** How long a cut link takes to be noticed at both ends. @default 5000 */
  readonly linkTimeout?: Duration
  /** Whether the first message that gets through links two peers, as a dial does live, and cores are told so (`connected`).
   *  false leaves it to `connect`: cheaper where a hundred thousand peers talk to each other. @default true */
  readonly links?: boolean
  /** The command that runs a seed again; stands in `CheckFailedError`. */
  readonly replay?: (seed: number | string) => string
}

/** A partition that comes and goes. */
export interface Flapping {
  readonly down: Duration
  readonly up: Duration
  /** Virtual time at which it ends for good, healed. */
  readonly until: Instant
}

type Peer = SimulatedPeer<unknown>

/**
 * A world in one thread: peers with their disks, wires between them, virtual time. Everything that happens follows from
 * the seed. Peers run the same overlays as live ones; what a live peer asks of libp2p it asks of this.
 */
export class Simulation {
  readonly seed: number | string
  readonly #engine: Engine
  readonly #checkers: Checkers
  readonly #tear: Tear | undefined

  constructor(options: SimulationOptions = {}) {
    this.seed = options.seed ?? 1
    this.#tear = options.tear
    this.#checkers = new Checkers(this.seed, options.replay?.(this.seed))
    this.#engine = new Engine(this.seed, options, this.#checkers)
  }

  get now(): Instant {
    return this.#engine.now
  }

  get network(): Network {
    return this.#engine.network
  }

  /** In the order in which they were added. */
  get peers(): readonly Peer[] {
    return this.#engine.population.peers
  }

  /** Events so far: deliveries, expiries, answers, links. */
  get events(): number {
    return this.#engine.events
  }

  /** What cores were called with so far: messages received and timers expired. */
  get handled(): number {
    return this.#engine.handled
  }

  /** Of everything that has happened so far. 16 hexadecimal digits. */
  get traceHash(): string {
    return this.#engine.hash.toString()
  }

  /** How often something was dropped, by reason. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#engine.carrier.counters)
  }

  /** What peers have sent to others so far, lost or not. @param protocol its name; left out: of all */
  traffic(protocol?: string): TrafficCount {
    const { traffic, population } = this.#engine
    if (protocol === undefined) return traffic.total()
    return traffic.of(population.protocols.findIndex(({ name }) => name === protocol))
  }

  /** Chance for a part of the scenario, by name: another part that draws more leaves it as it was. */
  random(label: string): Random {
    return createRandom(`${this.seed}/scenario/${label}`)
  }

  /** Adds a peer and starts it at once. @param setup attaches its overlays; run again at each restart */
  addPeer<Api>(name: string, setup: PeerSetup<Api>, options: SimulatedPeerOptions = {}): SimulatedPeer<Api> {
    const peer = new SimulatedPeer(name as PeerId, this.peers.length, this.#engine.signatures, setup, options)
    this.#engine.add(peer)
    this.#begin(peer)
    return peer
  }

  /** Public key of an author of that name, 32 bytes: a peer's own name unless it was given another. */
  authorKey(name: string): Uint8Array {
    return this.#engine.signatures.key(name)
  }

  /** Whether the author of that key has signed it, for checkers. */
  isSigned(claim: Signed): boolean {
    return this.#engine.signatures.verify(claim)
  }

  /** As if one had dialled the other: both hear of it after one latency, unless the wire between them is cut. */
  connect(left: Peer, right: Peer): void {
    this.#engine.connections.connect(left.index, right.index)
  }

  /** The peer vanishes with whatever it had not flushed. Others notice by silence, or by the broken link. */
  crash(peer: Peer): void {
    if (peer.state !== 'running') return
    peer.state = 'crashed'
    peer.disk.crash(this.#engine.random, this.#tear)
    this.#engine.end(peer)
    this.#tell('crashed', peer)
  }

  /** A clean end: protocols are stopped, the disk is flushed. */
  stop(peer: Peer): void {
    if (peer.state !== 'running') return
    peer.host?.stop()
    peer.state = 'stopped'
    peer.disk.flushAll()
    this.#engine.end(peer)
    this.#tell('stopped', peer)
  }

  /** @param options.disk false: the peer comes back with an empty disk. @default true */
  restart(peer: Peer, { disk = true }: { readonly disk?: boolean } = {}): void {
    assert(peer.state !== 'running', `${peer.id} is running`)
    if (!disk) peer.disk.wipe()
    this.#begin(peer)
  }

  /** Nothing passes between peers of different groups; peers in no group keep all their links. */
  partition(...groups: readonly (readonly Peer[])[]): void {
    this.#engine.connections.part(partitionOf(groups))
    this.#say(`partition of ${sizes(groups)}`)
  }

  /**
   * A partition that comes and goes, beginning now; `heal` ends it while it is down.
   *
   * @throws RangeError when it would never stay up or down
   */
  flap(groups: readonly (readonly Peer[])[], { down, up, until }: Flapping): void {
    if (!(down >= 1 && up >= 1)) throw new RangeError(`Cannot flap every ${down} and ${up} ms: both must be 1 or more`)
    if (this.now >= until) return
    const partition = partitionOf(groups)
    this.#engine.connections.part(partition)
    this.#say(`partition of ${sizes(groups)}, flapping`)
    this.at(Math.min(down, until - this.now), () => {
      // `heal` ended it.
      if (!this.network.cuts.stands(partition)) return
      this.network.cuts.unite(partition)
      this.#say(`partition of ${sizes(groups)} united, flapping`)
      if (this.now + up < until) this.at(up, () => this.flap(groups, { down, up, until }))
    })
  }

  /** Nothing passes between the two, in both ways. */
  cut(left: Peer, right: Peer): void {
    this.block(left, right)
    this.block(right, left)
  }

  /** Undoes `cut`, and for these two any partition between them. */
  join(left: Peer, right: Peer): void {
    this.unblock(left, right)
    this.unblock(right, left)
  }

  /** One way: what `from` sends does not reach `to`. */
  block(from: Peer, to: Peer): void {
    this.#engine.connections.block(from.index, to.index)
    this.#say(`${from.id} to ${to.id} blocked`)
  }

  /**
   * One way: undoes `block`.
   *
   * @param options.partitions whether it opens any partition between the two as well. @default true
   */
  unblock(from: Peer, to: Peer, { partitions = true }: { readonly partitions?: boolean } = {}): void {
    if (partitions) this.network.cuts.unblock(from.index, to.index)
    else this.network.cuts.release(from.index, to.index)
    this.#say(`${from.id} to ${to.id} open`)
  }

  /** Ends all partitions and cuts. */
  heal(): void {
    this.network.cuts.clear()
    this.#say('healed')
  }

  /** Loses a share of what one peer sends or is sent. What is not named stays as it is; 0 ends it. @throws RangeError */
  degrade(peer: Peer, degradation: Degradation): void {
    this.network.degrade(peer.index, degradation)
    const { sendLoss, receiveLoss } = degradation
    const parts = [
      ...(sendLoss === undefined ? [] : [`loses ${percent(sendLoss)} of what it sends`]),
      ...(receiveLoss === undefined ? [] : [`loses ${percent(receiveLoss)} of what it is sent`]),
    ]
    this.#say(`${peer.id} ${parts.join(' and ')}`)
  }

  /**
   * What the peer sends and what reaches it is held back, in order, until `resume`.
   *
   * @param options.timers true: they run on, as in the anomalies of Lifeguard (§ "Experiments": blocked at send and
   * receive); false: the whole process stands still, and timers that come due expire at `resume`. @default true
   */
  suspend(peer: Peer, { timers = true }: { readonly timers?: boolean } = {}): void {
    if (peer.state !== 'running') return
    this.#engine.population.stall(peer.index).suspended = timers ? 'messages' : 'everything'
    this.#tell('suspended', peer)
  }

  resume(peer: Peer): void {
    const stall = this.#engine.population.stallOf(peer.index)
    if (stall === undefined || stall.suspended === 'no') return
    stall.suspended = 'no'
    this.#tell('resumed', peer)
    this.#engine.release(peer)
  }

  /** Every message the peer handles takes so long, one after another. 0 ends it. */
  slow(peer: Peer, delay: Duration): void {
    assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
    if (peer.state !== 'running') return
    this.#engine.population.stall(peer.index).delay = delay
    this.#say(delay === 0 ? `${peer.id} no longer slow` : `${peer.id} takes ${delay} ms for each message`)
  }

  /** Runs `act` after that delay. */
  at(delay: Duration, act: () => void): void {
    this.#engine.at(delay, act)
  }

  addChecker(checker: Checker): void {
    this.#checkers.add(checker, this.now)
  }

  /** Calls the listener with whatever happens from here on, as it happens. It must not change the simulation. */
  observe(listener: (happening: Happening) => void, options: ObserveOptions = {}): void {
    this.#engine.observers.add(listener, options)
  }

  /** @throws CheckFailedError as soon as a checker finds something wrong */
  run(duration: Duration): void {
    this.#engine.run(duration)
  }

  /** @returns whether the condition came to hold within the limit; it is looked at every `interval` milliseconds */
  runUntil(condition: () => boolean, limit: Duration, interval: Duration = 100): boolean {
    const end = this.now + limit
    while (!condition()) {
      if (this.now >= end) return false
      this.run(Math.min(interval, end - this.now))
    }
    return true
  }

  #begin(peer: Peer): void {
    peer.state = 'running'
    peer.session++
    this.#engine.population.begin(peer)
    this.#tell('started', peer)
    peer.begin(new SimulatedHost(this.#engine, peer))
  }

  #tell(kind: 'started' | 'crashed' | 'stopped' | 'suspended' | 'resumed', peer: Peer): void {
    const { observers } = this.#engine
    if (observers.any) observers.tell({ kind, time: this.now, peer: peer.id })
  }

  #say(text: string): void {
    const { observers } = this.#engine
    if (observers.any) observers.tell({ kind: 'network', time: this.now, text })
  }
}

function partitionOf(groups: readonly (readonly Peer[])[]): Partition {
  return new Partition(groups.map((group) => group.map(({ index }) => index)))
}

function sizes(groups: readonly (readonly Peer[])[]): string {
  return groups.map(({ length }) => length).join(' and ')
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
