export { authorKey, type AuthorKey } from './author-key.ts'
export { createHost, type EntryStorage, type HostOptions, type Libp2pHost } from './host.ts'
export {
  droppedReasons,
  rejectedReasons,
  type DroppedReason,
  type HostCounters,
  type HostEvent,
  type HostRejected,
  type RejectedReason,
} from './events.ts'
export { defaultHostLimits, type HostLimits } from './limits.ts'
export type { ServiceDefinition, ServicePorts } from './mounted-service.ts'
export { networkSecret, type NetworkOptions, type NetworkSecret } from './network.ts'
export { NodeDatastore, outlivesProcess } from './node-datastore.ts'
export { asService, type ServiceOptions } from './service.ts'
export { SignaturesUnavailableError, verifySignature } from './signatures.ts'
export { StoreDatastore } from './store-datastore.ts'
export { monotonicNow } from './timers.ts'
export type { Libp2pComponents, ServiceComponents } from './substrate.ts'
