import type { ReplicaId } from './replica-id.ts'

/** One operation: the `sequence`-th, from 0, of its replica. */
export interface Dot {
  readonly replica: ReplicaId
  readonly sequence: number
}

/**
 * What one transaction did: the unit that is sent, kept, and becomes visible whole.
 *
 * An insertion or deletion of n units of a text or list counts as n operations, everything else as one.
 */
export interface Change {
  readonly replica: ReplicaId
  /** Of its first operation. Each replica numbers from 0 without gaps. */
  readonly sequence: number
  /** Operations, at least 1. */
  readonly count: number
  /**
   * The heads it was made on, other than the replica's own previous operation, ordered by replica, one a replica. A dot
   * inside a change stands for the whole of it, since no version holds half a change.
   */
  readonly dependencies: readonly Dot[]
  /** Milliseconds since 1970 by the author's clock, 0 where unknown. A label for history: decides nothing. */
  readonly time: number
  /** Self-contained and versioned by its first byte; at most `limits.changeBytes`. */
  readonly operations: Uint8Array
}
