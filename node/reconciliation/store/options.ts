import type { Mark } from '../heads/head-index.ts'
import { storeLimits } from './limits.ts'

/** How far two stores have told each other of their changes: plain data, to be kept for each peer between sessions. */
export interface PeerCursor {
  /** What the peer has heard of ours. */
  readonly ours: Mark
  /** What we have heard of the peer's. */
  readonly theirs: Mark
}

export interface StoreReconciliationOptions {
  /** From the last session with this peer that gave one. Without it the change feed is left out. */
  readonly cursor?: PeerCursor | undefined
  /** Changes fed at the most; where there are more, sketches are compared. From 0 to 4000. @default 4000 */
  readonly feedLimit?: number
  /** Symbols of the peer taken at the most; where it takes more, ranges are compared. From 48 to 1,048,576. @default 32768 */
  readonly symbolLimit?: number
  /**
   * Records that one session may add to the set that ranges need, some 10 µs each; where more are lacking it stops, and
   * the next goes on. 0: only `HeadIndex.buildRanges` builds it. @default 100000
   */
  readonly buildLimit?: number
  /** Messages of a session, both ways together. From 8 to 32. @default 32 */
  readonly roundLimit?: number
  /**
   * Records told in a session where the peer has none. From 1 to 64,000, more than which no peer hears in one session with
   * the default `workLimit`. @default 64000
   */
  readonly recordLimit?: number
  /**
   * What a session may cost, instead of time: a record that is looked up or a symbol that is compared counts 1 or 2, one
   * that is told 15. Some 200 ms at the most. @default 1048576
   */
  readonly workLimit?: number
}

export type ResolvedStoreOptions = Required<Omit<StoreReconciliationOptions, 'cursor'>>

const storeDefaults: ResolvedStoreOptions = Object.freeze({
  feedLimit: storeLimits.fed,
  symbolLimit: 32_768,
  buildLimit: 100_000,
  roundLimit: storeLimits.rounds,
  recordLimit: 64_000,
  workLimit: 1_048_576,
})

const extents: Readonly<Record<keyof ResolvedStoreOptions, readonly [number, number]>> = {
  feedLimit: [0, storeLimits.fed],
  symbolLimit: [48, 1_048_576],
  buildLimit: [0, Number.MAX_SAFE_INTEGER],
  roundLimit: [8, storeLimits.rounds],
  recordLimit: [1, 64_000],
  workLimit: [1, Number.MAX_SAFE_INTEGER],
}

/** @throws RangeError */
export function resolveStoreOptions(options: StoreReconciliationOptions): ResolvedStoreOptions {
  const { cursor: _, ...limits } = options
  const resolved = { ...storeDefaults, ...limits }
  for (const name of Object.keys(extents) as (keyof ResolvedStoreOptions)[]) {
    const [least, greatest] = extents[name]
    const value = resolved[name]
    if (!Number.isInteger(value) || value < least || value > greatest) {
      throw new RangeError(`Cannot use ${value} as ${name}: it must be an integer from ${least} to ${greatest}`)
    }
  }
  return resolved
}
