import type { JsonValue } from './json-value.ts'

declare const brand: unique symbol

/** Their order is part of the format: new ones come last. */
export const containerTypes = [
  'text',
  'list',
  'map',
  'counter',
  'set',
  'register',
  'multi-value-register',
  'tree',
  'remove-wins-set',
  'grow-only-counter',
] as const
export type ContainerType = (typeof containerTypes)[number]

/**
 * The same on every replica: `text/body` for a root container, `text@12.alice` for one that was created inside another,
 * by operation 12 of replica alice.
 */
export type ContainerId = string & { readonly [brand]: 'ContainerId' }

/** A node of a tree, the same on every replica: `12.alice` for the one made by operation 12 of replica alice. */
export type TreeNodeId = string & { readonly [brand]: 'TreeNodeId' }

interface ContainerBase<Type extends ContainerType> {
  readonly type: Type
  readonly id: ContainerId
}

/** What a map or list holds: a plain value (frozen), or another container. */
export type Content = JsonValue | Container

export type Container =
  | TextContainer
  | ListContainer
  | MapContainer
  | CounterContainer
  | SetContainer
  | RegisterContainer
  | MultiValueRegisterContainer
  | TreeContainer
  | RemoveWinsSetContainer
  | GrowOnlyCounterContainer

export interface ContainerByType {
  readonly 'text': TextContainer
  readonly 'list': ListContainer
  readonly 'map': MapContainer
  readonly 'counter': CounterContainer
  readonly 'set': SetContainer
  readonly 'register': RegisterContainer
  readonly 'multi-value-register': MultiValueRegisterContainer
  readonly 'tree': TreeContainer
  readonly 'remove-wins-set': RemoveWinsSetContainer
  readonly 'grow-only-counter': GrowOnlyCounterContainer
}

/**
 * Plain text in UTF-16 code units. Lone surrogates in what is inserted become U+FFFD.
 *
 * An index that is no integer from 0 to `length`, or lies inside a surrogate pair, throws RangeError.
 */
export interface TextContainer extends ContainerBase<'text'> {
  readonly length: number
  insert(index: number, text: string): void
  delete(index: number, count: number): void
  /** Deletes, then inserts, in one transaction. */
  replace(index: number, count: number, text: string): void
  slice(start?: number, end?: number): string
  toString(): string
  toJSON(): string
}

/** An index out of range throws RangeError; what is no plain value throws TypeError. */
export interface ListContainer extends ContainerBase<'list'>, Iterable<Content> {
  readonly length: number
  insert(index: number, ...values: readonly JsonValue[]): void
  push(...values: readonly JsonValue[]): void
  /** Inserts a new, empty container. */
  create<Type extends ContainerType>(index: number, type: Type): ContainerByType[Type]
  /** @param count @default 1 */
  delete(index: number, count?: number): void
  /**
   * Moves an element: it stays the same one, with the container it may be. Where it is moved by several at once, one of
   * the places stands, by the rule for values; where somebody deletes it at the same time, it is gone.
   *
   * @param to where it is afterwards
   */
  move(from: number, to: number): void
  get(index: number): Content | undefined
  toArray(): Content[]
  toJSON(): JsonValue[]
}

/** For each key the value with the greatest (Lamport time, replica) stands. Any well-formed string is a key. */
export interface MapContainer extends ContainerBase<'map'>, Iterable<readonly [string, Content]> {
  readonly size: number
  set(key: string, value: JsonValue): void
  /** Sets the key to a new, empty container. When two peers do so at once, one of both stands: create before sharing. */
  create<Type extends ContainerType>(key: string, type: Type): ContainerByType[Type]
  get(key: string): Content | undefined
  has(key: string): boolean
  /** @returns whether the key was there; nothing happens when it was not */
  delete(key: string): boolean
  /** In the order of code units. */
  keys(): string[]
  /** In the order of their keys. */
  entries(): (readonly [string, Content])[]
  toJSON(): { [key: string]: JsonValue }
}

/** A sum to which every replica adds. Exact, whatever the sum; `value` is rounded beyond ±2^53. */
export interface CounterContainer<Type extends CounterType = 'counter'> extends ContainerBase<Type> {
  readonly value: number
  /** @param amount a safe integer, not negative where the counter only grows; else RangeError. @default 1 */
  add(amount?: number): void
  toJSON(): number
}

export type CounterType = 'counter' | 'grow-only-counter'

/** Nobody can make it smaller: a change that would is invalid on every replica. */
export type GrowOnlyCounterContainer = CounterContainer<'grow-only-counter'>

/** Plain values, each at most once (0 and −0 are two). Whoever adds wins against whoever deletes at the same time. */
export interface SetContainer<Type extends SetType = 'set'> extends ContainerBase<Type>, Iterable<JsonValue> {
  readonly size: number
  add(value: JsonValue): void
  /** @returns whether the value was there; nothing happens when it was not */
  delete(value: JsonValue): boolean
  has(value: JsonValue): boolean
  /** In an order that is the same on every replica. */
  values(): JsonValue[]
  toJSON(): JsonValue[]
}

export type SetType = 'set' | 'remove-wins-set'

/** Whoever deletes a value wins against whoever adds it at the same time. A value deleted keeps a little room for ever. */
export type RemoveWinsSetContainer = SetContainer<'remove-wins-set'>

/** One value, that with the greatest (Lamport time, replica). */
export interface RegisterContainer extends ContainerBase<'register'> {
  set(value: JsonValue): void
  /** @returns undefined before anybody set it */
  get(): JsonValue | undefined
  toJSON(): JsonValue
}

/** Keeps every value that was set concurrently, until somebody who saw them sets one anew. */
export interface MultiValueRegisterContainer extends ContainerBase<'multi-value-register'> {
  set(value: JsonValue): void
  /** @returns the value a plain register would hold */
  get(): JsonValue | undefined
  /** Ordered by the replica that set each. */
  values(): JsonValue[]
  toJSON(): JsonValue[]
}

/**
 * Nodes in order below each other, each with a map for what it holds. Whatever is moved at the same time, a node is in
 * one place, never below itself, and never lost: of moves that do not go together, the later in (Lamport time, replica)
 * does nothing. Deleting is moving out of sight: a move of somebody who has not seen the deletion, and that comes later
 * in that order, brings the node back with all below it.
 *
 * Where a node is wanted, one that is not to be seen throws RangeError, and so does an index out of range. What only
 * reads answers undefined, false, or nothing instead.
 */
export interface TreeContainer extends ContainerBase<'tree'>, Iterable<TreeNodeId> {
  /** Nodes. */
  readonly size: number
  /** @param parent @default none: a new root @param index among its children @default behind the last */
  create(parent?: TreeNodeId, index?: number): TreeNodeId
  /**
   * Moves a node with all below it. A place below itself throws RangeError.
   *
   * @param index counted without the node itself @default behind the last
   */
  move(node: TreeNodeId, parent: TreeNodeId | undefined, index?: number): void
  /** Also deletes all below it. @returns whether the node was there; nothing happens when it was not */
  delete(node: TreeNodeId): boolean
  has(node: TreeNodeId): boolean
  /** @returns undefined for a root */
  parent(node: TreeNodeId): TreeNodeId | undefined
  roots(): TreeNodeId[]
  children(parent: TreeNodeId): TreeNodeId[]
  /** What the node holds: the same map for as long as it exists. */
  data(node: TreeNodeId): MapContainer | undefined
  /** All of them: parents before children, siblings in order, depth first. */
  nodes(): TreeNodeId[]
  /**
   * `{ id, parent, data }` for each node, in the order of `nodes`. Flat, so that a tree of any depth can be written as
   * JSON and read again.
   */
  toJSON(): JsonValue[]
}

/** Also for containers of another copy of this library. No plain value holds a function. */
export function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function'
}
