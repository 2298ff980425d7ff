export { ByteReader, ByteWriter } from './bytes.ts'
export { HybridLogicalClock, compareHybridTimes, type HybridTime } from './clocks/hybrid-logical-clock.ts'
export { LamportClock } from './clocks/lamport-clock.ts'
export { VectorClock, type CausalOrder, type VectorLimits, type VersionVector } from './clocks/vector-clock.ts'
export { decodeMessage, encodeMessage, type Codec } from './codec.ts'
export { LookupFailedError, QuorumFailedError, StaleRecordError } from './dht/errors.ts'
export { isKey, keyOf, type Key } from './dht/key.ts'
export {
  assertRecordSize,
  assertSequence,
  decodeRecord,
  encodeRecord,
  immutableKey,
  ownedBytes,
  ownedKey,
  readRecord,
  recordClaim,
  recordId,
  recordKey,
  recordLimits,
  sharedBytes,
  sharedKey,
  writeRecord,
  type DhtRecord,
  type ImmutableRecord,
  type OwnedRecord,
  type SharedRecord,
} from './dht/record.ts'
export { getResolved, updateShared, type Resolver } from './dht/resolve.ts'
export type { Dht, DhtWrite, LookupContact, LookupTrace, Provider, RequestOptions, Router } from './dht/roles.ts'
export { VersionNames } from './dht/version-names.ts'
export { isKnown, mergeRecords } from './dht/versions.ts'
export type {
  DurableEnvironment,
  Duration,
  Environment,
  HostEnvironment,
  Instant,
  PeerId,
  Signed,
  SigningEnvironment,
  Ticket,
} from './environment.ts'
export { AssertionError, InvalidTopicError, MalformedMessageError, MessageTooLargeError, assert } from './errors.ts'
export type {
  AddressBook,
  Broadcast,
  BroadcastMessage,
  Host,
  Member,
  MemberState,
  Membership,
  MembershipEvent,
  Overlay,
  Roles,
  Tags,
} from './overlay.ts'
export { PeerNumbers } from './peer-numbers.ts'
export {
  planes,
  type EntryParts,
  type Plane,
  type Protocol,
  type ProtocolDefinition,
  type ProtocolName,
} from './protocol.ts'
export { createRandom, integer, jitter, sample, shuffle, split, type Random } from './random.ts'
export { Recorder, type Effect, type RecorderOptions } from './recorder.ts'
export { Listeners, type SubscribeOptions } from './subscription.ts'
export {
  StoreClosedError,
  StoreDamagedError,
  StoreFailedError,
  StoreFullError,
  StoreInUseError,
  assertStorable,
  assertStorableValues,
  storedSizeLimitBytes,
  type DocumentId,
  type DocumentStore,
  type ReplicaLease,
  type StoreDamage,
  type StoreEvent,
  type StoredChangeSet,
  type ListedDocument,
  type StoredDocument,
  type StoredValue,
  type ValueChange,
} from './store.ts'
