import { ByteReader, VectorClock, type VersionVector } from '../../node/protocol/index.ts'
import type { ContainerRegistry } from '../container-registry.ts'
import { parseContainerId } from '../container-id.ts'
import type { ContainerId } from '../container.ts'
import { expansion, isText } from '../encoding/chunk.ts'
import { readContainer, readReplicaId } from '../encoding/chunk-head.ts'
import { IntegerColumnReader } from '../encoding/integer-column.ts'
import { OperationColumnsReader } from '../encoding/operation-columns.ts'
import { readText, textOf } from '../encoding/packed-text.ts'
import { readPacked } from '../encoding/packing.ts'
import type { Base, History } from '../history/history.ts'
import type { ReplicaId } from '../replica-id.ts'
import { fail, type ListedContainers, type ListedElement, type ReadOperation } from './base-content.ts'
import { BaseContainers } from './base-containers.ts'

/** Numbers are walked four to each operation, exactly. */
const mostOperations = 2 ** 48

/** @throws MalformedMessageError */
export function versionOfBase(bytes: Uint8Array): VersionVector {
  const reader = new ByteReader(bytes)
  reader.varint()
  return VectorClock.from(readReplicas(reader))
}

/** @throws MalformedMessageError */
export function baseOf(bytes: Uint8Array): Base {
  const own = bytes.slice()
  return { bytes: own, version: versionOfBase(own), fill: (history, registry) => readBase(own, history, registry) }
}

/**
 * Fills an empty document with a base: what is to be seen, and who made it.
 *
 * @throws MalformedMessageError where the bytes are no base; it must not be used then
 */
function readBase(bytes: Uint8Array, history: History, registry: ContainerRegistry): void {
  const reader = new ByteReader(bytes)
  const limit = bytes.length * expansion
  const changes = reader.varint()
  const replicas = readReplicas(reader)
  const containers = readContainers(reader, replicas, limit)
  placeReplicas(reader, replicas, limit, history)
  history.bounds.addBase(history.graph.size, changes)
  const contents = new BaseContainers(history, registry, containers)
  const values = readOperations(reader, containers.ids, limit, history, () => fail('Text where none can stand'))
  const texts = readOperations(reader, containers.ids, limit, history, () => '')
  const shown = new Map<ContainerId, string>()
  for (const id of containers.ids) if (isText(id)) shown.set(id, textOf(readText(reader)))
  const elements = readElements(reader, limit, history, containers.ids)
  reader.bytes(reader.remaining)
  reader.finish()
  contents.restore({ values, texts, shown, elements })
}

function readReplicas(reader: ByteReader): (readonly [ReplicaId, number])[] {
  const replicas = reader.list(reader.remaining, (reader) => [readReplicaId(reader), reader.varint()] as const)
  const names = new Set(replicas.map(([name]) => name))
  const total = replicas.reduce((sum, [, count]) => sum + count, 0)
  if (names.size < replicas.length || replicas.some(([, count]) => count === 0)) fail('Replicas that are none')
  if (total === 0 || total > mostOperations) fail('A base of nothing, or of more than there can be')
  return replicas
}

function readContainers(
  chunk: ByteReader,
  replicas: readonly (readonly [ReplicaId, number])[],
  limit: number,
): ListedContainers {
  const reader = new ByteReader(readPacked(chunk))
  const names = replicas.map(([name]) => name)
  const counts = new Map(replicas)
  const ids = reader.list(Math.min(reader.remaining, limit), (reader) => readContainer(reader, names))
  const homes = new Map<ContainerId, { readonly container: ContainerId; readonly key: string | undefined }>()
  for (const id of ids) {
    const creator = parseContainerId(id)?.creator
    if (creator === undefined) continue
    if (creator.sequence >= (counts.get(creator.replica) ?? 0)) fail('A container that nobody has created')
    const container = ids[reader.varint(ids.length - 1)] as ContainerId
    const key = parseContainerId(container)?.type === 'map' ? reader.text(reader.remaining) : undefined
    homes.set(id, { container, key })
  }
  reader.finish()
  if (new Set(ids).size < ids.length) fail('A container twice')
  return { ids, homes }
}

/** Runs of operations of one replica: Lamport's times are exact only where they decide something. */
function placeReplicas(
  reader: ByteReader,
  replicas: readonly (readonly [ReplicaId, number])[],
  limit: number,
  { graph }: History,
): void {
  let left = reader.varint(limit)
  const numbers = new IntegerColumnReader(reader, true)
  const times = new IntegerColumnReader(reader, true)
  const next = (): number => (left-- > 0 ? numbers.natural(Number.MAX_SAFE_INTEGER) : Infinity)
  let timed = next()
  let last = -1
  for (const [replica, count] of replicas) {
    const agent = graph.agentOf(replica)
    const start = graph.size
    while (graph.size < start + count) {
      const until = Math.min(timed, start + count)
      // Never above the true one: that of its first operation is at least 1.
      if (until > graph.size) graph.addBase(agent, until - graph.size, graph.size - start + 1)
      if (timed >= start + count) break
      if (timed < graph.size) fail('Times out of order')
      graph.addBase(agent, 1, times.natural(Number.MAX_SAFE_INTEGER / 2))
      last = timed
      timed = next()
    }
  }
  if (timed !== Infinity || !numbers.ended || !times.ended) fail('Times of nothing')
  if (last !== graph.size - 1) fail('No time for what all else is made on')
}

function readOperations(
  reader: ByteReader,
  containers: readonly ContainerId[],
  limit: number,
  { graph }: History,
  read: (length: number) => string,
): ReadOperation[] {
  const columns = new OperationColumnsReader(reader, containers, limit)
  const kept: ReadOperation[] = []
  let end = 0
  for (let { gap } = columns; gap !== undefined; { gap } = columns) {
    const start = end + gap
    if (start >= graph.size) fail('An operation of nobody')
    const { agent } = graph.entryOf(start)
    const operation = columns.next(agent, read)
    if (operation.type === 'opaque' || operation.type === 'backspace') fail('An operation that cannot be kept')
    const count = columns.lastCount
    end = start + count
    if (end > graph.size || graph.entryOf(end - 1).agent !== agent) fail('An operation of two replicas')
    kept.push({ start, count, operation })
  }
  columns.finish()
  return kept
}

function readElements(
  reader: ByteReader,
  limit: number,
  { graph }: History,
  containers: readonly ContainerId[],
): ListedElement[] {
  const count = reader.varint(limit)
  const table = new IntegerColumnReader(reader)
  const unit = (): number => table.natural(graph.size - 1)
  let budget = limit
  const many = <Item>(make: () => Item): Item[] => {
    const length = table.natural((budget -= 1))
    budget -= length
    return Array.from({ length }, make)
  }
  const elements: ListedElement[] = []
  while (elements.length < count) {
    const list = containers[table.natural(containers.length - 1)] as ContainerId
    const first = unit()
    const shown = table.next()
    const lives = many(() => ({ winner: unit(), alive: table.natural(1) === 1 }))
    const units = many(() => ({
      unit: unit(),
      life: table.natural(lives.length - 1),
      raw: table.natural(Number.MAX_SAFE_INTEGER),
    }))
    elements.push({ list, first, shown: shown < 0 ? undefined : shown, lives, units })
  }
  if (!table.ended) fail('More elements than there are')
  return elements
}
