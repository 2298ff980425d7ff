import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { type Instant, type PeerId, type Plane, planes } from '../protocol/index.ts'
import { BackOff } from './back-off.ts'
import type { Channel } from './channel.ts'
import type { RunningProtocol } from './running-protocol.ts'

/** A message that waits for a channel. Its place on the wire is known only when the channel is there. */
interface WaitingMessage {
  readonly protocol: RunningProtocol
  readonly body: Uint8Array
}

/** What this host has with a peer on one plane. */
export interface Lane {
  readonly plane: Plane
  /** The channel that is up. At most one. */
  channel: Channel | undefined
  /** A channel whose hello is under way. At most one. */
  pending: Channel | undefined
  /** A stream is being opened. */
  opening: boolean
  readonly retry: BackOff
  retryArmed: boolean
  waiting: WaitingMessage[]
  waitingSize: number
  /** Protocols that were told false by `send` and hear `writable`. */
  readonly blocked: Set<RunningProtocol>
}

/** Another peer, as far as this host has to do with it. */
export interface RemotePeer {
  readonly id: PeerId
  readonly libp2pId: Libp2pPeerId
  /** The peer with the lower PeerId opens the channels, so that two of them never cross. */
  readonly opener: boolean
  readonly lanes: Readonly<Record<Plane, Lane>>
  readonly dial: BackOff
  dialing: boolean
  forgetArmed: boolean
}

export function createRemotePeer(self: PeerId, libp2pId: Libp2pPeerId): RemotePeer {
  const id = libp2pId.toString() as PeerId
  return {
    id,
    libp2pId,
    opener: self < id,
    lanes: { control: createLane('control'), broadcast: createLane('broadcast'), bulk: createLane('bulk') },
    dial: new BackOff(),
    dialing: false,
    forgetArmed: false,
  }
}

function createLane(plane: Plane): Lane {
  return {
    plane,
    channel: undefined,
    pending: undefined,
    opening: false,
    retry: new BackOff(),
    retryArmed: false,
    waiting: [],
    waitingSize: 0,
    blocked: new Set(),
  }
}

/** Until when the peer is worth remembering although there is no connection; infinite while something is under way. */
export function rememberedUntil({ dialing, dial, lanes }: RemotePeer): Instant {
  let until = dial.until
  for (const plane of planes) {
    const { channel, pending, opening, retry, waiting } = lanes[plane]
    const busy = channel !== undefined || pending !== undefined || opening || waiting.length > 0
    if (busy || dialing) return Number.POSITIVE_INFINITY
    until = Math.max(until, retry.until)
  }
  return until
}
