import type { Duration, Instant } from '../protocol/index.ts'
import { EventQueue } from './event-queue.ts'

/** Virtual time, and what is due in it. */
export class Agenda {
  readonly queue: EventQueue = new EventQueue()
  now: Instant = 0

  after(
    delay: Duration,
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void {
    this.queue.put(this.now + delay, kind, peer, other, session, protocol, payload)
  }
}
