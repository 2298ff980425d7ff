export type { ReplicatorNeeds } from './assembly.ts'
export { DivergenceChecker, type ShownDocument } from './checkers.ts'
export {
  changeSetLimit,
  decodeChangeSet,
  encodeChangeSet,
  hashBody,
  replicaId as authorReplicaId,
  sealChangeSet,
  signatureClaim,
  signingBytes,
  type ChangeSet,
  type Dependency,
  type Extension,
  type SealedChangeSet,
} from './change-set.ts'
export {
  DocumentFileError,
  decodeDocumentFile,
  encodeDocumentFile,
  type DocumentFile,
  type DocumentFileFault,
} from './document-file.ts'
export type { DocumentStanding, DocumentState } from './document-standings.ts'
export {
  AuthorQuarantinedError,
  DocumentAsleepError,
  DocumentRewrittenError,
  OwnChangesMissingError,
  UnsignedChangesError,
} from './document-errors.ts'
export {
  Documents,
  documents,
  type CarriedDocument,
  type DocumentsOptions,
  type ProvenEquivocation,
} from './documents.ts'
export type { ReplicatorEntry, ReplicatorEvent, ReplicatorRejection, ReplicatorTimer } from './events.ts'
export {
  DocumentNameError,
  decodeGenesis,
  documentId,
  documentNameLimit,
  encodeGenesis,
  normaliseDocumentName,
  type Genesis,
} from './genesis.ts'
export {
  replicatorCodec,
  type DocumentDigest,
  type Refusal,
  type ReplicatorMessage,
  type SummaryAnswer,
} from './messages.ts'
export { replicatorDefaults, resolveReplicatorOptions, type ReplicatorOptions } from './options.ts'
export { isReadable, replicatorParts, type SnapshotEntry } from './snapshot.ts'
export { replicatorDefinition } from './definition.ts'
export type { Replicator } from './replicator.ts'
export type { ReplicaPosition, Summary, SummaryEntry, ToldSummary } from './summary.ts'
export { readEquivocation, type Equivocation } from './equivocation.ts'
