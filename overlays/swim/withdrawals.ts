import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'

/** Withdrawals are held back for at most so many times the delay, however many more are heard of. */
const longestDelays = 4

/**
 * Members that said that they take themselves out, and are held until no other has said so for a while: then all go at
 * once. Members that hear of the same withdrawals within moments of each other thus pass from one view of the group to
 * the same next one, without any agreement among them (after the batches of Rapid, Suresh et al., ATC 2018, §4.1).
 */
export class Withdrawals {
  readonly #delay: Duration
  #peers: Set<PeerId> | undefined
  #since: Instant = 0
  #deadline: Instant = 0

  constructor(delay: Duration) {
    this.#delay = delay
  }

  /** @returns when to look again; a timer for another instant is stale */
  hold(peer: PeerId, now: Instant): Instant {
    if (this.#peers === undefined) this.#since = now
    this.#peers ??= new Set()
    this.#peers.add(peer)
    this.#deadline = Math.min(now + this.#delay, this.#since + longestDelays * this.#delay)
    return this.#deadline
  }

  /** @returns those whose time has come */
  release(deadline: Instant): readonly PeerId[] {
    if (deadline !== this.#deadline || this.#peers === undefined) return []
    const peers = [...this.#peers]
    this.#peers = undefined
    return peers
  }
}
