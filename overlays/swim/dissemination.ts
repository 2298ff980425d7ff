import type { PeerId } from '../../node/protocol/index.ts'
import { logarithm } from './logarithm.ts'
import type { Told } from './members.ts'
import { messageLimits, type MemberUpdate } from './messages.ts'

/** One place is kept for what the receiver is told of itself. */
const mostUpdates = messageLimits.updates - 1

/** So many void entries may stay in any case. */
const fewVoid = 64

const noBuckets: (Bucket | undefined)[] = []

/** How often one member sends one update: λ·⌈log10(n + 1)⌉ (SWIM §4.1: λ·log n with a small λ). */
export function transmissionLimit(multiplier: number, members: number): number {
  return multiplier * Math.max(1, Math.ceil(logarithm(members + 1)))
}

interface Entry {
  readonly told: Told
  /** How often it was sent. */
  sent: number
  /** Newer news replaced it. */
  isVoid: boolean
}

/** First in, first out. Void entries stay until they come first, or are most of it. */
class Bucket {
  #entries: Entry[] = []
  #head = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  get first(): Entry | undefined {
    while (this.#entries[this.#head]?.isVoid === true) this.#head++
    return this.#entries[this.#head]
  }

  put(entry: Entry): void {
    this.#entries.push(entry)
  }

  dropFirst(): void {
    this.#head++
    if (2 * this.#head > this.#entries.length) this.#compact()
  }

  dropVoid(): void {
    this.#entries = this.#entries.filter(({ isVoid }, index) => index >= this.#head && !isVoid)
    this.#head = 0
  }

  #compact(): void {
    this.#entries.splice(0, this.#head)
    this.#head = 0
  }
}

/**
 * The updates that ride on this member's messages, at most one for each member: newer news replaces older. Those sent
 * least often go first (SWIM §4.1), of these the oldest. It is bounded by the member table, and takes no memory while
 * there is no news.
 */
export class Dissemination {
  /** A single one, as nearly always, needs no order and no look-up; those that come while there are others are below. */
  #only: Entry | undefined
  #entries: Map<PeerId, Entry> | undefined
  /** By the number of times they were sent; none where nothing is. */
  #buckets: (Bucket | undefined)[] = noBuckets

  get size(): number {
    return this.#only === undefined ? (this.#entries?.size ?? 0) : 1
  }

  add(told: Told): void {
    this.remove(told.update.peer)
    const entry = { told, sent: 0, isVoid: false }
    if (this.size === 0) {
      this.#only = entry
      return
    }
    if (this.#only !== undefined) {
      const only = this.#only
      this.#only = undefined
      this.#insert(only)
    }
    this.#insert(entry)
  }

  remove(peer: PeerId): void {
    if (this.#only?.told.update.peer === peer) this.#only = undefined
    const entry = this.#entries?.get(peer)
    if (entry === undefined) return
    entry.isVoid = true
    this.#drop(peer)
  }

  /**
   * Takes what fits; each counts as sent once more, and is dropped when it was sent `limit` times.
   *
   * @param alone nothing else is in the message: then the first one goes even if it is larger than `room`
   */
  take(room: number, limit: number, alone: boolean): MemberUpdate[] {
    if (this.#only !== undefined) return this.#takeOnly(this.#only, room, limit, alone)
    const taken = this.#takeFirst(room, alone)
    for (const entry of taken) {
      entry.sent++
      if (entry.sent < limit) this.#put(entry, this.size)
      else this.#drop(entry.told.update.peer)
    }
    return taken.map(({ told }) => told.update)
  }

  #takeOnly(only: Entry, room: number, limit: number, alone: boolean): MemberUpdate[] {
    const { update, bytes } = only.told
    if (bytes > room && !alone) return []
    if (++only.sent >= limit) this.#only = undefined
    return [update]
  }

  #takeFirst(room: number, alone: boolean): Entry[] {
    const taken: Entry[] = []
    let left = room
    for (let sent = 0; sent < this.#buckets.length; sent++) {
      const bucket = this.#buckets[sent]
      if (bucket === undefined) continue
      for (let entry = bucket.first; entry !== undefined; entry = bucket.first) {
        const { bytes } = entry.told
        if ((bytes > left && !(alone && taken.length === 0)) || taken.length === mostUpdates) return taken
        left -= bytes
        taken.push(entry)
        bucket.dropFirst()
      }
      this.#buckets[sent] = undefined
    }
    return taken
  }

  #insert(entry: Entry): void {
    if (this.#entries === undefined) {
      this.#entries = new Map()
      this.#buckets = []
    }
    this.#entries.set(entry.told.update.peer, entry)
    this.#put(entry, this.#entries.size)
  }

  #put(entry: Entry, known: number): void {
    while (this.#buckets.length <= entry.sent) this.#buckets.push(undefined)
    const bucket = this.#buckets[entry.sent] ?? new Bucket()
    this.#buckets[entry.sent] = bucket
    bucket.put(entry)
    if (bucket.length > 2 * known + fewVoid) bucket.dropVoid()
  }

  #drop(peer: PeerId): void {
    this.#entries?.delete(peer)
    if (this.size > 0) return
    this.#entries = undefined
    this.#buckets = noBuckets
  }
}
