import {
  MalformedMessageError,
  assert,
  createRandom,
  integer,
  type Codec,
  type Duration,
  type Instant,
  type PeerId,
  type Plane,
  type Random,
  type Ticket,
} from '../protocol/index.ts'
import { Agenda } from './agenda.ts'
import { Carrier } from './carrier.ts'
import type { Checkers } from './checkers.ts'
import { Connections } from './connections.ts'
import type { Partition } from './cuts.ts'
import { eventKind, type HeldEvent } from './events.ts'
import { Network, type NetworkOptions } from './network.ts'
import { Observers } from './observers.ts'
import { Population, type ProtocolSort } from './population.ts'
import type { Answer } from './simulated-environment.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { SimulatedSignatures } from './simulated-signatures.ts'
import { TraceHash } from './trace-hash.ts'
import { Traffic } from './traffic.ts'
import { WireChance } from './wire-chance.ts'
import type { World } from './world.ts'

export interface EngineOptions extends NetworkOptions {
  readonly encodeMessages?: boolean
  readonly measureBytes?: boolean
  readonly flushDelay?: Duration
  readonly linkTimeout?: Duration
  readonly links?: boolean
}

/** What happens next: takes events in order, and calls the cores they concern. */
export class Engine implements World {
  readonly seed: number | string
  readonly network: Network
  readonly population: Population = new Population()
  readonly observers: Observers = new Observers()
  readonly traffic: Traffic = new Traffic()
  readonly hash: TraceHash = new TraceHash()
  readonly random: Random
  readonly signatures: SimulatedSignatures
  readonly carrier: Carrier
  readonly connections: Connections
  /** Of every kind. */
  events = 0
  /** What cores were called with: messages received and timers expired. */
  handled = 0
  readonly #checkers: Checkers
  readonly #agenda = new Agenda()
  readonly #chance: WireChance
  readonly #flushDelay: Duration

  constructor(seed: number | string, options: EngineOptions, checkers: Checkers) {
    const { encodeMessages = false, measureBytes = false, flushDelay = 20, linkTimeout = 5000, links = true } = options
    this.seed = seed
    this.random = createRandom(seed)
    this.#chance = new WireChance(integer(this.random, 0x1_0000_0000))
    this.signatures = new SimulatedSignatures(integer(this.random, 0x7fff_ffff))
    this.network = new Network(options)
    const { observers, population, traffic, network } = this
    const around = { agenda: this.#agenda, chance: this.#chance, observers, population, traffic, network }
    this.carrier = new Carrier(around, { encodeMessages, measureBytes })
    this.connections = new Connections(around, { linkTimeout, links })
    this.#checkers = checkers
    this.#flushDelay = flushDelay
  }

  get now(): Instant {
    return this.#agenda.now
  }

  add(peer: SimulatedPeer<unknown>): void {
    this.population.add(peer)
    this.#chance.addPeer()
  }

  /** The peer's session is over. */
  end(peer: SimulatedPeer<unknown>): void {
    this.population.end(peer)
    this.connections.cutLinks(peer.index)
  }

  /** What was held back for and by a peer goes on from here. */
  release(peer: SimulatedPeer<unknown>): void {
    const held = this.population.stallOf(peer.index)?.release()
    if (held === undefined) return
    for (const { kind, other, session, protocol, payload } of held.events) {
      this.#agenda.after(0, kind, peer.index, other, session, protocol, payload)
    }
    this.carrier.release(peer.index, held.messages)
  }

  /** Calls `act` after that delay. */
  at(delay: Duration, act: () => void): void {
    assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
    this.#agenda.after(delay, eventKind.act, -1, -1, 0, 0, act)
  }

  run(duration: Duration): void {
    const { queue } = this.#agenda
    const end = this.now + duration
    for (;;) {
      const time = queue.next(end)
      if (time > end) break
      this.#advance(time)
      queue.take()
      this.events++
      this.hash.addEvent(time, queue.kind, queue.protocol, queue.peer, queue.other)
      if (queue.payload instanceof Uint8Array) this.hash.addBytes(queue.payload)
      this.#happen()
    }
    this.#advance(end)
  }

  // What hosts ask for.

  protocol(name: string, plane: Plane, codec: Codec<unknown>): ProtocolSort {
    return this.population.protocol(name, plane, codec)
  }

  chance(peer: number): Random {
    return this.#chance.of(peer)
  }

  schedule(
    delay: Duration,
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void {
    this.#agenda.after(delay, kind, peer, other, session, protocol, payload)
  }

  carry(from: number, to: number, protocol: ProtocolSort, message: unknown): Duration {
    return this.carrier.carry(from, to, protocol, message)
  }

  link(peer: number, other: number): void {
    this.connections.link(peer, other)
  }

  unlink(peer: number, other: number): void {
    this.connections.unlink(peer, other)
  }

  emitted(peer: PeerId, { name }: ProtocolSort, event: unknown): void {
    if (this.#checkers.listen) this.#checkers.hear(peer, name, event, this.now)
    if (this.observers.any) this.observers.tell({ kind: 'event', time: this.now, peer, protocol: name, event })
  }

  flushDelay(peer: number): Duration {
    return 1 + integer(this.#chance.of(peer), this.#flushDelay)
  }

  count(reason: string): void {
    this.carrier.count(reason)
  }

  #happen(): void {
    const { kind, peer, other, session, protocol, payload } = this.#agenda.queue
    switch (kind) {
      case eventKind.deliver:
        return this.#arrive(peer, other, protocol, payload)
      case eventKind.expire:
        return this.#expire(peer, session, protocol, payload)
      case eventKind.link:
        return this.connections.established(peer, other)
      case eventKind.linkTimeout:
        return this.connections.pairTimedOut(peer, other)
      case eventKind.partitionTimeout:
        return this.connections.partitionTimedOut(payload as Partition)
      case eventKind.act:
        return (payload as () => void)()
      default:
        this.#happenInSession(kind, peer, other, session, protocol, payload)
    }
  }

  #arrive(peer: number, from: number, protocol: number, carried: unknown): void {
    if (!this.population.isRunning(peer)) return this.carrier.lose('peer-down', from, peer, protocol, carried)
    const stall = this.population.stallOf(peer)
    if (stall === undefined) return this.#receive(peer, from, protocol, carried)
    if (stall.suspended !== 'no') return stall.hold(this.#event())
    const { session } = this.population.peer(peer)
    this.#agenda.after(stall.handle(this.now), eventKind.handle, peer, from, session, protocol, carried)
  }

  #expire(peer: number, session: number, protocol: number, timer: unknown): void {
    if (!this.population.runs(peer, session)) return
    const stall = this.population.stallOf(peer)
    if (stall?.suspended === 'everything') return stall.hold(this.#event())
    this.handled++
    this.population.core(peer, protocol)?.expire(timer)
  }

  #happenInSession(
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void {
    if (!this.population.runs(peer, session)) return
    const stall = this.population.stallOf(peer)
    if (stall?.suspended === 'everything') return stall.hold(this.#event())
    const { host } = this.population.peer(peer)
    switch (kind) {
      case eventKind.handle:
        if (stall?.suspended === 'messages') stall.hold(this.#event())
        else this.#receive(peer, other, protocol, payload)
        break
      case eventKind.answer:
        host?.answer(protocol, other as Ticket, payload as Answer)
        break
      case eventKind.credit:
        host?.credit(this.population.peer(other))
        break
      case eventKind.unlink:
        this.connections.unlink(peer, other)
        break
      default:
        assert(false, `there is no event of kind ${kind}`)
    }
  }

  #receive(peer: number, from: number, protocol: number, carried: unknown): void {
    this.connections.reached(peer, from)
    const core = this.population.core(peer, protocol)
    if (core === undefined) return this.count('unknown-protocol')
    this.handled++
    const message = this.#open(peer, protocol, carried)
    if (message === undefined) return this.count('malformed')
    if (this.observers.anyMessages) this.carrier.tell('delivered', from, peer, protocol, message)
    core.receive(message, this.population.name(from))
  }

  /** @returns undefined for what the receiver's codec refuses */
  #open(peer: number, protocol: number, carried: unknown): unknown {
    if (!this.carrier.encodes) return carried
    const sort = this.population.peer(peer).host?.sort(protocol)
    if (sort === undefined) return undefined
    try {
      return this.carrier.open(sort, carried)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      return undefined
    }
  }

  /** The event that was taken, to be kept. */
  #event(): HeldEvent {
    const { kind, peer, other, session, protocol, payload } = this.#agenda.queue
    return { kind, peer, other, session, protocol, payload }
  }

  #advance(time: Instant): void {
    this.#checkers.run(this.now, time)
    this.#agenda.now = time
  }
}
