import type { Duration, PeerId } from '../../node/protocol/index.ts'
import type { PeerComparison } from './anti-entropy.ts'

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
  /** Those whose present list of documents has shown a difference on one of its pages. */
  readonly #shown = new Set<PeerId>()
  readonly #due = new Set<PeerId>()
  /** Comparisons so far that left a difference. */
  readonly #attempts = new Map<PeerId, number>()

  constructor(schedule: (peer: PeerId, attempt: number, delay: Duration) => void) {
    this.#schedule = schedule
  }

  /** Only a whole list without a difference settles the matter: one page of it, or other news, says nothing of the rest. */
  compared(peer: PeerId, differs: boolean, part: PeerComparison['part']): void {
    if (differs) {
      this.#differing.add(peer)
      if (part !== 'aside') this.#shown.add(peer)
      this.#plan(peer, 0)
    }
    if (part === 'end' && !this.#shown.delete(peer)) this.#settle(peer)
  }

  /** Whether several comparisons in turn have left a difference. */
  isStubborn(peer: PeerId): boolean {
    return (this.#attempts.get(peer) ?? 0) > 1
  }

  forget(peer: PeerId): void {
    this.#settle(peer)
    this.#shown.delete(peer)
  }

  /** @returns whether the comparison is still called for; the next one is then planned */
  expire(peer: PeerId, attempt: number): boolean {
    this.#due.delete(peer)
    if (!this.#differing.has(peer)) return false
    this.#attempts.set(peer, attempt)
    this.#plan(peer, attempt)
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
