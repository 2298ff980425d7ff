import {
  MalformedMessageError,
  assert,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  split,
  type Codec,
  type Duration,
  type Instant,
  type PeerId,
  type Random,
  type Ticket,
} from '../protocol/index.ts'
import type { Checkers } from './checkers.ts'
import type { Partition } from './cuts.ts'
import { EventQueue } from './event-queue.ts'
import { eventKind, type HeldEvent } from './events.ts'
import { Network, type NetworkOptions } from './network.ts'
import { Observers } from './observers.ts'
import type { Answer } from './simulated-environment.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { SimulatedSignatures } from './simulated-signatures.ts'
import { TraceHash } from './trace-hash.ts'
import { Traffic, type TrafficCount } from './traffic.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { World } from './world.ts'

export interface EngineOptions extends NetworkOptions {
  readonly encodeMessages?: boolean
  readonly measureBytes?: boolean
  readonly flushDelay?: Duration
  readonly linkTimeout?: Duration
}

interface KnownProtocol {
  readonly name: string
  readonly codec: Codec<unknown>
}

/** What happens next: takes events in order, and calls the peers they concern. */
export class Engine implements World {
  readonly network: Network
  readonly observers: Observers = new Observers()
  readonly traffic: Traffic = new Traffic()
  readonly hash: TraceHash = new TraceHash()
  readonly random: Random
  readonly signatures: SimulatedSignatures
  readonly peers: SimulatedPeer<unknown>[] = []
  readonly counters: Map<string, number> = new Map()
  now: Instant = 0
  /** Of every kind. */
  events = 0
  /** What cores were called with: messages received and timers expired. */
  handled = 0
  readonly #checkers: Checkers
  readonly #wires: Random
  readonly #queue = new EventQueue()
  readonly #byId = new Map<PeerId, SimulatedPeer<unknown>>()
  readonly #protocols: KnownProtocol[] = []
  readonly #numbers = new Map<string, number>()
  readonly #encodeMessages: boolean
  readonly #measureBytes: boolean
  readonly #flushDelay: Duration
  readonly #linkTimeout: Duration

  constructor(seed: number | string, options: EngineOptions, checkers: Checkers) {
    this.random = createRandom(seed)
    this.#wires = split(this.random, 'wires')
    this.signatures = new SimulatedSignatures(integer(this.random, 0x7fff_ffff))
    this.network = new Network(options)
    this.#checkers = checkers
    this.#encodeMessages = options.encodeMessages ?? false
    this.#measureBytes = options.measureBytes ?? false
    this.#flushDelay = options.flushDelay ?? 20
    this.#linkTimeout = options.linkTimeout ?? 5000
  }

  add(peer: SimulatedPeer<unknown>): void {
    assert(!this.#byId.has(peer.id), `there is a peer named ${peer.id}`)
    this.peers.push(peer)
    this.#byId.set(peer.id, peer)
  }

  peer(index: number): SimulatedPeer<unknown> {
    const peer = this.peers[index]
    assert(peer !== undefined, `there is no peer ${index}`)
    return peer
  }

  /** Calls `act` after that delay. */
  at(delay: Duration, act: () => void): void {
    assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
    this.#put(delay, eventKind.act, -1, -1, 0, 0, act)
  }

  run(duration: Duration): void {
    const end = this.now + duration
    for (;;) {
      const time = this.#queue.next(end)
      if (time > end) break
      this.#advance(time)
      this.#queue.take()
      this.events++
      this.#record()
      this.#happen()
    }
    this.#advance(end)
  }

  // What hosts ask for.

  protocol(name: string, codec: Codec<unknown>): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#protocols.length
    this.#protocols.push({ name, codec })
    this.#numbers.set(name, number)
    this.traffic.addProtocol()
    return number
  }

  find(peer: PeerId): SimulatedPeer<unknown> | undefined {
    return this.#byId.get(peer)
  }

  schedule(
    delay: Duration,
    kind: number,
    peer: SimulatedPeer<unknown>,
    other: number,
    index: number,
    payload: unknown,
  ): void {
    this.#put(delay, kind, peer.index, other, peer.session, index, payload)
  }

  carry(
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    { number, codec }: Pick<RunningProtocol, 'number' | 'codec'>,
    message: unknown,
    random: Random,
  ): Duration {
    const carried = this.#encodeMessages ? encodeMessage(codec, message) : message
    if (from === to) {
      this.#put(0, eventKind.deliver, to.index, from.index, 0, number, carried)
      return 0
    }
    this.traffic.count(number)
    if (this.#measureBytes) this.traffic.measure(number, codec, message)
    if (this.observers.anyMessages) this.#tell('sent', from.id, to.id, number, message)
    const { stall } = from
    if (stall !== undefined && stall.suspended !== 'no') {
      stall.holdSent(to, number, carried, random)
      return this.network.latency(random, from.index, to.index)
    }
    return this.#transmit(from, to, number, carried, random)
  }

  open(codec: Codec<unknown>, carried: unknown): unknown {
    return this.#encodeMessages && carried instanceof Uint8Array ? decodeMessage(codec, carried) : carried
  }

  delivered(from: PeerId, to: PeerId, protocol: number, message: unknown): void {
    if (this.observers.anyMessages) this.#tell('delivered', from, to, protocol, message)
  }

  emitted(peer: PeerId, protocol: number, event: unknown): void {
    if (this.#checkers.listen) this.#checkers.hear(peer, this.#name(protocol), event, this.now)
    if (!this.observers.any) return
    this.observers.tell({ kind: 'event', time: this.now, peer, protocol: this.#name(protocol), event })
  }

  flushDelay(random: Random): Duration {
    return 1 + integer(random, this.#flushDelay)
  }

  count(reason: string): void {
    this.counters.set(reason, (this.counters.get(reason) ?? 0) + 1)
  }

  trafficOf(name: string): TrafficCount {
    const number = this.#numbers.get(name)
    return number === undefined ? { messages: 0, bytes: 0 } : this.traffic.of(number)
  }

  // Links: what `connected` and `disconnected` tell of.

  connect(left: SimulatedPeer<unknown>, right: SimulatedPeer<unknown>): void {
    const delay = this.network.latency(this.#wires, left.index, right.index)
    this.#put(delay, eventKind.link, left.index, right.index, 0, 0, undefined)
    this.#put(delay, eventKind.link, right.index, left.index, 0, 0, undefined)
  }

  block(from: SimulatedPeer<unknown>, to: SimulatedPeer<unknown>): void {
    this.network.cuts.block(from.index, to.index, this.now)
    this.#put(this.#linkTimeout, eventKind.linkTimeout, from.index, to.index, 0, 0, undefined)
  }

  part(partition: Partition): void {
    this.network.cuts.part(partition)
    this.#put(this.#linkTimeout, eventKind.partitionTimeout, -1, -1, 0, 0, partition)
  }

  /** The peer is gone: the other ends of its links hear of it after one latency. */
  cutLinks(peer: SimulatedPeer<unknown>): void {
    for (const index of peer.host?.linked ?? []) {
      const delay = this.network.latency(this.#wires, peer.index, index)
      this.#put(delay, eventKind.unlink, index, peer.index, this.peer(index).session, 0, undefined)
    }
  }

  /** What was held back for and by a peer goes on from here. */
  release(peer: SimulatedPeer<unknown>): void {
    const held = peer.stall?.release()
    if (held === undefined) return
    for (const { kind, other, session, protocol, payload } of held.events) {
      this.#put(0, kind, peer.index, other, session, protocol, payload)
    }
    for (const { to, protocol, message, random } of held.messages) this.#transmit(peer, to, protocol, message, random)
  }

  #put(
    delay: Duration,
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void {
    this.#queue.put(this.now + delay, kind, peer, other, session, protocol, payload)
  }

  #transmit(
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    protocol: number,
    message: unknown,
    random: Random,
  ): Duration {
    const { network } = this
    if (network.loses(random, from.index, to.index)) {
      this.#lose('lost', from, to, protocol, message)
      return network.latency(random, from.index, to.index)
    }
    let delay = network.delay(random, from.index, to.index)
    this.#put(delay, eventKind.deliver, to.index, from.index, 0, protocol, message)
    if (network.duplicates(random)) {
      delay += network.delay(random, from.index, to.index)
      this.#put(delay, eventKind.deliver, to.index, from.index, 0, protocol, message)
    }
    return delay
  }

  /** Adds the event that was taken to the hash of the run. */
  #record(): void {
    const { kind, peer, other, protocol, payload } = this.#queue
    this.hash.addEvent(this.now, (protocol << 8) | kind, peer, other)
    if (payload instanceof Uint8Array) this.hash.addBytes(payload)
  }

  #happen(): void {
    const { kind, peer, other, session, protocol, payload } = this.#queue
    switch (kind) {
      case eventKind.deliver:
        return this.#arrive(this.peer(peer), this.peer(other), protocol, payload)
      case eventKind.expire:
      case eventKind.answer:
      case eventKind.credit:
      case eventKind.handle:
      case eventKind.unlink:
        return this.#happenInSession(this.peer(peer))
      case eventKind.link:
        return this.#link(this.peer(peer), this.peer(other))
      case eventKind.linkTimeout:
        return this.#loseLink(this.peer(peer), this.peer(other))
      case eventKind.partitionTimeout:
        return this.#loseLinks(payload as Partition)
      case eventKind.act:
        return (payload as () => void)()
    }
    assert(false, `there is no event of kind ${kind} (session ${session})`)
  }

  #happenInSession(peer: SimulatedPeer<unknown>): void {
    const { kind, other, session, protocol, payload } = this.#queue
    const { host, stall } = peer
    if (peer.state !== 'running' || peer.session !== session || host === undefined) return
    if (stall !== undefined && stall.suspended !== 'no') {
      if (stall.suspended === 'everything' || kind === eventKind.handle) return stall.hold(this.#event())
    }
    switch (kind) {
      case eventKind.expire:
        this.handled++
        return host.expire(protocol, payload)
      case eventKind.answer:
        return host.answer(protocol, other as Ticket, payload as Answer)
      case eventKind.credit:
        return host.credit(this.peer(other))
      case eventKind.handle:
        return this.#receive(peer, host, this.peer(other), protocol, payload)
      case eventKind.unlink:
        return host.unlink(this.peer(other))
    }
  }

  #arrive(receiver: SimulatedPeer<unknown>, from: SimulatedPeer<unknown>, protocol: number, carried: unknown): void {
    const { host, stall } = receiver
    if (receiver.state !== 'running' || host === undefined) {
      return this.#lose('peer-down', from, receiver, protocol, carried)
    }
    if (stall === undefined) return this.#receive(receiver, host, from, protocol, carried)
    if (stall.suspended !== 'no') return stall.hold(this.#event())
    const delay = stall.handle(this.now) - this.now
    this.#put(delay, eventKind.handle, receiver.index, from.index, receiver.session, protocol, carried)
  }

  #receive(
    receiver: SimulatedPeer<unknown>,
    host: SimulatedHost,
    from: SimulatedPeer<unknown>,
    protocol: number,
    carried: unknown,
  ): void {
    if (!host.isLinked(from.index) && from !== receiver && from.state === 'running') {
      host.link(from)
      this.#link(from, receiver)
    }
    this.handled++
    try {
      host.receive(protocol, carried, from.id)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.count('malformed')
    }
  }

  #link(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
    if (peer.state !== 'running' || other.state !== 'running') return
    if (!this.network.passes(peer.index, other.index) || !this.network.passes(other.index, peer.index)) return
    if (peer.stall?.suspended === 'everything') peer.stall.hold(linkEvent(peer, other))
    else peer.host?.link(other)
  }

  #loseLink(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
    const since = this.network.cuts.blockedSince(peer.index, other.index)
    if (since === undefined || this.now - since < this.#linkTimeout) return
    unlink(peer, other)
    unlink(other, peer)
  }

  #loseLinks(partition: Partition): void {
    if (!this.network.cuts.stands(partition)) return
    for (const peer of this.peers) {
      for (const index of peer.host?.linked ?? []) {
        if (!partition.separates(peer.index, index) && !partition.separates(index, peer.index)) continue
        unlink(peer, this.peer(index))
      }
    }
  }

  /** The event that was taken, to be kept. */
  #event(): HeldEvent {
    const { kind, peer, other, session, protocol, payload } = this.#queue
    return { kind, peer, other, session, protocol, payload }
  }

  #lose(
    reason: string,
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    protocol: number,
    carried: unknown,
  ): void {
    this.count(reason)
    if (!this.observers.anyMessages) return
    const codec = this.#protocols[protocol]?.codec
    this.#tell('lost', from.id, to.id, protocol, codec === undefined ? carried : this.open(codec, carried))
  }

  #tell(kind: 'sent' | 'delivered' | 'lost', from: PeerId, to: PeerId, protocol: number, message: unknown): void {
    this.observers.tellOfMessage({ kind, time: this.now, from, to, protocol: this.#name(protocol), message })
  }

  #name(protocol: number): string {
    return this.#protocols[protocol]?.name ?? ''
  }

  #advance(time: Instant): void {
    this.#checkers.run(this.now, time)
    this.now = time
  }
}

function linkEvent({ index: peer, session }: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): HeldEvent {
  return { kind: eventKind.link, peer, other: other.index, session, protocol: 0, payload: undefined }
}

function unlink(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
  if (peer.state !== 'running') return
  if (peer.stall?.suspended === 'everything') peer.stall.hold({ ...linkEvent(peer, other), kind: eventKind.unlink })
  else peer.host?.unlink(other)
}
