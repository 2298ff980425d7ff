// What `peerloom` exports on every platform beside `createPeer` and its options.
export type { Document, TextContainer } from '../../crdt/index.ts'
export {
  AuthorQuarantinedError,
  DocumentFileError,
  DocumentNameError,
  DocumentRewrittenError,
  OwnChangesMissingError,
  UnsignedChangesError,
  type CarriedDocument,
  type DocumentFileFault,
  type DocumentStanding,
  type DocumentState,
  type ProvenEquivocation,
  type Refusal,
  type ReplicaPosition,
  type ReplicatorEvent,
  type ReplicatorRejection,
} from '../../crdt/replicator/index.ts'
export { gossip } from '../../overlays/gossip/index.ts'
export { swim, swimPresets } from '../../overlays/swim/index.ts'
export type { HostCounters, HostEvent } from '../libp2p/index.ts'
export {
  StoreDamagedError,
  StoreFailedError,
  StoreFullError,
  StoreInUseError,
  type DocumentId,
  type Member,
  type PeerId,
} from '../protocol/index.ts'
export type { DefaultOverlays, SharedPeerOptions } from './options.ts'
export { ComparisonFailedError, type ComparisonFault, type DocumentDifferences } from './document-comparison.ts'
export type { ConvergedOptions, ImportedDocument, PeerDocuments, WaitOptions } from './peer-documents.ts'
export {
  PeerStoppedError,
  type DocumentSettings,
  type OverlayApis,
  type OverlaySet,
  type Peer,
  type PeerEvent,
  type ReadyOptions,
} from './peer.ts'
export type { Damage } from './replicator-storage.ts'
