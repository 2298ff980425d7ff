import { ByteWriter } from '../../node/protocol/index.ts'
import { parseContainerId } from '../container-id.ts'
import type { ContainerId } from '../container.ts'
import { expansion, isText } from '../encoding/chunk.ts'
import { writeContainer } from '../encoding/chunk-head.ts'
import { IntegerColumn } from '../encoding/integer-column.ts'
import { OperationColumns } from '../encoding/operation-columns.ts'
import { writeText } from '../encoding/packed-text.ts'
import { writePacked } from '../encoding/packing.ts'
import { countUnits } from '../operation.ts'
import type { Inside } from '../replica-document.ts'
import type { ReplicaId } from '../replica-id.ts'
import { keptOperations, type Kept, type KeptState } from './kept-operations.ts'

/**
 * Writes what a document of the past holds as the base of another: who has made how many operations, and of these the
 * ones that are still to be seen. Equal documents give equal bytes.
 */
export function writeBase(inside: Inside): Uint8Array<ArrayBuffer> {
  const { history, registry } = inside
  const { graph } = history
  const replicas = replicasOf(inside)
  const offsets = new Map<ReplicaId, number>()
  let end = 0
  for (const replica of replicas) {
    offsets.set(replica, end)
    end += graph.countOf(replica)
  }
  /** Numbers in a base: replica by replica. */
  const numberOf = (here: number): number => {
    const { replica, sequence } = graph.dotOf(here)
    return (offsets.get(replica) as number) + sequence
  }
  const containers = [...registry.ids()].sort()
  const { operations, elements, timed } = keptOperations(inside, containers)
  const writer = new ByteWriter(4096)
  writer.varint(history.bounds.size).varint(replicas.length)
  for (const replica of replicas) writer.text(replica).varint(graph.countOf(replica))
  writeContainers(writer, inside, containers, replicas)
  writeTimes(
    writer,
    [...timed, graph.heads[0] as number].map((number) => [numberOf(number), graph.lamportOf(number)] as const),
  )
  const places = new Map(containers.map((id, place) => [id, place]))
  const renumbered = operations.map((kept) => ({ ...kept, start: numberOf(kept.start) }))
  const authorOf = (here: number): number => replicas.findLastIndex((replica) => (offsets.get(replica) ?? 0) <= here)
  let wanted = containers.length + timed.length
  for (const onText of [false, true]) {
    const group = renumbered.filter(({ operation }) => isText(operation.container) === onText)
    wanted += writeOperations(writer, group, places, authorOf)
  }
  for (const id of containers) if (isText(id)) writeText(writer, String(registry.find(id)))
  wanted += writeElements(writer, elements, places, numberOf)
  // As in a chunk: what a few bytes may stand for is limited, so that hostile ones cannot fill the memory.
  writer.bytes(new Uint8Array(Math.max(0, Math.ceil(wanted / expansion) - writer.length)))
  return writer.finish()
}

/** @returns how many numbers that took */
function writeElements(
  writer: ByteWriter,
  elements: KeptState['elements'],
  places: ReadonlyMap<ContainerId, number>,
  numberOf: (here: number) => number,
): number {
  const table = new IntegerColumn()
  let size = 0
  const push = (...values: readonly number[]): void => {
    size += values.length
    for (const value of values) table.push(value)
  }
  for (const { list, first, shown, lives, units } of elements) {
    push(places.get(list) as number, numberOf(first), shown === undefined ? -1 : numberOf(shown), lives.length)
    for (const { winner, alive } of lives) push(numberOf(winner), Number(alive))
    push(units.length)
    for (const { unit, life, raw } of units) push(numberOf(unit), life, raw)
  }
  writer.varint(elements.length)
  table.write(writer)
  return size
}

/** In order, but last of all that of the head: its last operation is what everything that follows was made on. */
function replicasOf({ history: { graph } }: Inside): ReplicaId[] {
  const last = graph.dotOf(graph.heads[0] as number).replica
  const others = graph.agents.filter((replica) => replica !== last && graph.countOf(replica) > 0)
  return [...others.sort(), last]
}

/** All of them, and for each that is inside another where it was created there. */
function writeContainers(
  writer: ByteWriter,
  { registry }: Inside,
  containers: readonly ContainerId[],
  replicas: readonly ReplicaId[],
): void {
  const numbers = new Map(replicas.map((replica, number) => [replica, number]))
  const places = new Map(containers.map((id, place) => [id, place]))
  const table = new ByteWriter(256).varint(containers.length)
  for (const id of containers) writeContainer(table, id, numbers)
  for (const id of containers) {
    if (parseContainerId(id)?.creator === undefined) continue
    const creation = registry.creationOf(id)
    if (creation === undefined) throw new Error(`Cannot compact: nobody has created ${id}`)
    table.varint(places.get(creation.container) as number)
    if (creation.type === 'map-set') table.text(creation.key)
  }
  writePacked(writer, table.view())
}

/** Lamport's times, where they still decide something. */
function writeTimes(writer: ByteWriter, times: readonly (readonly [number: number, time: number])[]): void {
  const numbers = new IntegerColumn(true)
  const values = new IntegerColumn(true)
  const sorted = new Map([...times].sort(([left], [right]) => left - right))
  for (const [number, time] of sorted) {
    numbers.push(number)
    values.push(time)
  }
  writer.varint(sorted.size)
  numbers.write(writer)
  values.write(writer)
}

/** @returns how much there is to be made of them when they are read */
function writeOperations(
  writer: ByteWriter,
  operations: readonly Kept[],
  places: ReadonlyMap<ContainerId, number>,
  authorOf: (number: number) => number,
): number {
  const columns = new OperationColumns((id) => places.get(id) as number)
  let end = 0
  for (const { start, operation } of [...operations].sort((left, right) => left.start - right.start)) {
    columns.push({ gap: start - end, operation }, authorOf(start))
    end = start + countUnits(operation)
  }
  columns.write(writer)
  return columns.size
}
