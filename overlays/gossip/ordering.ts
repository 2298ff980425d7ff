import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import { messageLimits, sizeOf, type Past, type Payload } from './messages.ts'
import type { Order } from './options.ts'
import type { Arrival } from './plumtree.ts'

export interface OrderingLimits {
  readonly order: Order
  readonly orderTimeout: Duration
  readonly orderLimit: number
  readonly keptLimitBytes: number
}

interface Waiting {
  readonly arrival: Arrival
  readonly since: Instant
}

export interface Told {
  readonly arrival: Arrival
  /** It was to be told before one that has been told already, or after one that has not come. */
  readonly isOutOfOrder: boolean
}

/** Most publishers, each life counted, whose messages are counted; those told longest ago make room. */
const publisherLimit = 4096

/**
 * Holds messages back until those have been told that they are to follow: of the same publisher (first in, first out),
 * or of all that it had been told of (causal order by vector clocks: Birman, Schiper, Stephenson, "Lightweight causal and
 * atomic group multicast", TOCS 1991). Waiting is bounded: a message is better told late and out of order than never.
 */
export class Ordering {
  readonly #limits: OrderingLimits
  /** By publisher and life: how many of its messages have been told, the latest told last. */
  readonly #told = new Map<string, Past>()
  readonly #waiting = new Set<Waiting>()
  /** Of all that wait. */
  #bytes = 0

  constructor(limits: OrderingLimits) {
    this.#limits = limits
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** What a message published now is to follow, besides the earlier ones of its publisher. */
  past(self: PeerId): readonly Past[] {
    if (this.#limits.order !== 'causal') return []
    return [...this.#told.values()].filter(({ publisher }) => publisher !== self).slice(-messageLimits.past)
  }

  /** An own message: others may say that theirs follow it. */
  published({ publisher, life, sequence }: Payload): void {
    if (this.#limits.order === 'causal') this.#count({ publisher, life, count: sequence + 1 })
  }

  /** @returns what is to be told now, in this order */
  arrived(arrival: Arrival, now: Instant): Told[] {
    if (this.#limits.order === 'none') return [{ arrival, isOutOfOrder: false }]
    const { payload } = arrival
    // It comes after the wait for it was over.
    if (payload.sequence < this.#countOf(payload)) return [{ arrival, isOutOfOrder: true }]
    this.#waiting.add({ arrival, since: now })
    this.#bytes += sizeOf(payload)
    const told = this.#release()
    const { orderLimit, keptLimitBytes } = this.#limits
    while (this.#waiting.size > orderLimit || this.#bytes > keptLimitBytes) told.push(...this.#giveUp())
    return told
  }

  /** @returns what has waited for too long, and what may follow it */
  expire(now: Instant): Told[] {
    const told: Told[] = []
    for (const { since } of this.#waiting) {
      if (now - since < this.#limits.orderTimeout) break
      told.push(...this.#giveUp())
    }
    return told
  }

  #release(): Told[] {
    const told: Told[] = []
    for (let isMoving = true; isMoving;) {
      isMoving = false
      for (const waiting of this.#waiting) {
        if (!this.#isDue(waiting.arrival.payload)) continue
        isMoving = true
        told.push(this.#tell(waiting, false))
      }
    }
    return told
  }

  /** The wait of the oldest is over: of its publisher, the first that waits is told, whatever it should follow. */
  #giveUp(): Told[] {
    const [oldest] = this.#waiting
    if (oldest === undefined) return []
    let first = oldest
    const { publisher, life } = oldest.arrival.payload
    for (const other of this.#waiting) {
      const { payload } = other.arrival
      const isEarlier = payload.sequence < first.arrival.payload.sequence
      if (payload.publisher === publisher && payload.life === life && isEarlier) first = other
    }
    const told = this.#tell(first, true)
    // What did not come in time is awaited no more, by others neither: a newcomer never hears what was before it.
    for (const past of first.arrival.payload.past) if (past.count > this.#countOf(past)) this.#count(past)
    return [told, ...this.#release()]
  }

  #isDue(payload: Payload): boolean {
    if (payload.sequence > this.#countOf(payload)) return false
    return this.#limits.order === 'fifo' || payload.past.every((past) => this.#countOf(past) >= past.count)
  }

  #tell(waiting: Waiting, isOutOfOrder: boolean): Told {
    const { arrival } = waiting
    this.#waiting.delete(waiting)
    this.#bytes -= sizeOf(arrival.payload)
    const { publisher, life, sequence } = arrival.payload
    // The wait for it may be over, and what follows it told: a count does not go down.
    const count = this.#countOf(arrival.payload)
    this.#count({ publisher, life, count: Math.max(count, sequence + 1) })
    return { arrival, isOutOfOrder: isOutOfOrder || sequence < count }
  }

  #count(past: Past): void {
    const key = keyOf(past)
    this.#told.delete(key)
    this.#told.set(key, past)
    if (this.#told.size <= publisherLimit) return
    const [oldest] = this.#told.keys()
    this.#told.delete(oldest as string)
  }

  #countOf(of: Pick<Past, 'publisher' | 'life'>): number {
    return this.#told.get(keyOf(of))?.count ?? 0
  }
}

function keyOf({ publisher, life }: Pick<Past, 'publisher' | 'life'>): string {
  return `${life} ${publisher}`
}
