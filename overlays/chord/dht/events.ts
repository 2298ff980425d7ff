import type { DhtRecord, Duration, HostEnvironment, Key, PeerId } from '../../../node/protocol/index.ts'
import type { DhtMessage } from './messages.ts'

export type DhtTimer =
  | { readonly type: 'request'; readonly number: number }
  | { readonly type: 'repair'; readonly round: number }
  | { readonly type: 'tidy' }
  | { readonly type: 'catch-up' }

/** What a peer keeps on disk. */
export type DhtEntry =
  | { readonly type: 'record'; readonly record: DhtRecord; readonly lifetime: Duration }
  | { readonly type: 'forget'; readonly key: Key; readonly id: string }

export type DhtEvent =
  /** A record is on disk here. */
  | { readonly type: 'kept'; readonly key: Key }
  /** A record was given to those who should hold it, and is held here no longer. */
  | { readonly type: 'handed-over'; readonly key: Key }
  | { readonly type: 'expired'; readonly key: Key }
  /**
   * So many neighbours have failed at once that all replicas of some keys may be among them: those of the keys after one
   * point, up to and with another. What nobody else holds is lost, unless one of them comes back with its disk.
   */
  | { readonly type: 'arcs-lost'; readonly after: Key; readonly upTo: Key; readonly peers: readonly PeerId[] }
  /** A record that was put here is not put again: it expires unless it is put anew. */
  | { readonly type: 'unpublished'; readonly key: Key; readonly reason: 'full' }
  /** This peer has all that it should hold, as far as its neighbours have it. Again after each time that it has joined. */
  | { readonly type: 'complete' }
  | { readonly type: 'rejected'; readonly from: PeerId; readonly reason: 'unasked' | 'forged' | 'full' | 'session' }

export type DhtEnvironment = HostEnvironment<DhtMessage, DhtTimer, DhtEvent, DhtEntry>
