import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { MessageId, Payload } from './messages.ts'

/** A message that is kept for those who ask. */
export interface Kept {
  readonly id: MessageId
  readonly payload: Payload
  readonly hops: number
  readonly since: Instant
  /** Neighbours known to have it. */
  readonly holders: Set<PeerId>
  /** How often the others were told of it. */
  announced: number
  /** How often each neighbour was given it because it asked. */
  readonly given: Map<PeerId, number>
}

export interface CacheLimits {
  readonly keptLimit: number
  readonly keptLimitBytes: number
  readonly keepFor: Duration
  readonly seenLimit: number
}

/** Most peers remembered of one message, in each of its sets: neighbours come and go. */
const holderLimit = 64

/** Besides its bytes: names, sets and the entry itself, roughly. */
const overheadBytes = 512

/** Messages of late, and the ids of many more, so that each is taken once. In both the oldest make room. */
export class Cache {
  readonly #limits: CacheLimits
  readonly #seen = new Set<MessageId>()
  readonly #kept = new Map<MessageId, Kept>()
  readonly #unconfirmed = new Set<Kept>()
  #bytes = 0

  constructor(limits: CacheLimits) {
    this.#limits = limits
  }

  hasSeen(id: MessageId): boolean {
    return this.#seen.has(id)
  }

  get(id: MessageId): Kept | undefined {
    return this.#kept.get(id)
  }

  /** Kept messages that some neighbour may lack. */
  get unconfirmed(): ReadonlySet<Kept> {
    return this.#unconfirmed
  }

  /** No neighbour is to be told of it any more. */
  confirmed(kept: Kept): void {
    this.#unconfirmed.delete(kept)
  }

  /** There is a neighbour that may lack all of them. */
  unconfirmAll(): void {
    for (const kept of this.#kept.values()) {
      kept.announced = 0
      this.#unconfirmed.add(kept)
    }
  }

  /** Notes that a peer has the message, if it is still kept. */
  heldBy(id: MessageId, peer: PeerId): void {
    const holders = this.#kept.get(id)?.holders
    if (holders !== undefined && holders.size < holderLimit) holders.add(peer)
  }

  /** Notes that a peer is given the message because it asked. @returns false when it has asked too often */
  give(kept: Kept, peer: PeerId, limit: number): boolean {
    const given = kept.given.get(peer) ?? 0
    if (given >= limit || (given === 0 && kept.given.size >= holderLimit)) return false
    kept.given.set(peer, given + 1)
    return true
  }

  /** @returns ids of messages that had to go before their time */
  add(id: MessageId, payload: Payload, hops: number, now: Instant): MessageId[] {
    this.#seen.add(id)
    if (this.#seen.size > this.#limits.seenLimit) {
      const [oldest] = this.#seen
      this.#seen.delete(oldest as MessageId)
    }
    const kept: Kept = { id, payload, hops, since: now, holders: new Set(), announced: 0, given: new Map() }
    this.#kept.set(id, kept)
    this.#unconfirmed.add(kept)
    this.#bytes += payload.bytes.length + overheadBytes
    return this.#evict()
  }

  /** Lets go of what was kept long enough. */
  expire(now: Instant): void {
    for (const kept of this.#kept.values()) {
      if (now - kept.since < this.#limits.keepFor) return
      this.#drop(kept)
    }
  }

  #evict(): MessageId[] {
    const evicted: MessageId[] = []
    for (const kept of this.#kept.values()) {
      const fits = this.#kept.size <= this.#limits.keptLimit && this.#bytes <= this.#limits.keptLimitBytes
      if (fits || this.#kept.size === 1) break
      this.#drop(kept)
      evicted.push(kept.id)
    }
    return evicted
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept.id)
    this.#unconfirmed.delete(kept)
    this.#bytes -= kept.payload.bytes.length + overheadBytes
  }
}
