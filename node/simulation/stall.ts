import type { Duration, Instant, Random } from '../protocol/index.ts'
import type { HeldEvent } from './events.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

interface HeldMessage {
  readonly to: SimulatedPeer<unknown>
  readonly protocol: number
  readonly message: unknown
  readonly random: Random
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

  /** @returns when a message that arrives now has been handled */
  handle(now: Instant): Instant {
    this.#busyUntil = Math.max(this.#busyUntil, now) + this.delay
    return this.#busyUntil
  }

  /** Holds back what reaches the peer. */
  hold(event: HeldEvent): void {
    this.#events.push(event)
  }

  /** Holds back what the peer sends. */
  holdSent(to: SimulatedPeer<unknown>, protocol: number, message: unknown, random: Random): void {
    this.#messages.push({ to, protocol, message, random })
  }

  /** What was held back, in order. */
  release(): { readonly events: readonly HeldEvent[]; readonly messages: readonly HeldMessage[] } {
    const held = { events: this.#events, messages: this.#messages }
    this.#events = []
    this.#messages = []
    return held
  }
}
