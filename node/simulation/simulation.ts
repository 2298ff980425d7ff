import {
  MalformedMessageError,
  assert,
  createRandom,
  integer,
  split,
  type Duration,
  type Instant,
  type PeerId,
  type Random,
} from '../protocol/index.ts'
import { Checkers, type Checker } from './checkers.ts'
import { EventQueue } from './event-queue.ts'
import { record, type SimulationEvent } from './events.ts'
import { Network, type NetworkOptions } from './network.ts'
import { SimulatedHost } from './simulated-host.ts'
import { SimulatedPeer, type PeerSetup } from './simulated-peer.ts'
import { SimulatedSignatures } from './simulated-signatures.ts'
import { TraceHash } from './trace-hash.ts'
import type { World } from './world.ts'

export interface SimulationOptions extends NetworkOptions {
  /** The same seed gives the same run, and the same `traceHash`. @default 1 */
  readonly seed?: number | string
  /** Runs every message through its codec, as the live host does. Slower. @default false */
  readonly encodeMessages?: boolean
  /** How long a flush of the disk takes at most; drawn evenly from 1. @default 20 */
  readonly flushDelay?: Duration
  /** How long a cut link takes to be noticed at both ends. @default 5000 */
  readonly linkTimeout?: Duration
}

/**
 * A world in one thread: peers with their disks, wires between them, virtual time. Everything that happens follows from
 * the seed. Peers run the same overlays as live ones; what a live peer asks of libp2p it asks of this.
 */
export class Simulation {
  readonly seed: number | string
  readonly network: Network
  readonly peers: SimulatedPeer<unknown>[] = []
  readonly #random: Random
  readonly #wires: Random
  readonly #queue = new EventQueue<SimulationEvent>()
  readonly #hash = new TraceHash()
  readonly #byId = new Map<PeerId, SimulatedPeer<unknown>>()
  readonly #counters = new Map<string, number>()
  readonly #checkers: Checkers
  readonly #linkTimeout: Duration
  readonly #world: World
  #now: Instant = 0
  #events = 0

  constructor(options: SimulationOptions = {}) {
    this.seed = options.seed ?? 1
    this.#checkers = new Checkers(this.seed)
    this.#random = createRandom(this.seed)
    this.#wires = split(this.#random, 'wires')
    this.network = new Network(options)
    this.#linkTimeout = options.linkTimeout ?? 5000
    this.#world = this.#createWorld(options)
  }

  get now(): Instant {
    return this.#now
  }

  /** Events so far: deliveries, expiries, answers, links. */
  get events(): number {
    return this.#events
  }

  /** Of everything that has happened so far. 16 hexadecimal digits. */
  get traceHash(): string {
    return this.#hash.toString()
  }

  /** How often something was dropped, by reason. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counters)
  }

  /** Adds a peer and starts it at once. @param setup attaches its overlays; run again at each restart */
  addPeer<Api>(name: string, setup: PeerSetup<Api>): SimulatedPeer<Api> {
    const id = name as PeerId
    assert(!this.#byId.has(id), `there is a peer named ${name}`)
    const peer = new SimulatedPeer(id, this.peers.length, this.#world.signatures.key(name), setup)
    this.peers.push(peer)
    this.#byId.set(id, peer)
    this.#begin(peer)
    return peer
  }

  /** Public key with which the host of a peer of that name signs, 32 bytes. */
  authorKey(name: string): Uint8Array {
    return this.#world.signatures.key(name)
  }

  /** As if one had dialled the other: both hear of it after one latency, unless the wire between them is cut. */
  connect(left: SimulatedPeer<unknown>, right: SimulatedPeer<unknown>): void {
    const delay = this.network.latency(this.#wires)
    this.#queue.put(this.#now + delay, { kind: 'link', peer: left.index, other: right.index })
    this.#queue.put(this.#now + delay, { kind: 'link', peer: right.index, other: left.index })
  }

  /** The peer vanishes with whatever it had not flushed. Others notice by silence, or by the broken link. */
  crash(peer: SimulatedPeer<unknown>): void {
    if (peer.state !== 'running') return
    peer.state = 'crashed'
    peer.disk.crash(this.#random)
    this.#cutLinks(peer)
  }

  /** A clean end: protocols are stopped, the disk is flushed. */
  stop(peer: SimulatedPeer<unknown>): void {
    if (peer.state !== 'running') return
    peer.host?.stop()
    peer.state = 'stopped'
    peer.disk.flushAll()
    this.#cutLinks(peer)
  }

  /** @param options.disk false: the peer comes back with an empty disk. @default true */
  restart(peer: SimulatedPeer<unknown>, { disk = true }: { readonly disk?: boolean } = {}): void {
    assert(peer.state !== 'running', `${peer.id} is running`)
    if (!disk) peer.disk.wipe()
    this.#begin(peer)
  }

  /** Nothing passes between peers of different groups; peers in no group keep all their links. */
  partition(...groups: readonly (readonly SimulatedPeer<unknown>[])[]): void {
    for (const [index, group] of groups.entries()) {
      for (const others of groups.slice(index + 1)) {
        for (const peer of group) for (const other of others) this.cut(peer, other)
      }
    }
  }

  /** Nothing passes between the two, in both ways. */
  cut(left: SimulatedPeer<unknown>, right: SimulatedPeer<unknown>): void {
    this.block(left, right)
    this.block(right, left)
  }

  /** One way. */
  block(from: SimulatedPeer<unknown>, to: SimulatedPeer<unknown>): void {
    this.network.block(from.index, to.index)
    this.#queue.put(this.#now + this.#linkTimeout, { kind: 'linkTimeout', peer: from.index, other: to.index })
  }

  heal(): void {
    this.network.heal()
  }

  /** Runs `act` at that time. */
  at(delay: Duration, act: () => void): void {
    this.#queue.put(this.#now + delay, { kind: 'act', peer: -1, act })
  }

  addChecker(checker: Checker): void {
    this.#checkers.add(checker, this.#now)
  }

  /** @throws CheckFailedError as soon as a checker finds something wrong */
  run(duration: Duration): void {
    const end = this.#now + duration
    while (this.#queue.nextTime <= end) this.#step()
    this.#advance(end)
  }

  /** @returns whether the condition came to hold within the limit; it is looked at every `interval` milliseconds */
  runUntil(condition: () => boolean, limit: Duration, interval: Duration = 100): boolean {
    const end = this.#now + limit
    while (!condition()) {
      if (this.#now >= end) return false
      this.run(Math.min(interval, end - this.#now))
    }
    return true
  }

  #begin(peer: SimulatedPeer<unknown>): void {
    peer.state = 'running'
    peer.session++
    peer.begin(new SimulatedHost(this.#world, peer, split(this.#random, peer.id)))
  }

  #step(): void {
    const time = this.#queue.nextTime
    this.#advance(time)
    const event = this.#queue.take()
    if (event === undefined) return
    this.#events++
    record(this.#hash, this.#now, event)
    this.#happen(event)
  }

  #happen(event: SimulationEvent): void {
    switch (event.kind) {
      case 'deliver':
        return this.#deliver(event.peer, event.from, event.protocol, event.message)
      case 'expire':
        return this.#session(event)?.expire(event.protocol, event.timer)
      case 'answer':
        return this.#session(event)?.answer(event.protocol, event.ticket, event.answer)
      case 'credit':
        return this.#session(event)?.credit(this.#peer(event.to))
      case 'link':
        return this.#link(this.#peer(event.peer), this.#peer(event.other))
      case 'linkTimeout':
        return this.#loseLink(this.#peer(event.peer), this.#peer(event.other))
      case 'unlink':
        return this.#session(event)?.unlink(this.#peer(event.other))
      case 'act':
        return event.act()
    }
  }

  #deliver(to: number, from: SimulatedPeer<unknown>, protocol: string, message: unknown): void {
    const receiver = this.#peer(to)
    const host = receiver.host
    if (receiver.state !== 'running' || host === undefined) return this.#world.count('peer-down')
    if (!host.isLinked(from.index) && from !== receiver && from.state === 'running') {
      host.link(from)
      this.#queue.put(this.#now, { kind: 'link', peer: from.index, other: to })
    }
    try {
      host.deliver(protocol, message, from.id)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#world.count('malformed')
    }
  }

  #link(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
    if (peer.state !== 'running' || other.state !== 'running') return
    if (!this.network.passes(peer.index, other.index) || !this.network.passes(other.index, peer.index)) return
    peer.host?.link(other)
  }

  #loseLink(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
    if (this.network.passes(peer.index, other.index)) return
    if (peer.state === 'running') peer.host?.unlink(other)
    if (other.state === 'running') other.host?.unlink(peer)
  }

  #cutLinks(peer: SimulatedPeer<unknown>): void {
    for (const index of peer.host?.linked ?? []) {
      const other = this.#peer(index)
      const delay = this.network.latency(this.#wires)
      const event = { kind: 'unlink', peer: index, other: peer.index, session: other.session } as const
      this.#queue.put(this.#now + delay, event)
    }
  }

  #session({ peer, session }: { readonly peer: number; readonly session: number }): SimulatedHost | undefined {
    const simulated = this.#peer(peer)
    return simulated.state === 'running' && simulated.session === session ? simulated.host : undefined
  }

  #peer(index: number): SimulatedPeer<unknown> {
    const peer = this.peers[index]
    assert(peer !== undefined, `there is no peer ${index}`)
    return peer
  }

  #advance(time: Instant): void {
    this.#checkers.run(this.#now, time)
    this.#now = time
  }

  #createWorld({ encodeMessages = false, flushDelay = 20 }: SimulationOptions): World {
    const signatures = new SimulatedSignatures(integer(this.#random, 0x7fff_ffff))
    const now = (): Instant => this.#now
    return {
      get now() {
        return now()
      },
      signatures,
      encodeMessages,
      find: (peer) => this.#byId.get(peer),
      schedule: (delay, event) => {
        assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
        this.#queue.put(this.#now + delay, event)
      },
      carry: (from, to, protocol, message, random) => this.#carry(from, to, protocol, message, random),
      flushDelay: (random) => 1 + integer(random, flushDelay),
      count: (reason) => void this.#counters.set(reason, (this.#counters.get(reason) ?? 0) + 1),
    }
  }

  #carry(
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    protocol: string,
    message: unknown,
    random: Random,
  ): Duration {
    const delays = from === to ? [0] : this.network.carry(from.index, to.index, random)
    if (delays.length === 0) {
      this.#world.count('lost')
      return this.network.latency(random)
    }
    for (const delay of delays) {
      this.#queue.put(this.#now + delay, { kind: 'deliver', peer: to.index, from, protocol, message })
    }
    return delays.at(-1) ?? 0
  }
}
