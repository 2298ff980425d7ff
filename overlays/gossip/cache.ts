import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import { sizeOf, type MessageId, type Payload } from './messages.ts'
import { SeenIds } from './seen-ids.ts'

/** A message that is kept for those who ask. */
export interface Kept {
  readonly id: MessageId
  readonly payload: Payload
  /** Hops from its publisher to this peer. */
  readonly round: number
  /** Whether it shapes the tree of its topic. */
  readonly shapes: boolean
  readonly since: Instant
  /** Who gave it first, or would by now; this peer itself for an own message. */
  source: PeerId
  /** How often each neighbour was given it because it asked. */
  given?: Map<PeerId, number>
}

export interface CacheLimits {
  readonly keptLimit: number
  readonly keptLimitBytes: number
  readonly keepFor: Duration
  readonly seenLimit: number
}

/** Most peers remembered that asked for one message: neighbours come and go. */
const askerLimit = 64

/** Besides its bytes: names, sets and the entry itself, roughly. */
const overheadBytes = 512

/** Messages of late, and the ids of many more, so that each is taken once. In both the oldest make room. */
export class Cache {
  readonly #limits: CacheLimits
  readonly #seen: SeenIds
  readonly #kept = new Map<MessageId, Kept>()
  /** In the order in which they came. A map that loses its first entries grows slow at naming the first. */
  #order: Kept[] = []
  #first = 0
  #bytes = 0

  constructor(limits: CacheLimits) {
    this.#limits = limits
    this.#seen = new SeenIds(limits.seenLimit)
  }

  hasSeen(id: MessageId): boolean {
    return this.#seen.has(id) || this.#kept.has(id)
  }

  get(id: MessageId): Kept | undefined {
    return this.#kept.get(id)
  }

  /** The latest messages kept, the oldest of them first. */
  latest(count: number): Kept[] {
    return this.#order.slice(Math.max(this.#first, this.#order.length - count))
  }

  /** Notes that a peer is given the message because it asked. @returns false when it has asked too often */
  give(kept: Kept, peer: PeerId, limit: number): boolean {
    const given = (kept.given ??= new Map())
    const times = given.get(peer) ?? 0
    if (times >= limit || (times === 0 && given.size >= askerLimit)) return false
    given.set(peer, times + 1)
    return true
  }

  /** Its id alone: the message is not kept. */
  saw(id: MessageId): void {
    this.#seen.add(id)
  }

  /** It was neither told nor passed on: it may come again. */
  forget(id: MessageId): void {
    this.#seen.forget(id)
  }

  /** @returns ids of messages that had to go before their time */
  keep(kept: Kept): MessageId[] {
    this.#kept.set(kept.id, kept)
    this.#order.push(kept)
    this.#bytes += sizeOf(kept.payload) + overheadBytes
    return this.#evict()
  }

  /** Lets go of what was kept long enough. */
  expire(now: Instant): void {
    for (let oldest = this.#oldest; oldest !== undefined; oldest = this.#oldest) {
      if (now - oldest.since < this.#limits.keepFor) return
      this.#drop(oldest)
    }
  }

  get #oldest(): Kept | undefined {
    return this.#order[this.#first]
  }

  #evict(): MessageId[] {
    const { keptLimit, keptLimitBytes } = this.#limits
    const evicted: MessageId[] = []
    while (this.#kept.size > 1 && (this.#kept.size > keptLimit || this.#bytes > keptLimitBytes)) {
      const oldest = this.#oldest as Kept
      this.#drop(oldest)
      evicted.push(oldest.id)
    }
    return evicted
  }

  /** The oldest one. */
  #drop(oldest: Kept): void {
    this.#kept.delete(oldest.id)
    this.#bytes -= sizeOf(oldest.payload) + overheadBytes
    this.#first++
    if (2 * this.#first < this.#order.length) return
    this.#order = this.#order.slice(this.#first)
    this.#first = 0
  }
}
