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
} from '../protocol/index.ts'
import type { Checkers } from './checkers.ts'
import type { Partition } from './cuts.ts'
import { EventQueue } from './event-queue.ts'
import { record, type SimulationEvent } from './events.ts'
import { Network, type NetworkOptions } from './network.ts'
import { Observers } from './observers.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { SimulatedSignatures } from './simulated-signatures.ts'
import { TraceHash } from './trace-hash.ts'
import { Traffic, type TrafficCount } from './traffic.ts'
import type { Outgoing, World } from './world.ts'

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
  readonly #queue = new EventQueue<SimulationEvent>()
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

  put(delay: Duration, event: SimulationEvent): void {
    assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
    this.#queue.put(this.now + delay, event)
  }

  run(duration: Duration): void {
    const end = this.now + duration
    while (this.#queue.nextTime <= end) this.#step()
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

  schedule(delay: Duration, event: SimulationEvent): void {
    this.put(delay, event)
  }

  carry(outgoing: Outgoing, to: SimulatedPeer<unknown>): Duration {
    const { from, protocol, codec, message, random } = outgoing
    const carried = this.#encodeMessages ? encodeMessage(codec, message) : message
    if (from === to) {
      this.put(0, { kind: 'deliver', peer: to.index, from, protocol, message: carried })
      return 0
    }
    this.traffic.count(protocol)
    if (this.#measureBytes) this.traffic.measure(protocol, codec, message)
    if (this.observers.anyMessages) this.#tell('sent', from.id, to.id, protocol, message)
    const { stall } = from
    if (stall !== undefined && stall.suspended !== 'no') {
      stall.holdSent(to, protocol, carried, random)
      return this.network.latency(random, from.index, to.index)
    }
    return this.#transmit(from, to, protocol, carried, random)
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
    this.put(delay, { kind: 'link', peer: left.index, other: right.index })
    this.put(delay, { kind: 'link', peer: right.index, other: left.index })
  }

  block(from: SimulatedPeer<unknown>, to: SimulatedPeer<unknown>): void {
    this.network.cuts.block(from.index, to.index, this.now)
    this.put(this.#linkTimeout, { kind: 'linkTimeout', peer: from.index, other: to.index })
  }

  part(partition: Partition): void {
    this.network.cuts.part(partition)
    this.put(this.#linkTimeout, { kind: 'partitionTimeout', peer: -1, partition })
  }

  /** The peer is gone: the other ends of its links hear of it after one latency. */
  cutLinks(peer: SimulatedPeer<unknown>): void {
    for (const index of peer.host?.linked ?? []) {
      const other = this.peer(index)
      const delay = this.network.latency(this.#wires, peer.index, index)
      this.put(delay, { kind: 'unlink', peer: index, other: peer.index, session: other.session })
    }
  }

  /** What was held back for and by a peer goes on from here. */
  release(peer: SimulatedPeer<unknown>): void {
    const held = peer.stall?.release()
    if (held === undefined) return
    for (const event of held.events) this.put(0, event)
    for (const { to, protocol, message, random } of held.messages) this.#transmit(peer, to, protocol, message, random)
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
    this.put(delay, { kind: 'deliver', peer: to.index, from, protocol, message })
    if (network.duplicates(random)) {
      delay += network.delay(random, from.index, to.index)
      this.put(delay, { kind: 'deliver', peer: to.index, from, protocol, message })
    }
    return delay
  }

  #step(): void {
    this.#advance(this.#queue.nextTime)
    const event = this.#queue.take()
    if (event === undefined) return
    this.events++
    record(this.hash, this.now, event)
    this.#happen(event)
  }

  #happen(event: SimulationEvent): void {
    switch (event.kind) {
      case 'deliver':
        return this.#arrive(event)
      case 'handle':
      case 'expire':
      case 'answer':
      case 'credit':
        return this.#happenInSession(event)
      case 'link':
        return this.#link(this.peer(event.peer), this.peer(event.other))
      case 'linkTimeout':
        return this.#loseLink(this.peer(event.peer), this.peer(event.other))
      case 'partitionTimeout':
        return this.#loseLinks(event.partition)
      case 'unlink':
        return this.#session(event.peer, event.session)?.unlink(this.peer(event.other))
      case 'act':
        return event.act()
    }
  }

  #happenInSession(event: SimulationEvent & { kind: 'handle' | 'expire' | 'answer' | 'credit' }): void {
    const host = this.#session(event.peer, event.session)
    if (host === undefined) return
    const stall = this.peer(event.peer).stall
    if (stall?.suspended === 'everything' || (event.kind === 'handle' && stall?.suspended === 'messages')) {
      return stall.hold(event)
    }
    switch (event.kind) {
      case 'handle':
        return this.#receive(this.peer(event.peer), host, event)
      case 'expire':
        this.handled++
        return host.expire(event.protocol, event.timer)
      case 'answer':
        return host.answer(event.protocol, event.ticket, event.answer)
      case 'credit':
        return host.credit(this.peer(event.to))
    }
  }

  #arrive(event: SimulationEvent & { kind: 'deliver' }): void {
    const receiver = this.peer(event.peer)
    const { host, stall } = receiver
    if (receiver.state !== 'running' || host === undefined) {
      return this.#lose('peer-down', event.from, receiver, event.protocol, event.message)
    }
    if (stall === undefined) return this.#receive(receiver, host, event)
    if (stall.suspended !== 'no') return stall.hold(event)
    const delay = stall.handle(this.now) - this.now
    this.put(delay, { ...event, kind: 'handle', session: receiver.session })
  }

  #receive(
    receiver: SimulatedPeer<unknown>,
    host: SimulatedHost,
    event: { readonly from: SimulatedPeer<unknown>; readonly protocol: number; readonly message: unknown },
  ): void {
    const { from } = event
    if (!host.isLinked(from.index) && from !== receiver && from.state === 'running') {
      host.link(from)
      this.put(0, { kind: 'link', peer: from.index, other: receiver.index })
    }
    this.handled++
    try {
      host.deliver(event.protocol, event.message, from.id)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.count('malformed')
    }
  }

  #link(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
    if (peer.state !== 'running' || other.state !== 'running') return
    if (!this.network.passes(peer.index, other.index) || !this.network.passes(other.index, peer.index)) return
    peer.host?.link(other)
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

  #session(peer: number, session: number): SimulatedHost | undefined {
    const simulated = this.peer(peer)
    return simulated.state === 'running' && simulated.session === session ? simulated.host : undefined
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

function unlink(peer: SimulatedPeer<unknown>, other: SimulatedPeer<unknown>): void {
  if (peer.state === 'running') peer.host?.unlink(other)
}
