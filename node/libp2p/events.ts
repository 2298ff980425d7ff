import type { PeerId, Plane, ProtocolName } from '../protocol/index.ts'

/** Why something that came from another peer was refused. A closed list: metrics use it as a label. */
export const rejectedReasons = [
  /** A codec refused the body of a frame. */
  'malformed',
  /** A frame is longer than allowed. The channel is closed, since nothing after it can be found. */
  'oversized',
  /** A frame for an index that this host has not announced. */
  'unknown-protocol',
  /** A control frame of the channel itself that cannot be read, or a stream that ended within a frame. */
  'malformed-control',
  /** More bulk data than there was credit for. The channel is closed. */
  'credit-overrun',
  /** The proof of the network key is wrong: another network, or a wrong key. */
  'wrong-network',
  'hello-malformed',
  'hello-oversized',
  'hello-timeout',
  /** A major version of the format that this host does not speak. */
  'unsupported-version',
  /** Only the peer with the lower PeerId opens channels. */
  'wrong-opener',
  /** A stream for a service that is open to the network only, from a peer that has not proven it. */
  'not-proven',
  /** More peers than `HostLimits.peers`. */
  'too-many-peers',
  /** More changes of its protocols than an honest peer makes. */
  'too-many-announcements',
] as const

export type RejectedReason = (typeof rejectedReasons)[number]

/** Why a message of this peer was not sent. A closed list: metrics use it as a label. */
export const droppedReasons = [
  /** The queue of the channel, or of the peer being dialled, is full. */
  'queue-full',
  /** Dialling failed, or took longer than `HostLimits.dialTimeout`. */
  'unreachable',
  /** A dial failed a moment ago and the pause is not over. */
  'backing-off',
  /** The channel was lost while the message waited for it. */
  'channel-lost',
  /** The other peer is there but does not speak the protocol. */
  'not-spoken',
  /** The message is longer than `HostLimits.frameSize`. */
  'oversized',
] as const

export type DroppedReason = (typeof droppedReasons)[number]

export interface HostRejected {
  readonly type: 'rejected'
  readonly peer: PeerId
  readonly protocol?: ProtocolName
  readonly plane?: Plane
  readonly reason: RejectedReason
  readonly cause?: unknown
}

export type HostEvent =
  | HostRejected
  | {
      readonly type: 'dropped'
      readonly peer: PeerId
      readonly protocol: ProtocolName
      readonly reason: DroppedReason
    }
  /** A channel is up: the hello of both sides is right. */
  | {
      readonly type: 'opened'
      readonly peer: PeerId
      readonly plane: Plane
      readonly protocols: readonly string[]
      /** Free text, at most 64 characters: escape it before showing it. */
      readonly agent?: string
    }
  | { readonly type: 'closed'; readonly peer: PeerId; readonly plane: Plane }
  /**
   * The program is wrong, or a disk failed. A protocol that threw is stopped, since its state cannot be trusted any
   * more; one whose listener threw (`stopped: false`) goes on.
   */
  | { readonly type: 'failed'; readonly protocol: ProtocolName; readonly error: Error; readonly stopped: boolean }

export interface HostCounters {
  readonly framesSent: number
  readonly framesReceived: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly packetsSent: number
  readonly channelsOpened: number
  readonly channelsClosed: number
  readonly dials: number
  readonly dialsFailed: number
  readonly signaturesVerified: number
  readonly signaturesRefused: number
  readonly entriesWritten: number
  readonly rejected: Readonly<Record<RejectedReason, number>>
  readonly dropped: Readonly<Record<DroppedReason, number>>
}

export type MutableCounters = {
  -readonly [Name in keyof HostCounters]: HostCounters[Name] extends number
    ? number
    : { -readonly [Reason in keyof HostCounters[Name]]: number }
}

export function createCounters(): MutableCounters {
  return {
    framesSent: 0,
    framesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    packetsSent: 0,
    channelsOpened: 0,
    channelsClosed: 0,
    dials: 0,
    dialsFailed: 0,
    signaturesVerified: 0,
    signaturesRefused: 0,
    entriesWritten: 0,
    rejected: zeros(rejectedReasons),
    dropped: zeros(droppedReasons),
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
}
