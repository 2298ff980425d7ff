import type { Duration, Instant, PeerId, Random } from '../protocol/index.ts'
import type { PeerEvent } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { SimulatedSignatures } from './simulated-signatures.ts'

/** What a simulated host sees of the simulation around it. */
export interface World {
  readonly now: Instant
  readonly signatures: SimulatedSignatures
  readonly encodeMessages: boolean
  find(peer: PeerId): SimulatedPeer<unknown> | undefined
  schedule(delay: Duration, event: PeerEvent): void
  /** @returns when the last copy arrives, or would have */
  carry(
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    protocol: string,
    message: unknown,
    random: Random,
  ): Duration
  flushDelay(random: Random): Duration
  count(reason: string): void
}
