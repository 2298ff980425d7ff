import type { Mark } from '../heads/head-index.ts'
import type { Head, HeadRecord } from '../heads/head-record.ts'
import type { ReconciliationMessage } from '../messages.ts'
import type { PeeledHash } from '../sketch/peeling.ts'
import type { Sketch } from '../sketch/sketch.ts'

/** How a document that was told of stands with whoever was told: it has that head, does not have it, or has another. */
export type Standing = 'same' | 'lacked' | Head

/** What one side says. Fingerprints are 8 bytes in hexadecimal digits and depend on the nonce of the session. */
export type StoreMessageBody =
  /** The first message: the fingerprint of all records (L0); of a peer that is known, what was heard of its changes (L1). */
  | {
      readonly kind: 'open'
      /** 8 bytes in hexadecimal digits. */
      readonly nonce: string
      readonly size: number
      readonly fingerprint: string
      readonly mark: Mark
      /** Up to where the sender has heard of the receiver's changes. */
      readonly cursor?: Mark
      /** What the receiver has not heard of yet, as far as the sender knows. */
      readonly records?: readonly HeadRecord[]
    }
  /** Nothing differs. Ends the session. */
  | { readonly kind: 'equal'; readonly mark: Mark }
  /** What has changed since the cursor. */
  | {
      readonly kind: 'feed'
      readonly mark: Mark
      readonly cursor?: Mark
      readonly records: readonly HeadRecord[]
      /** Of what the other side has fed. */
      readonly standings: readonly Standing[]
      /** Of all records but those that either side has fed; left out until both have. */
      readonly fingerprint?: string
    }
  /** Symbols of all records but those that were fed (L2). */
  | {
      readonly kind: 'sketch'
      readonly from: number
      /** Of how many hashes it is a sketch. */
      readonly size: number
      readonly symbols: Sketch
      /** With the first symbols only. */
      readonly first?: SketchHead
    }
  /** Symbols are wanted up to but without that one. */
  | { readonly kind: 'more'; readonly to: number }
  /** Records that the other side lacks, and hashes of which it has the records. */
  | {
      readonly kind: 'tell'
      readonly records: readonly HeadRecord[]
      readonly wants: readonly PeeledHash[]
      /** Nothing of this kind follows from this side. */
      readonly isLast: boolean
      /** Of all records but those that differ or were fed; where all that differ are known. */
      readonly fingerprint?: string
    }
  /** A message of range-based reconciliation of records (L3), with its own rounds. */
  | {
      readonly kind: 'ranges'
      readonly ranges: ReconciliationMessage
      /** Of all records but those that differ; with the sender's last message. */
      readonly fingerprint?: string
    }
  /** All is found. Ends the session. */
  | {
      readonly kind: 'done'
      readonly standings: readonly Standing[]
      /** Of all records but those that differ or were fed; left out where they changed meanwhile. */
      readonly fingerprint?: string
    }
  /** A limit of the sender was reached. Ends the session; what was found stands. */
  | { readonly kind: 'stop' }

/** What goes with the first symbols. */
export interface SketchHead {
  readonly mark: Mark
  readonly standings: readonly Standing[]
  /** Counts of the symbols that follow, for the estimate. */
  readonly counts: Int32Array
}

export type StoreMessageKind = StoreMessageBody['kind']

/** Messages of a session are numbered from 0, whoever sends them. */
export type StoreMessage = StoreMessageBody & { readonly round: number }

export type StoreMessageOf<Kind extends StoreMessageKind> = Extract<StoreMessage, { readonly kind: Kind }>
export type StoreBodyOf<Kind extends StoreMessageKind> = Extract<StoreMessageBody, { readonly kind: Kind }>
