import type { Codec, Duration, Instant, PeerId, Random } from '../protocol/index.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { SimulatedSignatures } from './simulated-signatures.ts'

/** What a simulated host sees of the simulation around it. */
export interface World {
  readonly now: Instant
  readonly signatures: SimulatedSignatures
  /** @returns the number of the protocol of that name, the same on every host */
  protocol(name: string, codec: Codec<unknown>): number
  find(peer: PeerId): SimulatedPeer<unknown> | undefined
  /** Puts an event of the peer's present session into the queue. */
  schedule(
    delay: Duration,
    kind: number,
    peer: SimulatedPeer<unknown>,
    other: number,
    index: number,
    payload: unknown,
  ): void
  /** @param random the sender's chance @returns in how long the last copy arrives, or would have */
  carry(
    from: SimulatedPeer<unknown>,
    to: SimulatedPeer<unknown>,
    protocol: Pick<RunningProtocol, 'number' | 'codec'>,
    message: unknown,
    random: Random,
  ): Duration
  /** @returns the message that the wire carried @throws MalformedMessageError */
  open(codec: Codec<unknown>, carried: unknown): unknown
  delivered(from: PeerId, to: PeerId, protocol: number, message: unknown): void
  emitted(peer: PeerId, protocol: number, event: unknown): void
  flushDelay(random: Random): Duration
  count(reason: string): void
}
