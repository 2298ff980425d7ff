import type { Duration } from '../../node/protocol/index.ts'

/**
 * How well this member itself seems to do, 0 at best: the Local Health Multiplier of Lifeguard (§IV-A). A member that
 * is slow to handle what it receives takes others for silent; before it accuses them it takes its own time.
 */
export class LocalHealth {
  readonly limit: number
  #multiplier = 0

  /** @param limit the paper's S; 0 leaves the multiplier at 0 for good */
  constructor(limit: number) {
    this.limit = limit
  }

  get multiplier(): number {
    return this.#multiplier
  }

  /** Somebody answered, directly or through a relay. */
  probeSucceeded(): void {
    if (this.#multiplier > 0) this.#multiplier--
  }

  /**
   * Nobody passed an ack on. Relays that say so (nack) prove that this member hears them, so the target is to blame;
   * each of those that were silent as well counts against this member (memberlist; the paper counts one for a probe).
   *
   * @param relays how many were asked @param nacks how many of them sent a nack
   */
  probeFailed(relays: number, nacks: number): void {
    this.#worsen(relays === 0 ? 1 : relays - nacks)
  }

  /** Others took this member for silent. */
  hadToRefute(): void {
    this.#worsen(1)
  }

  /** A probe interval or timeout of a member in this health. */
  stretched(base: Duration): Duration {
    return base * (this.#multiplier + 1)
  }

  #worsen(by: number): void {
    this.#multiplier = Math.min(this.limit, this.#multiplier + by)
  }
}
