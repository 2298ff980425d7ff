import type { Change } from './change.ts'
import type {
  Content,
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
  TreeNodeId,
} from './container.ts'
import type { JsonValue } from './json-value.ts'
import type { ReplicaId } from './replica-id.ts'

/** Read from left to right over the sequence as it was; what lies behind the last run is retained. */
export type SequenceRun<Inserted> =
  { readonly retain: number } | { readonly insert: Inserted } | { readonly delete: number }

export type TextDelta = readonly SequenceRun<string>[]
export type ListDelta = readonly SequenceRun<readonly Content[]>[]

/** An element of a list that went and came again: the same one, also where equal values tell nothing. */
export interface ListMove {
  /** In the list as it was. */
  readonly from: number
  /** In the list as it is. */
  readonly to: number
}

/** `old` and `new` are undefined where the key was or is absent. */
export interface KeyDelta {
  readonly old: Content | undefined
  readonly new: Content | undefined
}

/**
 * A node that came, went or moved: those that went first, then parents before children and siblings in order. Who takes
 * all that have an `old` out, and then puts each with a `new` in, has the tree as it is.
 */
export interface TreeChange {
  readonly node: TreeNodeId
  /** Undefined where the node was not to be seen. */
  readonly old: { readonly parent: TreeNodeId | undefined } | undefined
  /** Undefined where the node is not to be seen. */
  readonly new: { readonly parent: TreeNodeId | undefined; readonly index: number } | undefined
}

export type TreeDelta = readonly TreeChange[]

/** What a container was before and is after. A container created by the same event starts empty. */
export type ContainerDelta =
  | { readonly type: 'text'; readonly container: TextContainer; readonly delta: TextDelta }
  | {
      readonly type: 'list'
      readonly container: ListContainer
      readonly delta: ListDelta
      /** Which of what the delta deletes and inserts was moved, in the order of the list; left out where nothing was. */
      readonly moves?: readonly ListMove[]
    }
  | { readonly type: 'map'; readonly container: MapContainer; readonly keys: ReadonlyMap<string, KeyDelta> }
  | {
      readonly type: 'counter'
      readonly container: CounterContainer | GrowOnlyCounterContainer
      readonly old: number
      readonly new: number
    }
  | {
      readonly type: 'set'
      readonly container: SetContainer | RemoveWinsSetContainer
      readonly added: readonly JsonValue[]
      readonly deleted: readonly JsonValue[]
    }
  | {
      readonly type: 'register'
      readonly container: RegisterContainer
      readonly old: JsonValue | undefined
      readonly new: JsonValue | undefined
    }
  | {
      readonly type: 'multi-value-register'
      readonly container: MultiValueRegisterContainer
      readonly old: readonly JsonValue[]
      readonly new: readonly JsonValue[]
    }
  /** Of a node that holds something, the map has a delta of its own. */
  | { readonly type: 'tree'; readonly container: TreeContainer; readonly delta: TreeDelta }

/** What became visible at once. */
export interface Visible {
  /** In the order they took effect, each after all it depends on. */
  readonly changes: readonly Change[]
  /** The authors of the changes, ordered. */
  readonly replicas: readonly ReplicaId[]
  /** One for each container that was touched. */
  readonly deltas: readonly ContainerDelta[]
}

export interface ChangedEvent extends Visible {
  readonly type: 'changed'
  readonly origin: 'local' | 'remote'
}

/**
 * Why a change has no effect here:
 *
 * - `invalid`: it does what cannot be done at its place in history (a position out of range, an unknown container,
 *   operations that do not decode). It counts in the version and changes nothing, on every replica alike.
 * - `malformed`: its own fields are out of range. Not counted, and never will be, by anybody.
 * - `unsupported`: written by a later version of this library. Not counted: this replica waits for its update.
 * - `conflict`: its replica already has other operations under some of these numbers. Not counted.
 * - `history-dropped`: it was made on a version from before the history that is kept here, so that nobody here can tell
 *   where it belongs. Not counted, so that what its replica did later waits for it.
 * - `overflow`: too many changes wait for what they depend on. Not counted: it may come again.
 */
export type RejectionReason = 'invalid' | 'malformed' | 'unsupported' | 'conflict' | 'history-dropped' | 'overflow'

export interface RejectedEvent {
  readonly type: 'rejected'
  readonly change: Change
  readonly reason: RejectionReason
  /** For people. */
  readonly message: string
}

export type DocumentEvent = ChangedEvent | RejectedEvent
