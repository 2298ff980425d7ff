import type { Duration, PeerId } from '../environment.ts'
import type { Key } from './key.ts'
import type { DhtRecord, SharedRecord } from './record.ts'

export interface RequestOptions {
  /** Ends the wait; what has been sent is not taken back. */
  readonly signal?: AbortSignal
}

/** One peer that was asked during a lookup. */
export interface LookupContact {
  readonly peer: PeerId
  /** When it was asked, since the lookup began. */
  readonly at: Duration
  readonly outcome: 'answered' | 'timed-out'
  /** Until it answered, or until no more was waited for it. */
  readonly took: Duration
}

/** How a lookup went. */
export interface LookupTrace {
  readonly key: Key
  /** Who is responsible, the nearest first. */
  readonly peers: readonly PeerId[]
  /**
   * Peers one after another on the way, up to and including the one that knew the answer; 0 if that was this peer. On Chord
   * that one precedes the key: `ownerHops`, which count the owner as well, are `hops` + 1.
   */
  readonly hops: number
  /** Peers that did not answer in time. */
  readonly timeouts: number
  readonly duration: Duration
  /** In the order in which they were asked. */
  readonly contacts: readonly LookupContact[]
}

/** Finds who is responsible for a key (Dabek et al., "Towards a Common API for Structured Peer-to-Peer Overlays"). */
export interface Router {
  /**
   * @returns who is responsible for the key, the nearest first, this peer perhaps among them; never empty
   * @throws LookupFailedError when nobody answers
   */
  lookup(key: Key, options?: RequestOptions): Promise<readonly PeerId[]>
  /** `lookup`, and how it went. @throws LookupFailedError */
  trace(key: Key, options?: RequestOptions): Promise<LookupTrace>
  /** Up to `count` peers nearest to this one in the identifier space, without asking anybody. Never this peer. */
  neighbours(count: number): readonly PeerId[]
  /**
   * @returns up to `count` distinct peers that should hold what is stored under the key, the nearest first; fewer only
   * where the network has fewer
   * @throws LookupFailedError
   */
  replicas(key: Key, count: number, options?: RequestOptions): Promise<readonly PeerId[]>
}

/** What is to be stored; the overlay signs it with the author's key of its host. */
export type DhtWrite =
  | { readonly kind: 'immutable'; readonly value: Uint8Array }
  /** `sequence` left out: one more than what is found. */
  | { readonly kind: 'owned'; readonly name: string; readonly value: Uint8Array; readonly sequence?: number }
  /** `replaces` left out: what is found at the time of writing. Empty: nothing, so the value becomes a sibling of all. */
  | {
      readonly kind: 'shared'
      readonly name: string
      readonly value: Uint8Array
      readonly replaces?: readonly SharedRecord[]
    }

/** Who has what a key stands for. */
export interface Provider {
  readonly peer: PeerId
  /** As the peer announced them, in the host's notation; may be empty. */
  readonly addresses: readonly string[]
}

/**
 * Records and providers under keys, held by the peers that the keys' owners are. The key of a record follows from it:
 * `immutableKey`, `ownedKey`, `sharedKey`.
 */
export interface Dht {
  /** Public key with which this peer signs records, 32 bytes: the owner in `ownedKey`. */
  readonly author: Uint8Array
  /**
   * Resolves with the record as it was stored once enough replicas have it.
   *
   * @throws RangeError when the record may not stand under the key, or exceeds `recordLimits`
   * @throws StaleRecordError when an owned record is not newer than what is there
   * @throws QuorumFailedError when too few replicas took it
   * @throws LookupFailedError
   */
  put(key: Key, write: DhtWrite, options?: RequestOptions): Promise<DhtRecord>
  /**
   * @returns the record, or all siblings of a shared one, each with a valid signature; empty if there is none
   * @throws QuorumFailedError when too few replicas answered
   * @throws LookupFailedError
   */
  get(key: Key, options?: RequestOptions): Promise<readonly DhtRecord[]>
  /** Tells that this peer has what the key stands for, and keeps telling it until `withdraw` or the end of the peer. */
  provide(key: Key, options?: RequestOptions): Promise<void>
  /** Stops telling. What others remember of it expires. */
  withdraw(key: Key): void
  /** @returns in no particular order, without duplicates */
  providers(key: Key, options?: RequestOptions): Promise<readonly Provider[]>
  /**
   * Gives every record held here to those who should hold it without this peer: before it is stopped for good.
   *
   * @returns whether all of them have all; false too when something is held and there is nobody else
   * @throws LookupFailedError when this peer has stopped; the reason of the signal
   */
  handOver(options?: RequestOptions): Promise<boolean>
}
