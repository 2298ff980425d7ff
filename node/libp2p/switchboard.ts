import { type ByteReader, type PeerId, type Plane, type ProtocolName, type Random } from '../protocol/index.ts'
import type { Channel } from './channel.ts'
import type { DroppedReason, HostEvent, MutableCounters, RejectedReason } from './events.ts'
import type { Introduction } from './hello.ts'
import type { HostLimits } from './limits.ts'
import type { NetworkSecret } from './network.ts'
import { Peers, type PeersOwner } from './peers.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { Substrate } from './substrate.ts'
import type { Timers } from './timers.ts'

const agent = 'peerloom'

export interface SwitchboardOptions {
  readonly self: PeerId
  readonly limits: HostLimits
  readonly timers: Timers
  readonly counters: MutableCounters
  readonly random: Random
  readonly network: () => NetworkSecret
  readonly report: (event: HostEvent) => void
}

/** Hands frames of channels to protocols, and messages of protocols to channels. */
export class Switchboard implements PeersOwner {
  readonly self: PeerId
  readonly limits: HostLimits
  readonly timers: Timers
  readonly counters: MutableCounters
  readonly random: Random
  readonly peers: Peers
  readonly #options: SwitchboardOptions
  readonly #protocols: Readonly<Record<Plane, RunningProtocol[]>> = { control: [], broadcast: [], bulk: [] }

  constructor(options: SwitchboardOptions, substrate: Substrate) {
    this.#options = options
    this.self = options.self
    this.limits = options.limits
    this.timers = options.timers
    this.counters = options.counters
    this.random = options.random
    this.peers = new Peers(this, substrate)
  }

  get network(): NetworkSecret {
    return this.#options.network()
  }

  protocols(plane: Plane): readonly RunningProtocol[] {
    return this.#protocols[plane]
  }

  /** From here on the protocol is announced. */
  add(protocol: RunningProtocol): void {
    this.#protocols[protocol.plane].push(protocol)
    for (const channel of this.peers.channels(protocol.plane)) this.#announce(channel)
    this.peers.review()
  }

  /** Tells a protocol that begins to run whom it can talk to. */
  introduce(protocol: RunningProtocol): void {
    for (const channel of this.peers.channels(protocol.plane)) {
      if ((channel.wire[protocol.index] ?? 0) > 0) protocol.connected(channel.peer)
    }
  }

  send(protocol: RunningProtocol, to: PeerId, message: unknown): boolean {
    const lane = this.peers.lane(to, protocol.plane)
    const channel = lane?.channel
    if (lane === undefined || channel === undefined) return this.peers.wait(to, protocol, message)
    const index = channel.wire[protocol.index] ?? 0
    if (index === 0) {
      this.dropped(to, protocol, 'not-spoken')
      return true
    }
    const result = channel.outbox.append(index, protocol.codec, message)
    if (result === 'sent') return true
    if (result === 'oversized') this.dropped(to, protocol, 'oversized')
    if (result === 'full') this.dropped(to, protocol, 'queue-full')
    if (protocol.plane !== 'bulk' || result === 'oversized') return true
    lane.blocked.add(protocol)
    return false
  }

  introduction(plane: Plane): Introduction {
    return {
      protocols: this.#protocols[plane].map(({ name }) => name),
      agent,
      bulkWindow: this.limits.bulkWindow,
    }
  }

  opened(channel: Channel): void {
    const superseded = this.peers.opened(channel)
    if (superseded !== undefined) {
      // The other side opens a new channel only when the old one is gone, though this side has not seen it go.
      this.#disconnected(superseded)
      superseded.close()
    }
    this.counters.channelsOpened++
    this.#match(channel)
    if (channel.announced < this.#protocols[channel.plane].length) this.#announce(channel)
    const { protocols, agent } = channel.introduction
    const { peer, plane } = channel
    this.#options.report({ type: 'opened', peer, plane, protocols, ...(agent === undefined ? {} : { agent }) })
    this.peers.deliverWaiting(channel)
    for (const protocol of this.#spoken(channel)) protocol.connected(channel.peer)
    this.writable(channel)
  }

  announced(channel: Channel): void {
    const before = this.#spoken(channel)
    this.#match(channel)
    for (const protocol of this.#spoken(channel)) {
      if (!before.includes(protocol)) protocol.connected(channel.peer)
    }
  }

  closed(channel: Channel, error: unknown): void {
    if (this.peers.closed(channel, error)) this.#disconnected(channel)
  }

  frame(channel: Channel, index: number, reader: ByteReader): void {
    const protocol = this.#protocols[channel.plane][index - 1]
    if (protocol === undefined) {
      this.rejected(channel, 'unknown-protocol', undefined)
      return
    }
    let message: unknown
    try {
      message = protocol.decode(reader)
    } catch (cause) {
      // Also what is no MalformedMessageError: a stranger's bytes must not stop a protocol by way of its codec.
      this.rejected(channel, 'malformed', cause, protocol)
      return
    }
    protocol.receive(message, channel.peer)
  }

  writable(channel: Channel): void {
    const lane = this.peers.lane(channel.peer, channel.plane)
    if (lane === undefined || lane.blocked.size === 0) return
    const told = [...lane.blocked]
    lane.blocked.clear()
    for (const protocol of told) protocol.writable(channel.peer)
  }

  /** A disk or the checking of signatures that cannot keep up slows the senders down, instead of filling the memory. */
  creditAllowed(): boolean {
    return this.#protocols.bulk.every(({ openTickets }) => openTickets < this.limits.openTickets)
  }

  settled(): void {
    if (this.creditAllowed()) for (const channel of this.peers.channels('bulk')) channel.returnCredit()
  }

  rejected({ peer, plane }: Channel, reason: RejectedReason, cause: unknown, protocol?: RunningProtocol): void {
    this.counters.rejected[reason]++
    this.#options.report({
      type: 'rejected',
      peer,
      plane,
      reason,
      ...(protocol === undefined ? {} : { protocol: protocol.name }),
      ...(cause === undefined ? {} : { cause }),
    })
  }

  refused(peer: PeerId, plane: Plane, reason: RejectedReason): void {
    this.counters.rejected[reason]++
    this.#options.report({ type: 'rejected', peer, plane, reason })
  }

  /** A stream that does not belong to a plane. */
  refusedService(peer: PeerId, protocol: ProtocolName): void {
    this.counters.rejected['not-proven']++
    this.#options.report({ type: 'rejected', peer, protocol, reason: 'not-proven' })
  }

  dropped(peer: PeerId, protocol: RunningProtocol, reason: DroppedReason): void {
    this.counters.dropped[reason]++
    this.#options.report({ type: 'dropped', peer, protocol: protocol.name, reason })
  }

  #disconnected(channel: Channel): void {
    this.counters.channelsClosed++
    this.#options.report({ type: 'closed', peer: channel.peer, plane: channel.plane })
    for (const protocol of this.#spoken(channel)) protocol.disconnected(channel.peer)
  }

  #announce(channel: Channel): void {
    this.#match(channel)
    channel.announce(this.#protocols[channel.plane].map(({ name }) => name))
  }

  #spoken(channel: Channel): RunningProtocol[] {
    return this.#protocols[channel.plane].filter(({ index }) => (channel.wire[index] ?? 0) > 0)
  }

  /** Same name and same major version; the minor one may differ. */
  #match(channel: Channel): void {
    const theirs = channel.introduction.protocols.map(family)
    for (const { name, index } of this.#protocols[channel.plane]) {
      channel.wire[index] = theirs.indexOf(family(name)) + 1
    }
  }
}

/** `/peerloom/swim/1.2.0` is of the family `/peerloom/swim/1`. */
function family(name: string): string {
  return name.replace(/\.\d+\.\d+$/, '')
}
