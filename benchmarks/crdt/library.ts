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

/** A document library, its own ids made from the number of the replica: equal numbers, equal bytes. */
export interface Library {
  /** @param replica where ties break by id, the order of these numbers is that of the ids if the library lets us choose it */
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
