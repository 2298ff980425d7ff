import { type Duration, type Instant, type Random, jitter } from '../protocol/index.ts'
import type { HostLimits } from './limits.ts'

/** Doubling, jittered pauses, so that what fails for long costs nothing and never in step with others. */
export class BackOff {
  /** Nothing is tried before. */
  until: Instant = 0
  #failures = 0

  get failing(): boolean {
    return this.#failures > 0
  }

  failed(now: Instant, random: Random, { retryLeast, retryMost }: HostLimits): Duration {
    const pause = jitter(random, Math.min(retryMost, retryLeast * 2 ** Math.min(this.#failures, 30)), 0.25)
    this.#failures++
    this.until = now + pause
    return pause
  }

  /** It will not work before something changes at the other side. */
  refused(now: Instant, random: Random, { retryMost }: HostLimits): void {
    this.#failures++
    this.until = now + jitter(random, retryMost, 0.25)
  }

  clear(): void {
    this.#failures = 0
    this.until = 0
  }
}
