import type { PeerEvent } from '../../node/peer/index.ts'

/** What went wrong in the replication of documents since the peer started, by closed reasons. */
export class ReplicationCounts {
  readonly #rejected = new Map<string, number>()
  readonly #refused = new Map<string, number>()
  /** Authors who were found to have written two histories of a document. */
  equivocations = 0

  hear(event: PeerEvent): void {
    // The host rejects as well, and that is not about documents.
    if (event.type === 'rejected' && 'document' in event) increment(this.#rejected, event.reason)
    else if (event.type === 'refused') increment(this.#refused, event.reason)
    else if (event.type === 'equivocation') this.equivocations++
  }

  /** Changes of others that were not taken in here. */
  get rejected(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rejected)
  }

  /** How often peers said that they do not take what this one has. */
  get refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused)
  }
}

function increment(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1)
}
