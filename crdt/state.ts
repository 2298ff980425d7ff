import type { Dot } from './change.ts'
import type { Container, ContainerByType, ContainerId, ContainerType } from './container.ts'
import type { ContainerDelta } from './event.ts'
import type { Operation } from './operation.ts'
import type { ReplicaId } from './replica-id.ts'
import type { Stamp } from './stamp.ts'
import type { Text } from './containers/text.ts'

export type { Stamp } from './stamp.ts'

/** What goes on around an operation that is carried out. */
export interface Execution {
  /** Makes the container that the operation creates. */
  create(type: ContainerType, creator: Dot): Container
  /** A container that was created before. */
  find(id: ContainerId): Container
  /** Asks for the state's delta at the end; called before its first change. @returns false where nobody wants deltas */
  touch(state: State): boolean
  /** Whether the operation may be taken back: that of a transaction of this replica, as long as it is open. */
  readonly undoable: boolean
  /** How to take the operation back; called in the reverse order. */
  undo(action: () => void): void
}

/** A delta, or how to write it down once somebody looks at it. */
export type LazyDelta = ContainerDelta | (() => ContainerDelta)

/** A container from inside. */
export interface State {
  readonly id: ContainerId
  /** Carries out an operation that was found valid. */
  execute(operation: Operation, stamp: Stamp, execution: Execution): void
  /** What has changed since the first `touch`. */
  takeDelta(): LazyDelta | undefined
  /** Forgets what has changed, after a rollback. */
  dropDelta(): void
}

/** How the public face of a container carries out edits and finds what it needs. */
export interface Editor {
  transact<Result>(work: () => Result): Result
  perform(operation: Operation): void
  /** The same for a text, without an operation where none is needed. */
  insertText(text: Text, index: number, inserted: string): void
  deleteText(text: Text, index: number, count: number): void
  /** A container that an operation has just created. */
  nested<Type extends ContainerType>(type: Type, id: ContainerId): ContainerByType[Type]
  /** The dot that the next operation will have. */
  nextDot(): Dot
}

/** Orders operations of maps and registers: the later one stands. */
export function isLater(
  left: { readonly lamport: number; readonly replica: ReplicaId },
  right: { readonly lamport: number; readonly replica: ReplicaId },
): boolean {
  return left.lamport === right.lamport ? left.replica > right.replica : left.lamport > right.lamport
}
