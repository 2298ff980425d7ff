import type { BroadcastMessage, Environment, PeerId } from '../../node/protocol/index.ts'
import type { GossipMessage, MessageId } from './messages.ts'
import type { GossipTimer } from './timers.ts'

/** What a neighbour did too much of. */
export type Offence =
  /** It announced more than this peer awaits. */
  | 'awaited'
  /** It announced what it did not give. */
  | 'promises'
  /** It asked for one message too often, or for what was never announced to it. */
  | 'grafts'
  /** It brought a topic that was not known: counted, not told, as everybody does so now and then. */
  | 'topics'
  /** It handed on what was found invalid. */
  | 'invalid'

export type GossipEvent =
  /** A message of somebody else, for the first time, whatever its topic. */
  | { readonly type: 'message'; readonly message: BroadcastMessage; readonly id: MessageId; readonly hops: number }
  | { readonly type: 'duplicate'; readonly id: MessageId; readonly from: PeerId }
  | { readonly type: 'neighbour-up' | 'neighbour-down'; readonly peer: PeerId }
  /** A message had to go before its time: the cache is full. Neighbours that lack it must ask others. */
  | { readonly type: 'evicted'; readonly id: MessageId }
  /** A neighbour met a limit. */
  | { readonly type: 'limited'; readonly limit: Offence; readonly from: PeerId }
  /** A neighbour met limits so often that it has lost its place. */
  | { readonly type: 'excluded'; readonly peer: PeerId }
  /** An ordered message was told before one that it should have followed: that one did not come in time. */
  | { readonly type: 'out-of-order'; readonly id: MessageId }

export type GossipEnvironment = Environment<GossipMessage, GossipTimer, GossipEvent>
