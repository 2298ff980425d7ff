import type { Item, Bound, ReconciliationMessage } from '../../../node/reconciliation/index.ts'
import type { DhtRecord, Duration, Key, Provider } from '../../../node/protocol/index.ts'

/** A record, and how long it is to be kept from now on. */
export interface Lease {
  readonly record: DhtRecord
  readonly lifetime: Duration
}

/** What became of a record that a replica was to keep. */
export type StoreOutcome =
  /** It is on disk, now or already. */
  | 'kept'
  /** A newer one is, or its time is over. */
  | 'stale'
  /** There is no room. */
  | 'full'
  /** Its signature is wrong. */
  | 'forged'

/** Of questions about one key: whoever asks takes the receiver for its owner, by hearsay. If it is not, it says so. */
interface AboutKey {
  readonly number: number
  readonly asOwner: boolean
}

export type DhtQuestion =
  /** To keep these; of one key or of many. Fresh ones come from their writer, who must not use a sequence number twice. */
  | ({ readonly type: 'store'; readonly isFresh: boolean; readonly leases: readonly Lease[] } & AboutKey)
  /** For what is held under a key. */
  | ({ readonly type: 'fetch'; readonly key: Key } & AboutKey)
  /** For certain records, by what a reconciliation has found. */
  | { readonly type: 'give'; readonly number: number; readonly items: readonly Item[] }
  /** To remember the sender as a provider. */
  | ({ readonly type: 'provide'; readonly key: Key; readonly addresses: readonly string[] } & AboutKey)
  | ({ readonly type: 'who'; readonly key: Key } & AboutKey)
  /** One message of a session of the sender's, about an arc. */
  | {
      readonly type: 'reconcile'
      readonly number: number
      readonly session: number
      readonly from: Bound
      readonly to: Bound
      readonly message: ReconciliationMessage
    }

export type DhtReply =
  /** Somebody else has come between the key and the replying peer. */
  | { readonly type: 'misplaced'; readonly number: number }
  /** In the order of the leases. `newer` holds what made any of them stale. */
  | {
      readonly type: 'stored'
      readonly number: number
      readonly outcomes: readonly StoreOutcome[]
      readonly newer: readonly DhtRecord[]
    }
  /** `isComplete` is false as long as a newcomer does not have all that it should: that it has nothing means nothing. */
  | {
      readonly type: 'fetched'
      readonly number: number
      readonly isComplete: boolean
      readonly leases: readonly Lease[]
    }
  | { readonly type: 'given'; readonly number: number; readonly leases: readonly Lease[] }
  | { readonly type: 'provided'; readonly number: number; readonly isTaken: boolean }
  | { readonly type: 'known'; readonly number: number; readonly providers: readonly Provider[] }
  /** Left out when the session has ended. */
  | { readonly type: 'reconciled'; readonly number: number; readonly message: ReconciliationMessage | undefined }
  /** There is no room for another session, or none of that number. */
  | { readonly type: 'declined'; readonly number: number }

export type DhtMessage = DhtQuestion | DhtReply

/** What one message may hold. A frame takes a mebibyte; a record 75 kB at the most. */
export const dhtMessageLimits: {
  readonly leases: number
  readonly leaseBytes: number
  readonly keyBytes: number
  readonly items: number
  readonly addresses: number
  readonly addressBytes: number
  readonly providers: number
} = Object.freeze({
  leases: 256,
  /** Sent together if they are no larger than this, or a single one. */
  leaseBytes: 262_144,
  /** Of one key all are sent together, as many as a frame has room for. */
  keyBytes: 1_000_000,
  items: 256,
  addresses: 8,
  addressBytes: 256,
  providers: 256,
})
