import type { Instant } from '../../node/protocol/index.ts'
import { messageLimits, type MessageId } from './messages.ts'

interface Unconfirmed {
  readonly since: Instant
  /** How often the neighbour was told. */
  readonly times: number
}

/** Most ids that wait to be announced to a neighbour that confirms nothing. */
const newsLimit = 4 * messageLimits.ids

/**
 * What is said of messages to one neighbour: the lazy half of Plumtree, made fit for links that lose messages.
 *
 * 1. An id is news until it is announced; it stays unconfirmed until the neighbour shows that it has the message: by
 *    giving it, announcing it, or confirming. So many may be unconfirmed at a time; further ones stay news.
 * 2. What the neighbour gave or announced is confirmed to it, once for each time that it says so.
 */
export class Link {
  /** Ids to be announced; the oldest make room. */
  readonly news: Set<MessageId> = new Set()
  /** Ids to be confirmed. */
  readonly confirmations: Set<MessageId> = new Set()
  readonly #unconfirmed = new Map<MessageId, Unconfirmed>()

  /** It is to be announced. */
  add(id: MessageId): void {
    this.news.add(id)
    if (this.news.size <= newsLimit) return
    const [oldest] = this.news
    this.news.delete(oldest as MessageId)
  }

  /** How many more messages the neighbour may be given, or told of, until it confirms some. */
  get room(): number {
    return messageLimits.ids - this.#unconfirmed.size
  }

  get isQuiet(): boolean {
    return this.confirmations.size === 0 && this.#unconfirmed.size === 0
  }

  /** The neighbour was sent this message, or told its id. The oldest make room. */
  told(id: MessageId, now: Instant): void {
    const times = (this.#unconfirmed.get(id)?.times ?? 0) + 1
    this.#unconfirmed.delete(id)
    this.#unconfirmed.set(id, { since: now, times })
    if (this.#unconfirmed.size <= messageLimits.ids) return
    const [oldest] = this.#unconfirmed.keys()
    this.#unconfirmed.delete(oldest as MessageId)
  }

  /** The neighbour has this message. @returns whether it was about to be told of it */
  holds(id: MessageId): boolean {
    this.#unconfirmed.delete(id)
    return this.news.delete(id)
  }

  /** @returns ids told before that time and not confirmed since; those told `limit` times are given up */
  overdue(before: Instant, limit: number): MessageId[] {
    const overdue: MessageId[] = []
    for (const [id, { since, times }] of this.#unconfirmed) {
      if (since > before) break
      if (times >= limit) this.#unconfirmed.delete(id)
      else overdue.push(id)
    }
    return overdue
  }
}
