import type { SubscribeOptions, VersionVector } from '../node/protocol/index.ts'
import type { Anchor } from './anchor.ts'
import type { Change, Dot } from './change.ts'
import type {
  Container,
  ContainerId,
  CounterContainer,
  GrowOnlyCounterContainer,
  ListContainer,
  MapContainer,
  MultiValueRegisterContainer,
  RegisterContainer,
  RemoveWinsSetContainer,
  SetContainer,
  TextContainer,
  TreeContainer,
} from './container.ts'
import type { DocumentEvent, Visible } from './event.ts'
import type { JsonValue } from './json-value.ts'
import type { DocumentLimits } from './limits.ts'
import type { ReplicaId } from './replica-id.ts'
import type { Incoming } from './session/incoming.ts'
import type { Outgoing } from './session/outgoing.ts'

export interface DocumentOptions {
  /** Who writes here. Two that write at the same time must never share one. @default a random one of 110 bits */
  readonly replica?: string
  /** Wall clock for the label of each change, in milliseconds since 1970. @default none: changes say 0, unknown */
  readonly now?: () => number
  readonly limits?: DocumentLimits
}

export interface DocumentStatistics {
  /** Changes in the version, those without effect among them. */
  readonly changes: number
  /** Operations in the version. */
  readonly operations: number
  /** Changes that wait for what they depend on. */
  readonly waiting: number
  /** Changes refused since the document was opened, for any reason. */
  readonly rejected: number
  /** Changes that came again since the document was opened. */
  readonly duplicates: number
}

/**
 * Containers under names, edited by many replicas at once; all that have the same changes show the same content.
 *
 * Every edit outside `transact` is a transaction of its own. A listener may edit: its events follow the present one.
 */
export interface Document {
  readonly replica: ReplicaId
  /** For each replica how many of its operations are included. Immutable. */
  readonly version: VersionVector
  /** The operations that no other has in its past, ordered by replica: the same version as dots. */
  readonly frontier: readonly Dot[]

  /** Root containers exist without being created. @throws ContainerTypeError when the name has another type here */
  text(name: string): TextContainer
  list(name: string): ListContainer
  map(name: string): MapContainer
  counter(name: string): CounterContainer
  set(name: string): SetContainer
  register(name: string): RegisterContainer
  multiValueRegister(name: string): MultiValueRegisterContainer
  tree(name: string): TreeContainer
  /** A set in which deletions win. */
  removeWinsSet(name: string): RemoveWinsSetContainer
  growOnlyCounter(name: string): GrowOnlyCounterContainer
  /** Any container, root or nested, by the id it has on every replica; undefined when it is not known here. */
  container(id: ContainerId): Container | undefined

  /**
   * All edits of `work` become one change and one event. A transaction inside joins the outer one. When `work` throws,
   * everything it did is rolled back and the error passes on.
   *
   * @throws TransactionTooLargeError when it does not fit into one change; it is rolled back then
   */
  transact<Result>(work: () => Result): Result

  /**
   * Every change that `version` does not include, in the format of `encode`.
   *
   * @throws HistoryDroppedError where some of them were dropped: see `compact`
   */
  changesSince(version: VersionVector): Uint8Array<ArrayBuffer>
  /**
   * Takes in what `encode` or `changesSince` wrote. What depends on changes not yet here waits, within the limits.
   *
   * @throws DecodeError when the bytes are damaged; nothing is taken in then
   * @throws HistoryDroppedError when they are a compacted document, and what that dropped is not all here
   */
  merge(bytes: Uint8Array): Visible
  /** As `merge`, for changes that came otherwise. Never throws for what a change holds: it is told as `rejected`. */
  apply(changes: Iterable<Change>): Visible
  /** Begins a session of small frames, with what this replica changes from now on. */
  openOutgoing(): Outgoing
  /** The other end of somebody's session. */
  openIncoming(): Incoming
  /**
   * Whatever `work` receives through sessions becomes visible at once, in one event, when it returns. Many frames that have
   * piled up cost less so.
   */
  receiveTogether(work: () => void): Visible
  /** All changes, canonical: equal sets of changes give equal bytes. Of a compacted document what was kept, and the rest. */
  encode(): Uint8Array<ArrayBuffer>

  /** Told after each commit and each merge. An error thrown by a listener reaches whoever edited, after all were told. */
  subscribe(listener: (event: DocumentEvent) => void, options?: SubscribeOptions): void

  /**
   * @param index from 0 to the length
   * @param side `before` keeps to the character at the index, `after` to the one in front of it
   */
  anchor(container: TextContainer | ListContainer, index: number, side: 'before' | 'after'): Anchor
  /** @returns the index where the anchor is now; undefined when its container or character is not known here */
  resolve(anchor: Anchor): number | undefined

  readonly statistics: DocumentStatistics
  /**
   * Every root container that was ever written to, under its name. Where peers gave one name to several types, each
   * stands under `name:type`.
   */
  toJSON(): { [name: string]: JsonValue }
}
