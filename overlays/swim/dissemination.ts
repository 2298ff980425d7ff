import type { PeerId } from '../../node/protocol/index.ts'
import { logarithm } from './logarithm.ts'
import { encodedBytes, messageLimits, type MemberUpdate } from './messages.ts'

interface Entry {
  readonly update: MemberUpdate
  readonly bytes: number
}

/** Of an update about a peer with a name of one byte. */
const leastBytes = 4

/** One place is kept for what the receiver is told of itself. */
const mostUpdates = messageLimits.updates - 1

/** How often one member sends one update: λ·⌈log10(n + 1)⌉ (SWIM §4.1: λ·log n with a small λ). */
export function transmissionLimit(multiplier: number, members: number): number {
  return multiplier * Math.max(1, Math.ceil(logarithm(members + 1)))
}

/**
 * The updates that ride on this member's messages, at most one for each member: newer news replaces older. Those sent
 * least often go first (SWIM §4.1), within a bucket the oldest. It is bounded by the member table.
 */
export class Dissemination {
  /** By the number of times they were sent. */
  readonly #buckets: Map<PeerId, Entry>[] = [new Map()]
  readonly #sent = new Map<PeerId, number>()

  get size(): number {
    return this.#sent.size
  }

  add(update: MemberUpdate): void {
    this.remove(update.peer)
    this.#put(0, { update, bytes: encodedBytes(update) })
  }

  remove(peer: PeerId): void {
    const sent = this.#sent.get(peer)
    if (sent === undefined) return
    this.#buckets[sent]?.delete(peer)
    this.#sent.delete(peer)
  }

  /** Takes what fits; each counts as sent once more, and is dropped when it was sent `limit` times. */
  take(room: number, limit: number): MemberUpdate[] {
    const taken: { readonly sent: number; readonly entry: Entry }[] = []
    let left = room
    for (let sent = 0; sent < this.#buckets.length && left >= leastBytes; sent++) {
      for (const entry of (this.#buckets[sent] as Map<PeerId, Entry>).values()) {
        if (left < leastBytes || taken.length === mostUpdates) break
        if (entry.bytes > left) continue
        left -= entry.bytes
        taken.push({ sent, entry })
      }
    }
    for (const { sent, entry } of taken) {
      this.remove(entry.update.peer)
      if (sent + 1 < limit) this.#put(sent + 1, entry)
    }
    return taken.map(({ entry }) => entry.update)
  }

  #put(sent: number, entry: Entry): void {
    while (this.#buckets.length <= sent) this.#buckets.push(new Map())
    this.#buckets[sent]?.set(entry.update.peer, entry)
    this.#sent.set(entry.update.peer, sent)
  }
}
