import type { MemberState, PeerId } from '../../node/protocol/index.ts'
import type { VersionedTags } from './tags.ts'

/**
 * What is said of a member: a state of the role, or that it takes itself out (`unfit`), which it alone can say and which
 * is worse than being suspected.
 */
export type Standing = MemberState | 'unfit'

/** What one member says of another (or of itself). */
export interface MemberUpdate {
  readonly peer: PeerId
  readonly state: Standing
  readonly incarnation: number
  /** Where the member says it is reached; only its own `alive` carries any. */
  readonly addresses: readonly string[]
  /** Of a suspicion: who came to it by a probe of its own. Absent: the sender of the message. */
  readonly accuser?: PeerId | undefined
  /** Only on `alive`, and only if the member ever set any. */
  readonly tags?: VersionedTags | undefined
}

interface Envelope {
  /** The incarnation of the sender, who speaks for itself: nobody needs a third party to know that it is there. */
  readonly incarnation: number
  /** The sender has left, and only answers those who have not heard. */
  readonly leaving?: true
  /** The sender has taken itself out. */
  readonly unfit?: true
  /** Piggybacked (SWIM §3.2); on `push` a part of the sender's member list. */
  readonly updates: readonly MemberUpdate[]
}

export type SwimBody =
  /** `health` is the Local Health Multiplier of the sender (at most 255 is told). */
  | { readonly type: 'ping'; readonly probe: number; readonly health: number }
  | { readonly type: 'ack'; readonly probe: number; readonly health: number }
  /** `nack` asks to be told as well when the target does not answer. */
  | { readonly type: 'ping-req'; readonly probe: number; readonly target: PeerId; readonly nack: boolean }
  /** The target of a `ping-req` has not answered so far (Lifeguard §IV-A). */
  | { readonly type: 'nack'; readonly probe: number; readonly health: number }
  | { readonly type: 'gossip' }
  /** What the sender believes of the live, in a number: who believes otherwise answers with its list. */
  | { readonly type: 'digest'; readonly digest: number }
  /** A part of the sender's member list; `pull` asks for the receiver's in return. */
  | { readonly type: 'push'; readonly pull: boolean }

export type SwimMessage = SwimBody & Envelope

/** What strangers may send. Frozen into the protocol's version: a peer that sends more is malformed to others. */
export const messageLimits: {
  readonly peerBytes: number
  readonly addresses: number
  readonly addressBytes: number
  readonly updates: number
  /** Of incarnations and of the versions of tags. */
  readonly incarnation: number
  readonly digest: number
} = Object.freeze({
  peerBytes: 128,
  addresses: 8,
  addressBytes: 128,
  updates: 8192,
  incarnation: Number.MAX_SAFE_INTEGER - 1,
  digest: 2 ** 52 - 1,
})

/** No news: most messages carry this. */
export const noUpdates: readonly MemberUpdate[] = Object.freeze([])
export const noAddresses: readonly string[] = Object.freeze([])
