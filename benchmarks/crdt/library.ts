import type { Patch } from '../../tests/traces/trace.ts'

/**
 * What one replica wrote since its last `take`, as its library puts it on the wire. What a session says may depend on
 * what it said before: all of it comes, in order.
 */
export interface Update {
  /** One opening of one document. */
  readonly session: number
  readonly messages: readonly Uint8Array[]
}

/** One open document, with a text, a map, a set and a counter. Every edit is a transaction of its own. */
export interface Replica {
  insert(index: number, text: string): void
  delete(index: number, count: number): void
  /** All patches in one transaction, where the library has such a thing. */
  edit(patches: readonly Patch[]): void
  text(): string
  /** Of the text. */
  readonly length: number
  readonly map?: KeyedValues
  readonly set?: DistinctValues
  readonly counter?: Counting

  /** From now on `take` gives what is written here. @param alone whether `takenAlone` is asked for as well */
  track(alone?: boolean): void
  take(): Update
  /** What the last `take` gave, for somebody who did not hear this session from its start. Left out: no difference. */
  takenAlone?(): Update
  receive(update: Update): void
  /** Many at once, in the way the library offers for that, if any. */
  receiveAll(updates: readonly Update[]): void

  /** The whole document with all history that the library keeps. */
  encode(): Uint8Array
  /** Other encodings that the library offers. */
  readonly encodings?: Readonly<Record<string, () => Uint8Array>>
  /** Gives back memory that no garbage collector sees. */
  free?(): void
}

export interface KeyedValues {
  readonly size: number
  get(key: string): unknown
  set(key: string, value: number): void
}

export interface DistinctValues {
  readonly size: number
  add(value: string): void
  delete(value: string): void
}

export interface Counting {
  readonly value: number
  increment(): void
}

/** A document library. Replicas are numbered, and have ids made from their numbers and ordered as these. */
export interface Library {
  create(replica: number): Replica
  /** What `encode` gave, to be written on by this replica. */
  load(bytes: Uint8Array, replica: number): Replica
}

export function byteLength({ messages }: Update): number {
  return messages.reduce((sum, { length }) => sum + length, 0)
}

/** One transaction, without the cost of opening one where it is a single edit anyway. */
export function write(replica: Replica, patches: readonly Patch[]): void {
  const [patch] = patches
  if (patches.length !== 1 || patch === undefined || (patch[1] > 0 && patch[2] !== '')) replica.edit(patches)
  else applyPatches(replica, patches)
}

/**
 * As much of the patches as there is text for. Positions of a trace are those of a text whose ties broke in one way; in a
 * library that breaks them in another, two who delete at once may meet other characters, and the text differs in length.
 */
export function fitted(patches: readonly Patch[], length: number): Patch[] {
  let left = length
  return patches.map(([position, deleted, inserted]) => {
    const at = Math.min(position, left)
    const count = Math.min(deleted, left - at)
    left += inserted.length - count
    return [at, count, inserted]
  })
}

/** Applies patches by edits of their own, for libraries without transactions and within those of others. */
export function applyPatches(text: TextEdits, patches: readonly Patch[]): void {
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted)
    if (inserted !== '') text.insert(position, inserted)
  }
}

export interface TextEdits {
  insert(index: number, text: string): void
  delete(index: number, count: number): void
}

/** One letter each: names are part of some libraries' messages. */
export const names = { text: 't', map: 'm', set: 's', counter: 'c' } as const
