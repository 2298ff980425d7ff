import type { BroadcastMessage, Ticket } from '../../node/protocol/index.ts'
import { sizeOf } from './messages.ts'
import type { Arrival } from './plumtree.ts'

/**
 * What becomes of a message: `accept` tells and passes it on; `ignore` does neither; `reject` does neither and is held
 * against whoever handed it on (every peer must find the same invalid, or honest ones lose their place).
 */
export type Verdict = 'accept' | 'ignore' | 'reject'

/** Asked once for each message of somebody else before it is told or passed on. `later`: the ticket is answered. */
export type Validate = (message: BroadcastMessage, ticket: Ticket) => Verdict | 'later'

/** Most messages that wait for an answer; the oldest then count as ignored. */
const pendingLimit = 256

/** Messages that came, and may not be valid. */
export class PendingMessages {
  readonly #limitBytes: number
  readonly #pending = new Map<Ticket, Arrival>()
  #ticket = 0
  #bytes = 0

  /** @param limitBytes of all that wait together */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  nextTicket(): Ticket {
    return ++this.#ticket as Ticket
  }

  /** @returns what is given up to make room */
  add(ticket: Ticket, arrival: Arrival): Arrival[] {
    const givenUp: Arrival[] = []
    this.#pending.set(ticket, arrival)
    this.#bytes += sizeOf(arrival.payload)
    for (const oldest of this.#pending.keys()) {
      const fits = this.#pending.size <= pendingLimit && this.#bytes <= this.#limitBytes
      if (fits || oldest === ticket) break
      const other = this.take(oldest)
      if (other !== undefined) givenUp.push(other)
    }
    return givenUp
  }

  /** @returns undefined when the ticket was answered before, or was given up */
  take(ticket: Ticket): Arrival | undefined {
    const arrival = this.#pending.get(ticket)
    if (arrival === undefined) return undefined
    this.#pending.delete(ticket)
    this.#bytes -= sizeOf(arrival.payload)
    return arrival
  }
}
