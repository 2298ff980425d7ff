import { concat } from 'uint8arrays'
import { ByteReader, ByteWriter, MalformedMessageError } from '../../node/protocol/index.ts'
import type { Change, Dot, ReplicaId } from '../index.ts'
import { dependencyLimit, operationsLimit, type ChangeSet, type Dependency } from './change-set.ts'

/** Changes in one set. */
const changesLimit = 64

/** Changes that go into one set: one of any size, or several that each follow the one before. */
export function encodeOperations(changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().varint(changes.length)
  for (const { count, operations } of changes) writer.varint(count).bytes(operations)
  return writer.finish()
}

/** What goes into each set of a transaction, when it fits into one and when it does not. */
export interface Piece {
  readonly operations: Uint8Array
  readonly dependencies: readonly Dependency[]
}

export function cutIntoPieces(operations: Uint8Array, dependencies: readonly Dependency[]): Piece[] {
  const pieces: Piece[] = []
  let byte = 0
  let dot = 0
  while (byte < operations.length || dot < dependencies.length) {
    pieces.push({
      operations: operations.subarray(byte, byte + operationsLimit),
      dependencies: dependencies.slice(dot, dot + dependencyLimit),
    })
    byte += operationsLimit
    dot += dependencyLimit
  }
  return pieces
}

/**
 * @param sets all fragments of a transaction, or the one set that holds whole changes
 * @throws MalformedMessageError when the pieces do not give changes that fill the counted operations exactly
 */
function decodeOperations(sets: readonly ChangeSet[]): Change[] {
  const [first] = sets
  const last = sets.at(-1)
  if (first === undefined || last === undefined) return []
  const reader = new ByteReader(first === last ? first.operations : concat(sets.map((set) => set.operations)))
  let { sequence } = first
  const changes = reader.list(changesLimit, (item): Change => {
    const count = item.varint()
    if (count === 0) throw new MalformedMessageError('A change without operations')
    const operations = item.bytes(Number.MAX_SAFE_INTEGER).slice()
    const change = { replica: first.replica, sequence, count, dependencies: [], time: first.time, operations }
    sequence += count
    return change
  })
  reader.finish()
  if (sequence !== last.sequence + last.count || changes.length === 0) {
    throw new MalformedMessageError('Changes that do not fill their set')
  }
  const dependencies = dots(sets.flatMap((set) => set.dependencies))
  return changes.map((change, index) => (index === 0 ? { ...change, dependencies } : change))
}

/** As `decodeOperations`. @returns no changes where the author signed something else than operations */
export function readChanges(transaction: readonly ChangeSet[]): Change[] {
  try {
    return decodeOperations(transaction)
  } catch (error) {
    if (error instanceof MalformedMessageError) return []
    throw error
  }
}

/** In the order of a change's dependencies: one a replica, the last where there are several. */
export function dots(dependencies: readonly Dot[]): Dot[] {
  const latest = new Map<ReplicaId, number>()
  for (const { replica, sequence } of dependencies) {
    latest.set(replica, Math.max(sequence, latest.get(replica) ?? sequence))
  }
  return Array.from(latest, ([replica, sequence]) => ({ replica, sequence })).sort((one, other) =>
    one.replica < other.replica ? -1 : 1,
  )
}
