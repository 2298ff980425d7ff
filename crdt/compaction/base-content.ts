import { MalformedMessageError } from '../../node/protocol/index.ts'
import type { ContainerId } from '../container.ts'
import type { Operation } from '../operation.ts'
import type { SavedElement } from '../sequence/list-elements.ts'

/** The containers of a base, and where those inside of others were created. */
export interface ListedContainers {
  readonly ids: readonly ContainerId[]
  readonly homes: ReadonlyMap<ContainerId, { readonly container: ContainerId; readonly key: string | undefined }>
}

/** An operation that is kept; the text of insertions stands elsewhere. */
export interface ReadOperation {
  readonly start: number
  /** Units. */
  readonly count: number
  readonly operation: Operation
}

/** An element that was moved, and the list it is in. */
export type ListedElement = SavedElement & { readonly list: ContainerId }

/** What was read of a base, in the order of local numbers. */
export interface BaseContent {
  readonly values: readonly ReadOperation[]
  readonly texts: readonly ReadOperation[]
  /** What each text shows. */
  readonly shown: ReadonlyMap<ContainerId, string>
  readonly elements: readonly ListedElement[]
}

/** @throws MalformedMessageError */
export function fail(message: string): never {
  throw new MalformedMessageError(message)
}
