import type { Bound } from '../item.ts'
import type { Limit } from '../reply.ts'
import type { PeerCursor } from './options.ts'

/** The layer that settled it: the digest of all, the change feed, the sketch, or ranges. */
export type StoreMethod = 'equal' | 'feed' | 'sketch' | 'ranges'

/**
 * Which limit ended a session early. `build`: the set for ranges is not complete; `changes`: too much has changed since
 * it began; `records`: the other side has none and has been told of so many; `closed`: it was given up.
 */
export type StoreLimit = Limit | 'records' | 'changes' | 'build' | 'closed'

interface StoreEnd {
  readonly method: StoreMethod
  /** Messages, both ways together. */
  readonly rounds: number
  /** Symbols that were sent or taken. */
  readonly symbols: number
}

export type StoreOutcome =
  /** All that differed when it began has been reported. */
  | (StoreEnd & {
      readonly kind: 'complete'
      /** Whether what does not differ was compared once more (L4). It cannot be where ranges were compared amid changes. */
      readonly isVerified: boolean
      /** It was, and did not come out the same: never, among honest peers. */
      readonly isMismatch: boolean
      /** To be kept for the next session with this peer, in place of the one before. */
      readonly cursor?: PeerCursor
    })
  /** A limit was reached. What was reported stands. */
  | (StoreEnd & {
      readonly kind: 'stopped'
      readonly limit: StoreLimit
      /** Ranges only: all before it, in the order of document ids, is settled. */
      readonly settledTo?: Bound
    })
  /** The other side sent what no honest peer sends. */
  | (StoreEnd & { readonly kind: 'refused'; readonly reason: string })
