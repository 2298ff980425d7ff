import type { Connection } from '@libp2p/interface'
import { encodeMessage, planes } from '../protocol/index.ts'
import type { Channel } from './channel.ts'
import type { DroppedReason } from './events.ts'
import type { PeersOwner } from './peers.ts'
import type { Lane, RemotePeer } from './remote-peer.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { Substrate } from './substrate.ts'
import { monotonicNow } from './timers.ts'

/**
 * Messages to peers without a channel: they wait, within bounds, while the peer is dialled or its channel opened, and
 * are dropped when that fails. During the pause after a failure they are dropped at once: a dead peer costs nothing.
 */
export class Reach {
  readonly #owner: PeersOwner
  readonly #substrate: Substrate
  readonly #stopped: AbortSignal
  readonly #evaluate: (peer: RemotePeer) => void

  constructor(owner: PeersOwner, substrate: Substrate, stopped: AbortSignal, evaluate: (peer: RemotePeer) => void) {
    this.#owner = owner
    this.#substrate = substrate
    this.#stopped = stopped
    this.#evaluate = evaluate
  }

  /** @returns false when no more bulk data is taken now */
  wait(peer: RemotePeer, protocol: RunningProtocol, message: unknown): boolean {
    const { limits, timers } = this.#owner
    const lane = peer.lanes[protocol.plane]
    if (this.#paused(peer, lane)) {
      this.#owner.dropped(peer.id, protocol, 'backing-off')
      return true
    }
    const body = encodeMessage(protocol.codec, message)
    if (body.length > limits.frameSize - 4) {
      this.#owner.dropped(peer.id, protocol, 'oversized')
      return true
    }
    // The first message may be longer than all that may wait otherwise.
    if (lane.waiting.length > 0 && lane.waitingSize + body.length > limits.dialQueueSize) {
      this.#owner.dropped(peer.id, protocol, 'queue-full')
      if (protocol.plane !== 'bulk') return true
      lane.blocked.add(protocol)
      return false
    }
    lane.waiting.push({ protocol, body })
    lane.waitingSize += body.length
    if (lane.waiting.length === 1) {
      timers.set((waiting) => this.#giveUp(peer, lane, waiting), lane.waiting, limits.dialTimeout)
    }
    if (openConnection(this.#substrate, peer) !== undefined) this.#evaluate(peer)
    else if (!peer.dialing) void this.#dial(peer)
    return true
  }

  /** The channel is up: what waited goes first, since it was sent before. */
  deliver(channel: Channel, lane: Lane): void {
    const { waiting } = lane
    lane.waiting = []
    lane.waitingSize = 0
    for (const { protocol, body } of waiting) {
      const index = channel.wire[protocol.index] ?? 0
      const result = index === 0 ? 'not-spoken' : channel.outbox.appendEncoded(index, body)
      if (result === 'not-spoken' || result === 'oversized') this.#owner.dropped(channel.peer, protocol, result)
      else if (result === 'full') this.#owner.dropped(channel.peer, protocol, 'queue-full')
    }
  }

  drop(peer: RemotePeer, lane: Lane, reason: DroppedReason): void {
    const { waiting } = lane
    lane.waiting = []
    lane.waitingSize = 0
    for (const { protocol } of waiting) this.#owner.dropped(peer.id, protocol, reason)
  }

  /** The peer, or its lane where this host is the one to open it, failed a moment ago. */
  #paused(peer: RemotePeer, lane: Lane): boolean {
    const now = monotonicNow()
    return !peer.dialing && (peer.dial.until > now || (peer.opener && lane.retry.until > now))
  }

  async #dial(peer: RemotePeer): Promise<void> {
    const { counters, limits, timers } = this.#owner
    const abort = new AbortController()
    const onStop = (): void => abort.abort()
    this.#stopped.addEventListener('abort', onStop, { once: true })
    timers.set(onStop, undefined, limits.dialTimeout)
    peer.dialing = true
    counters.dials++
    try {
      await this.#substrate.dial(peer.libp2pId, abort.signal)
      peer.dial.clear()
    } catch {
      counters.dialsFailed++
      this.#unreachable(peer)
    } finally {
      peer.dialing = false
      this.#stopped.removeEventListener('abort', onStop)
      this.#evaluate(peer)
    }
  }

  #giveUp(peer: RemotePeer, lane: Lane, waiting: unknown): void {
    if (lane.waiting !== waiting || lane.waiting.length === 0) return
    this.#unreachable(peer)
    this.#evaluate(peer)
  }

  #unreachable(peer: RemotePeer): void {
    if (this.#stopped.aborted) return
    peer.dial.failed(monotonicNow(), this.#owner.random, this.#owner.limits)
    for (const plane of planes) this.drop(peer, peer.lanes[plane], 'unreachable')
  }
}

/** The connection that carries the channels: the newest that is open and not limited by a relay. */
export function openConnection(substrate: Substrate, { libp2pId }: RemotePeer): Connection | undefined {
  return substrate.connections(libp2pId).findLast(({ status, limits }) => status === 'open' && limits === undefined)
}
