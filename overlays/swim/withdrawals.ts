import type { Duration, Instant } from '../../node/protocol/index.ts'

/** Withdrawals are held back for at most so many times the delay, however many more are heard of. */
const longestDelays = 4

/**
 * When members that said that they take themselves out are to go: all at once, when no other has said so for a while.
 * Members that hear of the same withdrawals within moments of each other thus pass from one view of the group to the
 * same next one, without any agreement among them (after the batches of Rapid, Suresh et al., ATC 2018, §4.1). Who they
 * are stands in the member table.
 */
export class Withdrawals {
  readonly #delay: Duration
  #since: Instant | undefined
  #deadline: Instant = 0
  /** For when the one timer is set; it may have been set for an earlier deadline. */
  #alarm: Instant | undefined

  constructor(delay: Duration) {
    this.#delay = delay
  }

  /** Another one is held from now on. */
  hold(now: Instant): void {
    this.#since ??= now
    this.#deadline = Math.max(now, Math.min(now + this.#delay, this.#since + longestDelays * this.#delay))
  }

  /** @returns for when a timer is to be set, unless one is */
  alarm(): Instant | undefined {
    if (this.#since === undefined || this.#alarm !== undefined) return undefined
    this.#alarm = this.#deadline
    return this.#alarm
  }

  /** The timer for that instant expired. @returns whether all who are held go now */
  release(due: Instant): boolean {
    if (due !== this.#alarm) return false
    this.#alarm = undefined
    if (this.#deadline > due) return false
    this.#since = undefined
    return true
  }

  /** The timer was lost: this member had left meanwhile. */
  forgetAlarm(): void {
    this.#alarm = undefined
  }
}
