import type { Duration, Instant } from '../protocol/index.ts'
import type { HeldEvent } from './events.ts'

export interface HeldMessage {
  readonly to: number
  readonly protocol: number
  readonly carried: unknown
}

/** What keeps one session of a peer from its messages: it is suspended, or slow, or both. */
export class Stall {
  /** `messages`: it neither sends nor receives while its timers run on. `everything`: it stands still. */
  suspended: 'no' | 'messages' | 'everything' = 'no'
  /** What each message takes to be handled, one after another. */
  delay: Duration = 0
  #busyUntil: Instant = 0
  #events: HeldEvent[] = []
  #messages: HeldMessage[] = []

  /** @returns in how long a message that arrives now has been handled */
  handle(now: Instant): Duration {
    this.#busyUntil = Math.max(this.#busyUntil, now) + this.delay
    return this.#busyUntil - now
  }

  /** Holds back what reaches the peer. */
  hold(event: HeldEvent): void {
    this.#events.push(event)
  }

  /** Holds back what the peer sends. */
  holdSent(message: HeldMessage): void {
    this.#messages.push(message)
  }

  /** What was held back, in order. */
  release(): { readonly events: readonly HeldEvent[]; readonly messages: readonly HeldMessage[] } {
    const held = { events: this.#events, messages: this.#messages }
    this.#events = []
    this.#messages = []
    return held
  }
}
