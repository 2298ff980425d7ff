import type { Duration, PeerId } from '../../node/protocol/index.ts'

/** First pause after a comparison that found differences; doubled with each further one. */
const delayLeast = 1000
/** With the jitter that is added, a minute at the most. */
const delayMost = 50_000

/**
 * While two connected peers differ, a comparison between them is due within a minute: replication never goes quiet
 * over a difference.
 */
export class Rechecks {
  readonly #schedule: (peer: PeerId, attempt: number, delay: Duration) => void
  readonly #differing = new Set<PeerId>()
  readonly #due = new Set<PeerId>()
  /** Comparisons so far that left a difference. */
  readonly #attempts = new Map<PeerId, number>()

  constructor(schedule: (peer: PeerId, attempt: number, delay: Duration) => void) {
    this.#schedule = schedule
  }

  /** @param isWhole all documents were compared: only then there being no difference settles the matter */
  compared(peer: PeerId, differs: boolean, isWhole: boolean): void {
    if (differs) {
      this.#differing.add(peer)
      this.#plan(peer, 0)
    } else if (isWhole) this.#settle(peer)
  }

  /** Whether several comparisons in turn have left a difference. */
  isStubborn(peer: PeerId): boolean {
    return (this.#attempts.get(peer) ?? 0) > 1
  }

  forget(peer: PeerId): void {
    this.#settle(peer)
  }

  /**
   * @param isUnderWay what differs is being sent: the next comparison is as soon as the first
   * @returns whether the comparison is still called for; the next one is then planned
   */
  expire(peer: PeerId, attempt: number, isUnderWay: boolean): boolean {
    this.#due.delete(peer)
    if (!this.#differing.has(peer)) return false
    if (!isUnderWay) this.#attempts.set(peer, attempt)
    this.#plan(peer, isUnderWay ? 0 : attempt)
    return true
  }

  #settle(peer: PeerId): void {
    this.#differing.delete(peer)
    this.#attempts.delete(peer)
  }

  #plan(peer: PeerId, attempt: number): void {
    if (this.#due.has(peer)) return
    this.#due.add(peer)
    this.#schedule(peer, attempt + 1, Math.min(delayMost, delayLeast * 2 ** Math.min(attempt, 10)))
  }
}
