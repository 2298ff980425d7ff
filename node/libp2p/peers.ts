import type { Connection, PeerId as Libp2pPeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type PeerId, type Plane, planes, type Random } from '../protocol/index.ts'
import { Channel, type ChannelOwner } from './channel.ts'
import type { DroppedReason, RejectedReason } from './events.ts'
import { HelloRefusedError, type Introduction } from './hello.ts'
import type { NetworkSecret } from './network.ts'
import { openConnection, Reach } from './reach.ts'
import { createRemotePeer, type Lane, type RemotePeer, rememberedUntil } from './remote-peer.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { Substrate } from './substrate.ts'
import { monotonicNow } from './timers.ts'

/** A channel that lived this long was no failure: it is opened again at once when it is lost. */
const soundLife = 5_000

/** Asking again is of no use before the other side has changed; a hello that was late or garbled may go better. */
function hopeless(error: unknown): boolean {
  return (
    error instanceof HelloRefusedError && (error.reason === 'wrong-network' || error.reason === 'unsupported-version')
  )
}

/** Protocol ids of libp2p, one for each plane. The version in them is that of the stream, not of the hello. */
export function streamProtocol(plane: Plane): string {
  return `/peerloom/${plane}/1.0.0`
}

export interface PeersOwner extends ChannelOwner {
  readonly self: PeerId
  readonly network: NetworkSecret
  readonly random: Random
  introduction(plane: Plane): Introduction
  dropped(peer: PeerId, protocol: RunningProtocol, reason: DroppedReason): void
  refused(peer: PeerId, plane: Plane, reason: RejectedReason): void
}

/**
 * Whom this host has channels with, is dialling, or has failed to reach. All that happens (a connection, a lost
 * channel, a timer, a message to send) changes the state and then calls `#evaluate`, the one place that decides
 * what to open:
 *
 * 1. the peer with the lower PeerId opens, the other accepts;
 * 2. a lane has at most one channel, one hello under way and one stream being opened;
 * 3. a lane that failed is left alone until its pause is over.
 */
export class Peers {
  readonly #owner: PeersOwner
  readonly #substrate: Substrate
  readonly #peers = new Map<PeerId, RemotePeer>()
  readonly #reach: Reach
  readonly #aborted = new AbortController()
  #stopped = false

  constructor(owner: PeersOwner, substrate: Substrate) {
    this.#owner = owner
    this.#substrate = substrate
    this.#reach = new Reach(owner, substrate, this.#aborted.signal, (peer) => this.#evaluate(peer))
  }

  /** Every channel that is up. */
  *channels(plane?: Plane): Iterable<Channel> {
    for (const peer of this.#peers.values()) {
      for (const each of plane === undefined ? planes : [plane]) {
        const { channel } = peer.lanes[each]
        if (channel !== undefined) yield channel
      }
    }
  }

  lane(peer: PeerId, plane: Plane): Lane | undefined {
    return this.#peers.get(peer)?.lanes[plane]
  }

  /** There is a connection to the peer, a new one or one from before. */
  meet(libp2pId: Libp2pPeerId): void {
    const peer = this.#know(libp2pId)
    if (peer === undefined) return
    peer.dial.clear()
    this.#evaluate(peer)
  }

  /** The last connection to the peer is gone. */
  part(libp2pId: Libp2pPeerId): void {
    const peer = this.#peers.get(libp2pId.toString() as PeerId)
    if (peer === undefined) return
    // The next connection is to another state of the peer: it may have been restarted with the right key.
    for (const plane of planes) peer.lanes[plane].retry.clear()
    this.#evaluate(peer)
  }

  /** The peer has begun to accept streams of a plane: what failed before may work. */
  enlighten(libp2pId: Libp2pPeerId, plane: Plane): void {
    const peer = this.#peers.get(libp2pId.toString() as PeerId)
    if (peer === undefined) return
    peer.lanes[plane].retry.clear()
    this.#evaluate(peer)
  }

  /** Looks at everyone again, since this host speaks something new. */
  review(): void {
    for (const peer of this.#peers.values()) this.#evaluate(peer)
  }

  /** A stream that another peer opened. */
  accept(plane: Plane, stream: Stream, connection: Connection): void {
    const peer = this.#stopped ? undefined : this.#know(connection.remotePeer)
    if (peer === undefined || peer.opener) {
      if (!this.#stopped) {
        const id = connection.remotePeer.toString() as PeerId
        this.#owner.refused(id, plane, peer === undefined ? 'too-many-peers' : 'wrong-opener')
      }
      stream.abort(new Error('This stream is not wanted'))
      return
    }
    const lane = peer.lanes[plane]
    lane.pending?.close()
    lane.pending = this.#channel(peer, plane, stream, connection, 'acceptor')
  }

  /** Keeps a message until there is a channel, and dials when there is no connection. @returns as `Environment.send` */
  wait(to: PeerId, protocol: RunningProtocol, message: unknown): boolean {
    const peer = this.#peers.get(to) ?? this.#parse(to)
    if (peer === undefined) {
      this.#owner.dropped(to, protocol, 'backing-off')
      return true
    }
    return this.#reach.wait(peer, protocol, message)
  }

  /** Writes what has waited for the channel. */
  deliverWaiting(channel: Channel): void {
    this.#reach.deliver(channel, this.#of(channel).lanes[channel.plane])
  }

  /** The hello of both sides is right. @returns the channel it takes the place of */
  opened(channel: Channel): Channel | undefined {
    const { lanes, dial } = this.#of(channel)
    const lane = lanes[channel.plane]
    const superseded = lane.channel
    dial.clear()
    lane.pending = undefined
    lane.channel = channel
    lane.opening = false
    return superseded
  }

  /** @returns whether the channel was up */
  closed(channel: Channel, error: unknown): boolean {
    const peer = this.#of(channel)
    const lane = peer.lanes[channel.plane]
    const wasUp = lane.channel === channel
    if (wasUp) {
      lane.channel = undefined
      lane.blocked.clear()
    }
    if (lane.pending === channel) lane.pending = undefined
    if (this.#stopped) return wasUp
    const now = monotonicNow()
    if (wasUp && now - channel.since > soundLife) lane.retry.clear()
    else if (error !== undefined || wasUp) this.#pause(peer, lane, hopeless(error))
    this.#evaluate(peer)
    return wasUp
  }

  /** Opens and dials nothing more. Channels are the host's to finish. */
  stop(): readonly Channel[] {
    const up = [...this.channels()]
    this.#stopped = true
    this.#aborted.abort()
    for (const { lanes } of this.#peers.values()) {
      for (const plane of planes) {
        lanes[plane].pending?.close()
        lanes[plane].waiting = []
      }
    }
    return up
  }

  forgetAll(): void {
    this.#peers.clear()
  }

  #evaluate(peer: RemotePeer): void {
    // Timers and dials may still hold a peer that was forgotten and is known anew since.
    if (this.#stopped || this.#peers.get(peer.id) !== peer) return
    if (openConnection(this.#substrate, peer) === undefined) {
      this.#forget(peer)
      return
    }
    if (!peer.opener) return
    for (const plane of planes) {
      const lane = peer.lanes[plane]
      if (lane.channel !== undefined || lane.pending !== undefined || lane.opening) continue
      if (this.#owner.introduction(plane).protocols.length === 0) continue
      if (lane.retry.until > monotonicNow()) this.#later(peer, lane)
      else this.#openSoon(peer, lane)
    }
  }

  /**
   * In a turn of its own: what calls for a new stream may be a frame of a packet whose next frame ends the connection,
   * and a node whose Yamux is not ours (`muxer.ts`) does not survive that.
   */
  #openSoon(peer: RemotePeer, lane: Lane): void {
    lane.opening = true
    this.#owner.timers.set(() => void this.#open(peer, lane), undefined, 0)
  }

  async #open(peer: RemotePeer, lane: Lane): Promise<void> {
    const connection = openConnection(this.#substrate, peer)
    if (connection === undefined) {
      lane.opening = false
      this.#evaluate(peer)
      return
    }
    const { timers, limits } = this.#owner
    const abort = new AbortController()
    const giveUp = (): void => abort.abort()
    this.#aborted.signal.addEventListener('abort', giveUp, { once: true })
    // A connection may be dead without anybody having noticed, while there is a better one.
    timers.set(giveUp, undefined, limits.helloTimeout)
    try {
      const stream = await connection.newStream(streamProtocol(lane.plane), { signal: abort.signal })
      lane.opening = false
      if (this.#stopped) stream.abort(new Error('The host stopped'))
      else lane.pending = this.#channel(peer, lane.plane, stream, connection, 'opener')
    } catch {
      // Mostly a peer that does not speak Peerloom, or not yet: `enlightened` tells when it does.
      lane.opening = false
      if (this.#stopped) return
      this.#pause(peer, lane)
      this.#evaluate(peer)
    } finally {
      this.#aborted.signal.removeEventListener('abort', giveUp)
    }
  }

  #channel(
    peer: RemotePeer,
    plane: Plane,
    stream: Stream,
    connection: Connection,
    role: 'opener' | 'acceptor',
  ): Channel {
    const { self, network, limits } = this.#owner
    return new Channel(this.#owner, stream, connection, {
      secret: network.secret,
      plane,
      role,
      self,
      peer: peer.id,
      nonce: globalThis.crypto.getRandomValues(new Uint8Array(32)),
      introduction: () => this.#owner.introduction(plane),
      protocolLimit: limits.protocols,
    })
  }

  #pause(peer: RemotePeer, lane: Lane, refused = false): void {
    const { random, limits } = this.#owner
    if (refused) lane.retry.refused(monotonicNow(), random, limits)
    else lane.retry.failed(monotonicNow(), random, limits)
    if (peer.opener) this.#reach.drop(peer, lane, 'unreachable')
  }

  #later(peer: RemotePeer, lane: Lane): void {
    if (lane.retryArmed) return
    lane.retryArmed = true
    const again = (): void => {
      lane.retryArmed = false
      this.#evaluate(peer)
    }
    this.#owner.timers.set(again, undefined, Math.max(1, lane.retry.until - monotonicNow()))
  }

  #parse(id: PeerId): RemotePeer | undefined {
    try {
      return this.#know(peerIdFromString(id))
    } catch {
      return undefined
    }
  }

  #know(libp2pId: Libp2pPeerId): RemotePeer | undefined {
    const id = libp2pId.toString() as PeerId
    const known = this.#peers.get(id)
    if (known !== undefined) return known
    if (this.#peers.size >= this.#owner.limits.peers) return undefined
    const peer = createRemotePeer(this.#owner.self, libp2pId)
    this.#peers.set(id, peer)
    return peer
  }

  #of({ peer }: Channel): RemotePeer {
    return this.#peers.get(peer) as RemotePeer
  }

  /** Without a connection a peer is kept only while something is under way, or a pause must be remembered. */
  #forget(peer: RemotePeer): void {
    const now = monotonicNow()
    const until = rememberedUntil(peer)
    if (until <= now && this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id)
    if (until <= now || until === Number.POSITIVE_INFINITY || peer.forgetArmed) return
    peer.forgetArmed = true
    const again = (): void => {
      peer.forgetArmed = false
      this.#evaluate(peer)
    }
    this.#owner.timers.set(again, undefined, until - now + 1)
  }
}
