import type { DocumentId, PeerId } from '../../node/peer/index.ts'

/** Raised when an older client would misunderstand a newer peer, or the other way round. */
export const controlVersion = 1

export interface Request {
  readonly version: number
  readonly verb: string
  readonly arguments: Readonly<Record<string, unknown>>
}

// What the operations answer: results, and items of streams.

export interface StatusReport {
  readonly profile: string
  readonly directory: string
  readonly version: string
  readonly pid: number
  readonly peer: PeerId
  readonly author: string
  readonly network: string
  /** Whether the network has a key. */
  readonly keyed: boolean
  readonly mdns: boolean
  readonly addresses: readonly string[]
  /** With its token: whoever has it may read what a page needs to be a peer. */
  readonly page: string | undefined
  readonly uptimeSeconds: number
  readonly members: number
  readonly connections: number
  readonly documents: number
}

export interface MemberItem {
  readonly peer: PeerId
  readonly state: string
  readonly incarnation: number
  readonly roundTrip?: number
  readonly self: boolean
}

export interface MemberEventItem {
  readonly type: string
  readonly peer: PeerId
  readonly incarnation: number
}

export interface DocumentItem {
  readonly name: string | undefined
  readonly id: DocumentId
  readonly operations: number
  readonly pending: number
  readonly waiting: number
}

export interface MessageItem {
  readonly topic: string
  readonly publisher: PeerId
  /** Base64, for what is not UTF-8 text. */
  readonly base64?: string
  readonly text?: string
}

/** Why a document does not agree with that of a peer. */
export interface DisagreementItem {
  readonly peer: PeerId
  readonly document: string | undefined
  readonly reason: string
}

export interface DoctorReport extends StatusReport {
  readonly connectedPeers: readonly PeerId[]
  /** Frames and channels refused, by reason; zeros left out. */
  readonly rejectedFrames: Readonly<Record<string, number>>
  readonly droppedMessages: Readonly<Record<string, number>>
  readonly rejectedChanges: Readonly<Record<string, number>>
  readonly dialsFailed: number
  readonly damagedDocuments: readonly string[]
  readonly disagreements: readonly DisagreementItem[]
}

export interface Changed {
  readonly name: string
  readonly id: DocumentId
  readonly changed: boolean
}

export interface Imported extends Changed {
  readonly bytes: number
}
