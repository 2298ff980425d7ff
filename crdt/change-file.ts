import { ByteReader, ByteWriter, MalformedMessageError } from '../node/protocol/index.ts'
import type { Change, Dot } from './change.ts'
import { crc32c } from './checksum.ts'
import { DecodeError } from './errors.ts'
import { limits } from './limits.ts'
import { compareReplicaIds, isReplicaId, type ReplicaId } from './replica-id.ts'

/** "PLCR" and the format version. */
const magic = [0x50, 0x4c, 0x43, 0x52, 0x01]

const noDependencies: readonly Dot[] = Object.freeze([])

/**
 * Changes as one file: canonical, since they are ordered by replica and sequence, and a change that comes twice stands
 * once.
 *
 * Magic and version; the names of all replicas, ordered; for each author its changes; CRC-32C of it all.
 */
export function encodeChanges(changes: Iterable<Change>): Uint8Array<ArrayBuffer> {
  const byReplica = groupByReplica(changes)
  const names = new Set<ReplicaId>(byReplica.keys())
  for (const list of byReplica.values()) {
    for (const { dependencies } of list) for (const { replica } of dependencies) names.add(replica)
  }
  const replicas = [...names].sort(compareReplicaIds)
  const numbers = new Map(replicas.map((replica, index) => [replica, index]))
  const writer = new ByteWriter(1024)
  for (const byte of magic) writer.u8(byte)
  writer.varint(replicas.length)
  for (const replica of replicas) writer.text(replica)
  for (const replica of replicas) writeReplica(writer, byReplica.get(replica) ?? [], numbers)
  writer.u32(crc32c(writer.view()))
  return writer.finish()
}

function groupByReplica(changes: Iterable<Change>): Map<ReplicaId, Change[]> {
  const groups = new Map<ReplicaId, Change[]>()
  for (const change of changes) {
    const group = groups.get(change.replica)
    if (group === undefined) groups.set(change.replica, [change])
    else group.push(change)
  }
  for (const [replica, group] of groups) {
    group.sort((left, right) => left.sequence - right.sequence)
    groups.set(
      replica,
      group.filter((change, index) => index === 0 || change.sequence !== group[index - 1]?.sequence),
    )
  }
  return groups
}

/** A sequence is written as its distance from the end of the change before, a time as the difference to it. */
function writeReplica(writer: ByteWriter, changes: readonly Change[], numbers: ReadonlyMap<ReplicaId, number>): void {
  writer.varint(changes.length)
  let next = 0
  let time = 0
  for (const change of changes) {
    writer.varint(change.sequence - next).varint(change.count)
    writeTime(writer, change.time, time)
    writer.varint(change.dependencies.length)
    for (const { replica, sequence } of change.dependencies) {
      writer.varint(numbers.get(replica) as number).varint(sequence)
    }
    writer.bytes(change.operations)
    next = change.sequence + change.count
    time = change.time
  }
}

/** 0: unknown. 1: the same as before. 2: later by, 3: earlier by. */
function writeTime(writer: ByteWriter, time: number, before: number): void {
  if (time === 0) writer.u8(0)
  else if (time === before) writer.u8(1)
  else if (time > before) writer.u8(2).varint(time - before)
  else writer.u8(3).varint(before - time)
}

/** @throws DecodeError for bytes that `encodeChanges` cannot have written */
export function decodeChanges(bytes: Uint8Array): Change[] {
  try {
    return readChanges(bytes)
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    throw new DecodeError(`Cannot read the changes: ${cause.message}`, { cause })
  }
}

function readChanges(bytes: Uint8Array): Change[] {
  const end = bytes.length - 4
  if (end < magic.length) throw new MalformedMessageError('Too short')
  const reader = new ByteReader(bytes, 0, end)
  for (const [index, byte] of magic.entries()) {
    if (reader.u8() === byte) continue
    throw new MalformedMessageError(index < 4 ? 'Not a file of changes' : 'A format of a later version')
  }
  if (new ByteReader(bytes, end).u32() !== crc32c(bytes.subarray(0, end))) {
    throw new MalformedMessageError('The checksum does not fit')
  }
  const replicas = reader.list(bytes.length, readReplicaId)
  for (let index = 1; index < replicas.length; index++) {
    if ((replicas[index - 1] as ReplicaId) < (replicas[index] as ReplicaId)) continue
    throw new MalformedMessageError('Replicas out of order')
  }
  const changes: Change[] = []
  for (const replica of replicas) readReplica(reader, replica, replicas, changes)
  reader.finish()
  return changes
}

function readReplicaId(reader: ByteReader): ReplicaId {
  const text = reader.text(64)
  if (!isReplicaId(text)) throw new MalformedMessageError('A name that is no replica id')
  return text
}

function readReplica(reader: ByteReader, replica: ReplicaId, replicas: readonly ReplicaId[], changes: Change[]): void {
  const total = reader.varint(reader.remaining)
  let next = 0
  let time = 0
  for (let index = 0; index < total; index++) {
    const sequence = next + reader.varint(Number.MAX_SAFE_INTEGER - next)
    const count = reader.varint(limits.changeOperations)
    if (count === 0) throw new MalformedMessageError('A change without operations')
    time = readTime(reader, time)
    const dependencies = readDependencies(reader, replica, replicas)
    const operations = reader.bytes(limits.changeBytes).slice()
    changes.push({ replica, sequence, count, dependencies, time, operations })
    next = sequence + count
    if (!Number.isSafeInteger(next)) throw new MalformedMessageError('A sequence above 2^53')
  }
}

function readTime(reader: ByteReader, before: number): number {
  const kind = reader.u8()
  if (kind === 0) return 0
  if (kind === 1 && before !== 0) return before
  const difference = kind === 2 || kind === 3 ? reader.varint() : 0
  const time = kind === 2 ? before + difference : before - difference
  if (difference > 0 && time > 0 && Number.isSafeInteger(time)) return time
  throw new MalformedMessageError('A time out of range')
}

function readDependencies(reader: ByteReader, author: ReplicaId, replicas: readonly ReplicaId[]): readonly Dot[] {
  let last = -1
  const dependencies = reader.list(replicas.length, (reader) => {
    const number = reader.varint(replicas.length - 1)
    const replica = replicas[number] as ReplicaId
    if (number <= last || replica === author) throw new MalformedMessageError('Dependencies out of order')
    last = number
    return { replica, sequence: reader.varint() }
  })
  return dependencies.length === 0 ? noDependencies : dependencies
}
