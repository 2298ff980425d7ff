import type { DocumentId, DocumentStanding, PeerId, ReplicaPosition } from '../../node/peer/index.ts'
import type { Key, LookupTrace, Provider, Tags } from '../../node/protocol/index.ts'
import type { MessageCount } from '../../overlays/gossip/index.ts'
import type { StructuredOverlay } from '../peer/settings.ts'

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
  /** Changes of others that were not taken in since the peer started, by reason. */
  readonly rejectedChanges: Readonly<Record<string, number>>
  /** How often other peers did not take what this one has, by reason. */
  readonly refusedChanges: Readonly<Record<string, number>>
  /** Authors who were found to have written two histories of a document since the peer started. */
  readonly equivocations: number
}

/** What `status --watch` shows, whenever something of it has changed. */
export interface StatusView extends StatusReport {
  readonly connectedPeers: readonly PeerId[]
  readonly memberList: readonly MemberItem[]
  /** Those that differ somewhere first. */
  readonly documentList: readonly DocumentView[]
}

/** A document, and how it stands to those of other peers. */
export interface DocumentView extends DocumentItem {
  readonly peers: readonly DocumentStanding[]
}

export interface MemberItem {
  readonly peer: PeerId
  readonly state: string
  readonly incarnation: number
  readonly roundTrip?: number
  /** What the member says of itself, where it says anything. */
  readonly tags?: Tags
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

/** Bytes, as one of the two. */
export interface Content {
  /** Of what is not UTF-8 text. */
  readonly base64?: string
  readonly text?: string
}

export interface MessageItem extends Content {
  readonly topic: string
  readonly publisher: PeerId
}

/** A topic of the gossip. */
export interface TopicName {
  /** What `pub` and `sub` call it; of `document` and `presence` the document's name, or its id where that is unknown. */
  readonly name: string
  /** `document`: changes of one; `presence`: who has it open. */
  readonly kind: 'topic' | 'document' | 'presence' | 'other'
  /** What peers call it among themselves. */
  readonly wire: string
}

/** Counted are messages and the bytes of their contents; see `TopicFigures` of overlays/gossip. */
interface TopicItem extends TopicName {
  /** Whether anybody here is told of its messages; others are passed on all the same. */
  readonly listening: boolean
  readonly published: MessageCount
  readonly delivered: MessageCount
  readonly sent: MessageCount
  readonly duplicates: MessageCount
  /** Absent, as is the next, where there was no message yet, or none for long. */
  readonly countedSeconds?: number
  readonly quietSeconds?: number
}

export interface TopicsReport {
  readonly topics: readonly TopicItem[]
  /** How often a topic's figures made room for those of another. */
  readonly forgotten: number
}

export interface OverlayItem {
  readonly overlay: string
  /** `dht`: it routes to keys as well. */
  readonly role: 'membership' | 'broadcast' | 'dht'
}

export interface SwimReport {
  readonly overlay: 'swim'
  readonly peer: PeerId
  readonly members: readonly MemberItem[]
}

export interface TreeItem extends TopicName {
  readonly listening: boolean
  /** Neighbours that are given its messages. */
  readonly eager: readonly PeerId[]
  /** Neighbours that are told which there are. */
  readonly lazy: readonly PeerId[]
}

export interface GossipReport {
  readonly overlay: 'gossip'
  readonly peer: PeerId
  /** The active view. */
  readonly neighbours: readonly PeerId[]
  /** The passive view. */
  readonly reserves: readonly PeerId[]
  readonly topics: readonly TreeItem[]
}

/** One place of a peer on the ring. */
export interface PlaceItem {
  readonly peer: PeerId
  /** Tells places of one peer apart. */
  readonly index: number
  readonly point: Key
}

interface FingerItem extends PlaceItem {
  /** Where its arc begins. */
  readonly from: Key
}

export interface ChordReport {
  readonly overlay: 'chord'
  readonly peer: PeerId
  /** Records held for the ring, not those that others hold for this peer. */
  readonly held: { readonly records: number; readonly bytes: number }
  /** Of this peer. */
  readonly places: readonly (PlaceItem & {
    readonly onRing: boolean
    readonly predecessor?: PlaceItem
    readonly successors: readonly PlaceItem[]
    readonly fingers: readonly FingerItem[]
  })[]
  /** Others that are known while there are too few for a ring, clockwise from this peer's place. */
  readonly gathered: readonly PlaceItem[]
}

export interface KademliaReport {
  readonly overlay: 'kademlia'
  readonly peer: PeerId
  /** The k-buckets that have peers, the farthest first. */
  readonly buckets: readonly { readonly prefixLength: number; readonly peers: readonly PeerId[] }[]
}

/** What `overlay.show` answers, one of them. */
export type OverlayReport = SwimReport | GossipReport | ChordReport | KademliaReport

/** What is said of a key, and by which overlay. */
interface Keyed {
  readonly overlay: StructuredOverlay
  readonly key: Key
}

export interface LookupReport extends Keyed {
  /** Who asked. */
  readonly peer: PeerId
  /** Who is responsible, the nearest first. */
  readonly peers: readonly PeerId[]
}

export interface TraceReport extends LookupReport, LookupTrace {}

export interface RecordItem extends Content {
  readonly kind: 'immutable' | 'owned' | 'shared'
  /** Length of the value. */
  readonly bytes: number
  readonly name?: string
  /** Of an owned record: its owner's public key, in base64url as an author's. */
  readonly owner?: string
  readonly sequence?: number
  /** Of a shared record: the public key of who wrote it. */
  readonly writer?: string
  /** Its vector clock. */
  readonly version?: readonly { readonly process: string; readonly count: number }[]
}

export interface RecordsReport extends Keyed {
  /** Several are siblings. */
  readonly records: readonly RecordItem[]
}

export interface StoredReport extends Keyed {
  readonly record: RecordItem
}

export interface ProvidedReport extends Keyed {
  /** False when it was withdrawn. */
  readonly provided: boolean
}

export interface ProvidersReport extends Keyed {
  /** Who asked. */
  readonly peer: PeerId
  readonly providers: readonly Provider[]
}

/** An author who wrote two histories of a document. */
export interface EquivocationItem {
  readonly document: DocumentId
  readonly name?: string
  /** Public key, in base64url. */
  readonly author: string
  readonly replica: string
  /** Operations of the replica in front of where its histories part. */
  readonly sequence: number
  /** Whether the author is this peer's own. */
  readonly own: boolean
}

export interface DocumentDiffReport {
  readonly name: string
  readonly id: DocumentId
  readonly peers: readonly DocumentStanding[]
  readonly twoHistories: readonly EquivocationItem[]
}

export interface PeerDiffReport extends DocumentStanding {
  readonly name: string
  readonly id: DocumentId
  /** In which the two differ; absent where the peer has not said what it has. `own`: that of this peer. */
  readonly replicas?: readonly (ReplicaPosition & { readonly own: boolean })[]
}

export interface DoctorReport extends StatusReport {
  readonly connectedPeers: readonly PeerId[]
  /** Frames and channels refused, by reason; zeros left out. */
  readonly rejectedFrames: Readonly<Record<string, number>>
  readonly droppedMessages: Readonly<Record<string, number>>
  readonly dialsFailed: number
  readonly damagedDocuments: readonly string[]
  /** What connected peers do not have in common, and why. */
  readonly disagreements: readonly DocumentStanding[]
  /** Documents that are not compared at all: not followed there, or a member that is not connected. */
  readonly apart: readonly DocumentStanding[]
  readonly twoHistories: readonly EquivocationItem[]
}

export interface Changed {
  readonly name: string
  readonly id: DocumentId
  readonly changed: boolean
}

export interface Imported extends Changed {
  readonly bytes: number
}

/** A document that was taken in from a file; under its name, or its id where it has none. */
export interface Restored extends Imported {
  readonly changeSets: number
}
