import type { Duration } from '../../node/protocol/index.ts'

export interface ReplicatorOptions {
  /**
   * How often this peer compares its documents with a random member's, whatever else happens. Shorter repairs sooner
   * what gossip lost and costs a digest per document each time. Jittered by a fifth. @default 30000
   */
  readonly antiEntropyPeriod?: Duration
  /** How long changes gather while a flush is under way. Longer makes fewer, larger sets. @default 50 */
  readonly gatherDelay?: Duration
  /**
   * Change sets whose signature is being checked, in bytes, half of it for one sender; more are refused and come again by
   * anti-entropy. @default 33554432
   */
  readonly verifyingLimitBytes?: number
  /** Documents carried at once, opened or followed. @default 100000 */
  readonly documentLimit?: number
  /** How long after news from one peer the others are told that there is some. @default 200 */
  readonly nudgeDelay?: Duration
}

export type ResolvedReplicatorOptions = Required<ReplicatorOptions>

export const replicatorDefaults: ResolvedReplicatorOptions = Object.freeze({
  antiEntropyPeriod: 30_000,
  gatherDelay: 50,
  verifyingLimitBytes: 32 * 1024 * 1024,
  documentLimit: 100_000,
  nudgeDelay: 200,
})

/** @throws RangeError for an option that is not a whole number of at least 1 */
export function resolveReplicatorOptions(options: ReplicatorOptions = {}): ResolvedReplicatorOptions {
  const resolved = { ...replicatorDefaults, ...options }
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`Cannot replicate with ${name} of ${value}: it is a whole number of at least 1`)
    }
  }
  return resolved
}
