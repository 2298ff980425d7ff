export {
  HybridLogicalClock,
  LamportClock,
  VectorClock,
  compareHybridTimes,
  type CausalOrder,
  type HybridTime,
  type SubscribeOptions,
  type VersionVector,
} from '../node/protocol/index.ts'
export { decodeAnchor, encodeAnchor, type Anchor } from './anchor.ts'
export type { Change, Dot } from './change.ts'
export { compact } from './compaction/compact.ts'
export { loadCompacted } from './compaction/load-compacted.ts'
export {
  containerTypes,
  isContainer,
  type Container,
  type ContainerByType,
  type ContainerId,
  type ContainerType,
  type Content,
  type CounterContainer,
  type GrowOnlyCounterContainer,
  type ListContainer,
  type MapContainer,
  type MultiValueRegisterContainer,
  type RegisterContainer,
  type RemoveWinsSetContainer,
  type SetContainer,
  type TextContainer,
  type TreeContainer,
  type TreeNodeId,
} from './container.ts'
export { createDocument, decodeChanges, loadDocument } from './create-document.ts'
export { renameReplicas } from './renaming.ts'
export type { Document, DocumentOptions, DocumentStatistics } from './document.ts'
export {
  ContainerTypeError,
  DecodeError,
  HistoryDroppedError,
  TransactionTooLargeError,
  ValueTooLargeError,
} from './errors.ts'
export type {
  ChangedEvent,
  ContainerDelta,
  DocumentEvent,
  KeyDelta,
  ListDelta,
  ListMove,
  RejectedEvent,
  RejectionReason,
  SequenceRun,
  TextDelta,
  TreeChange,
  TreeDelta,
  Visible,
} from './event.ts'
export { mergeGradually, type GradualMergeOptions } from './gradual/merge-gradually.ts'
export type { JsonValue } from './json-value.ts'
export { limits, type DocumentLimits } from './limits.ts'
export { authorship, type AuthorSpan, type AuthorshipOptions } from './past/authorship.ts'
export { checkout, fork } from './past/checkout.ts'
export { diff } from './past/diff.ts'
export { history, type HistoryEntry, type HistoryOptions } from './past/entries.ts'
export type { PastVersion } from './past/version.ts'
export type { Incoming } from './session/incoming.ts'
export type { Outgoing } from './session/outgoing.ts'
export { chooseReplicaId, compareReplicaIds, isReplicaId, replicaId, type ReplicaId } from './replica-id.ts'
export { defineDocument, type DocumentSchema, type TypedDocument } from './schema/define-document.ts'
export {
  counter,
  growOnlyCounter,
  multiValueRegister,
  register,
  removeWinsSet,
  set,
  text,
  type TypedMultiValueRegister,
  type TypedRegister,
  type TypedSet,
} from './schema/leaves.ts'
export { list, type NestedList, type TypedList } from './schema/list.ts'
export { map, type MapInitial, type MapShape, type TypedMap } from './schema/map.ts'
export { record, type NestedRecord, type TypedRecord } from './schema/record.ts'
export type { FaceOf, InitialOf, Schema } from './schema/schema.ts'
export { tree, type TypedTree } from './schema/tree.ts'
export type { UndoStep } from './undo/own-changes.ts'
export { undoManager, type UndoEvent, type UndoManager, type UndoOptions } from './undo/undo-manager.ts'
export { view, type DocumentView } from './views/view.ts'
