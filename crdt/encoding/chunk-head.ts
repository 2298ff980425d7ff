import { MalformedMessageError, type ByteReader, type ByteWriter } from '../../node/protocol/index.ts'
import { greatestTime, type Dot } from '../change.ts'
import { nestedId, parseContainerId, rootId } from '../container-id.ts'
import { containerTypes, type ContainerId } from '../container.ts'
import type { History } from '../history/history.ts'
import { limits } from '../limits.ts'
import { isReplicaId, type ReplicaId } from '../replica-id.ts'
import { IntegerColumn, IntegerColumnReader } from './integer-column.ts'
import type { Slice } from './slices.ts'

/** So many changes of so many operations each, one behind the other. */
export interface BoundRun {
  readonly count: number
  readonly changes: number
  readonly time: number
}

/** A slice as it comes from outside. */
export interface ReceivedSlice {
  /** Number of its replica in the chunk. */
  readonly author: number
  readonly replica: ReplicaId
  readonly sequence: number
  readonly count: number
  /** Whether the operation before, by the same replica, is among what the first was made on. */
  readonly goesOn: boolean
  /** The others it was made on, ordered by replica. */
  readonly dependencies: readonly Dot[]
  readonly bounds: readonly BoundRun[]
}

/** What everything else in a chunk refers to: who, on what, in which order. */
export interface ChunkHead {
  readonly containers: readonly ContainerId[]
  readonly slices: readonly ReceivedSlice[]
  /** How many changes they have. */
  readonly changes: number
}

/** @param containers in the order of their numbers in the chunk */
export function writeHead(
  writer: ByteWriter,
  history: History,
  slices: readonly Slice[],
  containers: readonly ContainerId[],
): void {
  const replicas = namesOf(history, slices, containers)
  const numbers = new Map(replicas.map((replica, number) => [replica, number]))
  writer.varint(replicas.length)
  for (const replica of replicas) writer.text(replica)
  writer.varint(containers.length)
  for (const id of containers) writeContainer(writer, id, numbers)
  writeSlices(writer, history, slices, numbers)
  writeBounds(writer, history, slices)
}

function namesOf({ graph }: History, slices: readonly Slice[], containers: readonly ContainerId[]): ReplicaId[] {
  const names = new Set<ReplicaId>()
  for (const { agent, parents } of slices) {
    names.add(graph.agents[agent] as ReplicaId)
    for (const parent of parents) names.add(graph.dotOf(parent).replica)
  }
  for (const id of containers) {
    const creator = parseContainerId(id)?.creator
    if (creator !== undefined) names.add(creator.replica)
  }
  return [...names].sort()
}

export function writeContainer(writer: ByteWriter, id: ContainerId, numbers: ReadonlyMap<ReplicaId, number>): void {
  const place = parseContainerId(id)
  if (place === undefined) throw new TypeError(`Cannot encode the container id ${JSON.stringify(id)}`)
  const type = containerTypes.indexOf(place.type) * 2
  if (place.creator === undefined) writer.u8(type).text(place.name)
  else {
    const { replica, sequence } = place.creator
    writer
      .u8(type + 1)
      .varint(numbers.get(replica) as number)
      .varint(sequence)
  }
}

/** What is known of a replica so far is where its slices in the chunk end: parents are told by their distance to that. */
function writeSlices(
  writer: ByteWriter,
  { graph }: History,
  slices: readonly Slice[],
  numbers: ReadonlyMap<ReplicaId, number>,
): void {
  const columns = Array.from({ length: 6 }, () => new IntegerColumn())
  const [authors, starts, counts, parentCounts, parentAuthors, parentDistances] = columns as [
    IntegerColumn,
    IntegerColumn,
    IntegerColumn,
    IntegerColumn,
    IntegerColumn,
    IntegerColumn,
  ]
  const ends = new Map<ReplicaId, number>()
  for (const { agent, sequence, parents, ranges } of slices) {
    const replica = graph.agents[agent] as ReplicaId
    authors.push(numbers.get(replica) as number)
    if (!ends.has(replica)) starts.push(sequence)
    const others = parents.map((parent) => graph.dotOf(parent)).filter((dot) => dot.replica !== replica)
    others.sort((left, right) => (left.replica < right.replica ? -1 : 1))
    parentCounts.push(others.length * 2 + (others.length < parents.length ? 1 : 0))
    for (const dot of others) {
      parentAuthors.push(numbers.get(dot.replica) as number)
      parentDistances.push((ends.get(dot.replica) ?? 0) - 1 - dot.sequence)
    }
    const count = ranges.reduce((sum, [from, to]) => sum + to - from, 0)
    counts.push(count)
    ends.set(replica, sequence + count)
  }
  writer.varint(slices.length)
  for (const column of columns) column.write(writer)
}

function writeBounds(writer: ByteWriter, history: History, slices: readonly Slice[]): void {
  const counts = new IntegerColumn()
  const changes = new IntegerColumn()
  const times = new IntegerColumn(true)
  let run: BoundRun | undefined
  const flush = (): void => {
    if (run === undefined) return
    counts.push(run.count)
    changes.push(run.changes)
    times.push(run.time)
  }
  for (const { ranges } of slices) {
    for (const [from, to] of ranges) {
      for (const next of history.bounds.runs(from, to)) {
        if (run?.count === next.count && run.time === next.time) run = { ...run, changes: run.changes + next.changes }
        else {
          flush()
          run = next
        }
      }
    }
  }
  flush()
  for (const column of [counts, changes, times]) column.write(writer)
}

/** @throws MalformedMessageError */
export function readHead(reader: ByteReader): ChunkHead {
  const replicas = reader.list(reader.remaining, readReplicaId)
  for (let number = 1; number < replicas.length; number++) {
    if ((replicas[number - 1] as ReplicaId) < (replicas[number] as ReplicaId)) continue
    throw new MalformedMessageError('Replicas out of order')
  }
  const containers = reader.list(reader.remaining, (reader) => readContainer(reader, replicas))
  const slices = readSlices(reader, replicas)
  const received = withBounds(reader, slices)
  return { containers, slices: received, changes: countChanges(received) }
}

export function readReplicaId(reader: ByteReader): ReplicaId {
  const text = reader.text(64)
  if (!isReplicaId(text)) throw new MalformedMessageError('A name that is no replica id')
  return text
}

export function readContainer(reader: ByteReader, replicas: readonly ReplicaId[]): ContainerId {
  const tag = reader.u8()
  const type = containerTypes[tag >>> 1]
  if (type === undefined) throw new MalformedMessageError(`A container of the unknown type ${tag >>> 1}`)
  if (tag % 2 === 0) return rootId(type, reader.text(limits.nameBytes))
  return nestedId(type, {
    replica: replicas[reader.varint(replicas.length - 1)] as ReplicaId,
    sequence: reader.varint(),
  })
}

function readSlices(reader: ByteReader, replicas: readonly ReplicaId[]): Omit<ReceivedSlice, 'bounds'>[] {
  const total = reader.varint(reader.remaining * 256)
  const columns = Array.from({ length: 6 }, () => new IntegerColumnReader(reader))
  const [authors, starts, counts, parentCounts, parentAuthors, parentDistances] = columns as [
    IntegerColumnReader,
    IntegerColumnReader,
    IntegerColumnReader,
    IntegerColumnReader,
    IntegerColumnReader,
    IntegerColumnReader,
  ]
  const ends: (number | undefined)[] = []
  const slices: Omit<ReceivedSlice, 'bounds'>[] = []
  for (let at = 0; at < total; at++) {
    const author = authors.natural(replicas.length - 1)
    const sequence = ends[author] ?? starts.natural(Number.MAX_SAFE_INTEGER)
    const parents = parentCounts.natural(replicas.length * 2 + 1)
    const dependencies: Dot[] = []
    for (let other = -1; dependencies.length < Math.floor(parents / 2);) {
      const number = parentAuthors.natural(replicas.length - 1)
      if (number <= other || number === author) throw new MalformedMessageError('Parents out of order')
      other = number
      const dot = (ends[number] ?? 0) - 1 - parentDistances.next()
      if (!Number.isSafeInteger(dot) || dot < 0) throw new MalformedMessageError('A parent out of range')
      dependencies.push({ replica: replicas[number] as ReplicaId, sequence: dot })
    }
    const count = counts.natural(Number.MAX_SAFE_INTEGER - sequence)
    const goesOn = parents % 2 === 1
    if (count === 0 || (goesOn && sequence === 0)) throw new MalformedMessageError('A slice of nothing')
    ends[author] = sequence + count
    slices.push({ author, replica: replicas[author] as ReplicaId, sequence, count, goesOn, dependencies })
  }
  finish(columns)
  return slices
}

function withBounds(reader: ByteReader, slices: readonly Omit<ReceivedSlice, 'bounds'>[]): ReceivedSlice[] {
  const counts = new IntegerColumnReader(reader)
  const changes = new IntegerColumnReader(reader)
  const times = new IntegerColumnReader(reader, true)
  let count = 0
  let left = 0
  let time = 0
  const received = slices.map((slice) => {
    const bounds: BoundRun[] = []
    for (let rest = slice.count; rest > 0;) {
      if (left === 0) {
        count = counts.natural(limits.changeOperations)
        left = changes.natural(Number.MAX_SAFE_INTEGER)
        time = times.natural(greatestTime)
      }
      const taken = Math.min(left, Math.floor(rest / count))
      if (!(taken > 0)) throw new MalformedMessageError('Changes that do not fit')
      bounds.push({ count, changes: taken, time })
      left -= taken
      rest -= taken * count
    }
    return { ...slice, bounds }
  })
  if (left > 0) throw new MalformedMessageError('More changes than operations')
  finish([counts, changes, times])
  return received
}

function countChanges(slices: readonly ReceivedSlice[]): number {
  let count = 0
  for (const { bounds } of slices) for (const { changes } of bounds) count += changes
  return count
}

function finish(columns: readonly IntegerColumnReader[]): void {
  if (columns.some((column) => !column.ended)) throw new MalformedMessageError('More in a column than is wanted')
}
