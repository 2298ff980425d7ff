import type { Codec, Duration, Instant, PeerId, Random } from '../protocol/index.ts'
import type { PeerEvent } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { SimulatedSignatures } from './simulated-signatures.ts'

/** What a simulated host sees of the simulation around it. */
export interface World {
  readonly now: Instant
  readonly signatures: SimulatedSignatures
  /** @returns the number of the protocol of that name, the same on every host */
  protocol(name: string, codec: Codec<unknown>): number
  find(peer: PeerId): SimulatedPeer<unknown> | undefined
  schedule(delay: Duration, event: PeerEvent): void
  /** @returns in how long the last copy arrives, or would have */
  carry(message: Outgoing, to: SimulatedPeer<unknown>): Duration
  /** @throws MalformedMessageError */
  open(codec: Codec<unknown>, carried: unknown): unknown
  delivered(from: PeerId, to: PeerId, protocol: number, message: unknown): void
  emitted(peer: PeerId, protocol: number, event: unknown): void
  flushDelay(random: Random): Duration
  count(reason: string): void
}

export interface Outgoing {
  readonly from: SimulatedPeer<unknown>
  readonly protocol: number
  readonly codec: Codec<unknown>
  readonly message: unknown
  /** The sender's chance. */
  readonly random: Random
}
