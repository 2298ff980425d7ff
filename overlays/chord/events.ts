import type { Environment, PeerId } from '../../node/protocol/index.ts'
import type { ChordMessage } from './messages.ts'
import type { RingNode } from './ring-node.ts'
import type { ChordTimer } from './timers.ts'

export type ChordEvent =
  /** A virtual node of this peer is on the ring now, or no longer. */
  | { readonly type: 'joined' | 'left'; readonly node: RingNode }
  /** The neighbourhood of a virtual node has changed. */
  | {
      readonly type: 'neighbourhood'
      readonly node: RingNode
      readonly successors: readonly RingNode[]
      readonly predecessor: RingNode | undefined
    }
  /** Somebody sent what is not for him to send, or more than is taken. */
  | { readonly type: 'rejected'; readonly from: PeerId; readonly reason: RejectionReason }
  /** Another ring was met whose lowest node is lower; this peer moves there. */
  | { readonly type: 'unified'; readonly by: PeerId }

export type RejectionReason =
  /** An answer that nobody has asked for, or that does not fit the question. */
  | 'unasked'
  /** Nodes that cannot be there: out of order, the asker itself in the midst, too many. */
  | 'disordered'
  /** More peers than are kept, or lookups than are handed on. */
  | 'full'

export type ChordEnvironment = Environment<ChordMessage, ChordTimer, ChordEvent>
