export { gossipCodec } from './codec.ts'
export { gossipDefinition, gossipName } from './definition.ts'
export { InvalidTopicError, MessageTooLargeError } from '../../node/protocol/index.ts'
export type { GossipEnvironment, GossipEvent, Offence } from './events.ts'
export { GossipCore, type GossipNeeds, type TreeView } from './gossip.ts'
export { HyParView, type HyParViewPorts } from './hyparview.ts'
export { messageId, messageLimits } from './messages.ts'
export type {
  Announcement,
  GossipMessage,
  HyParViewMessage,
  MessageId,
  Past,
  Payload,
  PlumtreeMessage,
} from './messages.ts'
export {
  gossipPresets,
  resolveGossipOptions,
  type GossipOptions,
  type Order,
  type ResolvedGossipOptions,
} from './options.ts'
export { gossip, type Gossip, type GossipSetup } from './overlay.ts'
export type { GossipTimer, HyParViewTimer, PlumtreeTimer } from './timers.ts'
export type { GossipFigures, MessageCount, TopicFigures } from './topic-figures.ts'
export type { Validate, Verdict } from './validation.ts'
