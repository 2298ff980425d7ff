import type { Codec, Duration, Instant, PeerId, Plane, Random } from '../protocol/index.ts'
import type { Population, ProtocolSort } from './population.ts'
import type { SimulatedSignatures } from './simulated-signatures.ts'

/** What a simulated host sees of the simulation around it. Peers are numbers here. */
export interface World {
  readonly seed: number | string
  readonly now: Instant
  readonly signatures: SimulatedSignatures
  readonly population: Population
  protocol(name: string, plane: Plane, codec: Codec<unknown>): ProtocolSort
  /** Chance for what the host does for that peer. Drawn from at once, never kept. */
  chance(peer: number): Random
  /** Puts an event of that session of the peer into the queue. @param protocol its number */
  schedule(
    delay: Duration,
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void
  /** @returns in how long the last copy arrives, or would have */
  carry(from: number, to: number, protocol: ProtocolSort, message: unknown): Duration
  link(peer: number, other: number): void
  unlink(peer: number, other: number): void
  emitted(peer: PeerId, protocol: ProtocolSort, event: unknown): void
  flushDelay(peer: number): Duration
  count(reason: string): void
}
