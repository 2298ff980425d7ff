import type { DocumentId, PeerId, StoredChangeSet } from '../../node/protocol/index.ts'
import type { PeerCursor, StoreOutcome } from '../../node/reconciliation/index.ts'
import type { Change, ReplicaId } from '../index.ts'
import type { Genesis } from './genesis.ts'
import type { Refusal } from './messages.ts'
import type { ReplicaPosition } from './summary.ts'

/** What a replicator keeps. */
export type ReplicatorEntry =
  | { readonly type: 'document'; readonly document: DocumentId; readonly genesis: Uint8Array }
  | { readonly type: 'set'; readonly set: StoredChangeSet }
  /** How far this peer was compared with another; undefined: it is forgotten. */
  | { readonly type: 'cursor'; readonly peer: PeerId; readonly cursor: PeerCursor | undefined }
  /** What is known of a document without its sets, in place of what was written before. It stands for so many of them. */
  | {
      readonly type: 'snapshot'
      readonly document: DocumentId
      readonly changeSets: number
      readonly state: Uint8Array
    }
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
  | { readonly type: 'session'; readonly peer: PeerId; readonly isOwn: boolean; readonly session: number }
  | { readonly type: 'missing'; readonly document: DocumentId }
  | { readonly type: 'settle'; readonly document: DocumentId }
  | { readonly type: 'snapshot' }

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
 * - `comparison`: what no honest peer says, when documents were compared
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
  | 'comparison'
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
  /** The change sets of a document, which were in the store alone, have been read. */
  | { readonly type: 'loaded'; readonly document: DocumentId }
  /** That it is carried would survive a crash. */
  | { readonly type: 'kept'; readonly document: DocumentId }
  /** Documents were compared with a peer: all that both share, or, where a limit was reached, some. */
  | {
      readonly type: 'compared'
      readonly peer: PeerId
      /** Those that differ, and those that are to be carried here and are not yet. */
      readonly differing: readonly DocumentId[]
      readonly isWhole: boolean
      /** Whether it was begun here after the last `synchronise`: then it knows of all that was written before that. */
      readonly isAnswer: boolean
      readonly outcome: StoreOutcome
    }
  /** A peer said what it has of a document. */
  | {
      readonly type: 'told'
      readonly peer: PeerId
      readonly document: DocumentId
      /** Operations that are lacking here, and there. */
      readonly missingHere: number
      readonly missingThere: number
      /** Of replicas in which the two differ, the first thousand. */
      readonly positions: readonly ReplicaPosition[]
      readonly isEqual: boolean
    }
  /** A peer does not take what this one has of a document. */
  | { readonly type: 'refused'; readonly peer: PeerId; readonly document: DocumentId; readonly reason: Refusal }
  | {
      readonly type: 'rejected'
      readonly reason: ReplicatorRejection
      readonly peer: PeerId | undefined
      readonly document: DocumentId | undefined
    }
