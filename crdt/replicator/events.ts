import type { DocumentId, PeerId, StoredChangeSet } from '../../node/protocol/index.ts'
import type { Change, ReplicaId } from '../index.ts'
import type { Genesis } from './genesis.ts'

/** What a replicator keeps. */
export type ReplicatorEntry =
  | { readonly type: 'document'; readonly document: DocumentId; readonly genesis: Uint8Array }
  | { readonly type: 'set'; readonly set: StoredChangeSet }
  /** Proof that an author of the document wrote two histories. */
  | {
      readonly type: 'equivocation'
      readonly document: DocumentId
      /** Ed25519 public key. */
      readonly author: Uint8Array
      readonly proof: Uint8Array
    }

export type ReplicatorTimer =
  | { readonly type: 'antiEntropy' }
  | { readonly type: 'gather'; readonly document: DocumentId }
  | { readonly type: 'nudge' }
  | { readonly type: 'pump'; readonly peer: PeerId }
  | { readonly type: 'recheck'; readonly peer: PeerId; readonly attempt: number }
  | { readonly type: 'missing'; readonly document: DocumentId }
  | { readonly type: 'settle'; readonly document: DocumentId }

/**
 * Why something that arrived was not taken in:
 *
 * - `malformed`: no change set, or one that breaks a rule of its own format
 * - `unknown-document`: of a document that is not carried here
 * - `busy`: too many signatures are being checked; it comes again
 * - `signature`: the author did not sign it
 * - `not-permitted`: the author may not write this document
 * - `stray`: it follows a set that is not here, in a place that is taken: its author may have written two histories
 * - `quarantined`: its author is known to have written two histories, and nobody else has built on it
 * - `spoiled`: it follows a set without readable operations
 * - `waiting-full`: too much waits for what it depends on; it comes again
 * - `orphaned`: what it depends on was asked for in vain for a minute; it comes again together with that
 * - `document-limit`: no more documents are carried
 * - `damaged`: an entry of the store that does not read; the document is completed from peers
 */
export type ReplicatorRejection =
  | 'malformed'
  | 'unknown-document'
  | 'busy'
  | 'signature'
  | 'not-permitted'
  | 'stray'
  | 'quarantined'
  | 'spoiled'
  | 'waiting-full'
  | 'orphaned'
  | 'document-limit'
  | 'damaged'

export type ReplicatorEvent =
  /** Changes of others, or of an earlier run, each after what it depends on. */
  | { readonly type: 'received'; readonly document: DocumentId; readonly changes: readonly Change[] }
  /** Own operations below `sequence` would survive a crash, and others are being told. */
  | { readonly type: 'saved'; readonly document: DocumentId; readonly sequence: number }
  /** What was received before is not believed any more, or is told in other words: `changes` are all there are. */
  | { readonly type: 'rewritten'; readonly document: DocumentId; readonly changes: readonly Change[] }
  /** An author wrote two histories. Both sets are signed by the author and follow the same one: whoever sees them is convinced. */
  | {
      readonly type: 'equivocation'
      readonly document: DocumentId
      /** Ed25519 public key. */
      readonly author: Uint8Array
      readonly replica: ReplicaId
      /** The two sets, each with its length before it (docs/formats/change-set.md). */
      readonly proof: Uint8Array
    }
  /** A document is carried from now on. */
  | { readonly type: 'carried'; readonly document: DocumentId; readonly genesis: Genesis }
  /** That it is carried would survive a crash. */
  | { readonly type: 'kept'; readonly document: DocumentId }
  /** A peer said what it has of these documents; `answered` when it has thereby answered for all that it carries. */
  | {
      readonly type: 'compared'
      readonly peer: PeerId
      readonly documents: readonly DocumentId[]
      readonly differing: readonly DocumentId[]
      readonly answered: boolean
    }
  | {
      readonly type: 'rejected'
      readonly reason: ReplicatorRejection
      readonly peer: PeerId | undefined
      readonly document: DocumentId | undefined
    }
