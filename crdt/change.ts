import { limits } from './limits.ts'
import { isReplicaId, type ReplicaId } from './replica-id.ts'

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
   * The heads it was made on, other than the replica's own previous operation, ordered by replica, one a replica: as many
   * as there were, since a limit would let whoever makes that many heads keep everybody else from writing. A dot
   * inside a change stands for the whole of it, since no version holds half a change.
   */
  readonly dependencies: readonly Dot[]
  /** Milliseconds since 1970 by the author's clock, 0 where unknown. A label for history: decides nothing. */
  readonly time: number
  /** Self-contained and versioned by its first byte; at most `limits.changeBytes`. */
  readonly operations: Uint8Array
}

/** Some 8,900 years from 1970 on; differences of such times are exact in every encoding. */
export const greatestTime: number = 2 ** 48

/** @returns what is wrong with the fields of a change from outside; whether its operations are valid is another matter */
export function findMalformation(change: Change): string | undefined {
  const { replica, sequence, count, dependencies, time, operations } = change
  if (!isReplicaId(replica)) return 'its replica is no replica id'
  if (!isCount(sequence) || !isCount(sequence + count)) return 'its sequence is out of range'
  if (!isCount(count) || count < 1 || count > limits.changeOperations) return 'its count is out of range'
  if (!isCount(time) || time > greatestTime) return 'its time is out of range'
  if (operations.length > limits.changeBytes) return 'its operations are too large'
  for (const [index, dot] of dependencies.entries()) {
    const before = dependencies[index - 1]
    if (!isReplicaId(dot.replica) || !isCount(dot.sequence)) return 'a dependency is no dot'
    if (dot.replica === replica || (before !== undefined && before.replica >= dot.replica)) {
      return 'its dependencies are not in canonical order'
    }
  }
  return undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
