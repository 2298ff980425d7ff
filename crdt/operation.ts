import { ByteReader, ByteWriter, MalformedMessageError } from '../node/protocol/index.ts'
import { nestedId, parseContainerId, rootId } from './container-id.ts'
import { containerTypes, type ContainerId, type ContainerType, type TreeNodeId } from './container.ts'
import type { ContainerTable } from './history/container-table.ts'
import { readValue, writeValue, type JsonValue } from './json-value.ts'
import { limits } from './limits.ts'
import { isReplicaId, type ReplicaId } from './replica-id.ts'
import { isPosition } from './tree/position.ts'
import { creatorOf, nodeId } from './tree/tree-node.ts'

/**
 * What an operation puts into a map or list: a value, a new container whose id is the operation's dot, or once more a
 * container that was created there, in that list or under that key.
 */
export type NewContent =
  { readonly value: JsonValue } | { readonly create: ContainerType } | { readonly again: ContainerId }

/** Indices are in units (code units, items) of the container as it was at the operation's own version. */
export type Operation = { readonly container: ContainerId } & (
  | { readonly type: 'text-insert'; readonly index: number; readonly text: string }
  | { readonly type: 'list-insert'; readonly index: number; readonly items: readonly NewContent[] }
  | { readonly type: 'sequence-delete'; readonly index: number; readonly count: number }
  /** Two units: what stands at `from` is deleted, and stands at `to` of what is left then, as the same element. */
  | { readonly type: 'list-move'; readonly from: number; readonly to: number }
  | { readonly type: 'map-set'; readonly key: string; readonly content: NewContent }
  | { readonly type: 'map-delete'; readonly key: string }
  | { readonly type: 'counter-add'; readonly amount: number }
  | { readonly type: 'set-add'; readonly value: JsonValue }
  | { readonly type: 'set-delete'; readonly value: JsonValue }
  | { readonly type: 'assign'; readonly value: JsonValue }
  /** The register has no value, as before anybody set it. */
  | { readonly type: 'unassign' }
  | {
      readonly type: 'tree-move'
      /** Undefined: a new one, whose id is the operation's dot. */
      readonly node: TreeNodeId | undefined
      /** Undefined: at the top. */
      readonly parent: TreeNodeId | undefined
      /** Among the siblings; empty: into the bin, whatever the parent. */
      readonly position: string
    }
)

/** The first byte of `Change.operations`. */
export const operationFormat = 1

export const kinds: {
  readonly 'text-insert': 1
  readonly 'list-insert': 2
  readonly 'sequence-delete': 3
  readonly 'map-set': 4
  readonly 'map-delete': 5
  readonly 'counter-add': 6
  readonly 'set-add': 7
  readonly 'set-delete': 8
  readonly 'assign': 9
  readonly 'tree-move': 10
  readonly 'list-move': 11
  readonly 'unassign': 12
} = {
  'text-insert': 1,
  'list-insert': 2,
  'sequence-delete': 3,
  'map-set': 4,
  'map-delete': 5,
  'counter-add': 6,
  'set-add': 7,
  'set-delete': 8,
  'assign': 9,
  'tree-move': 10,
  'list-move': 11,
  'unassign': 12,
}

/** Before what a map or list is given: 0 a value, 255 a container that is there, else a new one of type `mark - 1`. */
const valueMark = 0
const againMark = 255

export function isOnSequence({ type }: Operation): boolean {
  return type === 'text-insert' || type === 'list-insert' || type === 'sequence-delete'
}

/** How many sequence numbers it takes. */
export function countUnits(operation: Operation): number {
  switch (operation.type) {
    case 'text-insert':
      return operation.text.length
    case 'list-insert':
      return operation.items.length
    case 'sequence-delete':
      return operation.count
    case 'list-move':
      return 2
    default:
      return 1
  }
}

/**
 * Format byte; the containers that are touched; then for each operation its kind, the index of its container in that
 * table, and its fields.
 */
export function encodeOperations(operations: readonly Operation[], author: ReplicaId): Uint8Array<ArrayBuffer> {
  const table = new Map<ContainerId, number>()
  for (const { container } of operations) if (!table.has(container)) table.set(container, table.size)
  const writer = new ByteWriter(32)
  writer.u8(operationFormat).varint(table.size)
  for (const id of table.keys()) writeContainer(writer, id, author)
  for (const operation of operations) {
    writer.u8(kinds[operation.type]).varint(table.get(operation.container) as number)
    writeFields(writer, operation, author)
  }
  return writer.finish()
}

/** Where the author is not at hand: every replica is named in full. */
export const nobody: ReplicaId = '' as ReplicaId

/** One operation as the log of a document keeps it: kind, number of the container, fields. */
export function writeOperation(writer: ByteWriter, operation: Operation, containers: ContainerTable): void {
  writer.u8(kinds[operation.type]).varint(containers.number(operation.container))
  writeFields(writer, operation, nobody)
}

/** @throws MalformedMessageError */
export function readOperation(reader: ByteReader, containers: ContainerTable): Operation {
  const kind = reader.u8()
  const container = reader.varint()
  if (container >= containers.size) throw new MalformedMessageError('An operation on a container that is not listed')
  return readFields(reader, kind, containers.id(container), nobody)
}

function writeContainer(writer: ByteWriter, id: ContainerId, author: ReplicaId): void {
  const place = parseContainerId(id)
  if (place === undefined) throw new TypeError(`Cannot encode the container id ${JSON.stringify(id)}`)
  const type = containerTypes.indexOf(place.type) * 2
  if (place.creator === undefined) writer.u8(type).text(place.name)
  else {
    const { replica, sequence } = place.creator
    writer
      .u8(type + 1)
      .text(replica === author ? '' : replica)
      .varint(sequence)
  }
}

export function writeFields(writer: ByteWriter, operation: Operation, author: ReplicaId): void {
  switch (operation.type) {
    case 'text-insert':
      writer.varint(operation.index).text(operation.text)
      return
    case 'list-insert':
      writer.varint(operation.index).varint(operation.items.length)
      for (const item of operation.items) writeContent(writer, item)
      return
    case 'sequence-delete':
      writer.varint(operation.index).varint(operation.count)
      return
    case 'list-move':
      writer.varint(operation.from).varint(operation.to)
      return
    case 'map-set':
      writer.text(operation.key)
      writeContent(writer, operation.content)
      return
    case 'map-delete':
      writer.text(operation.key)
      return
    case 'counter-add':
      writer.u8(operation.amount < 0 ? 1 : 0).varint(Math.abs(operation.amount))
      return
    case 'set-add':
    case 'set-delete':
    case 'assign':
      writeValue(writer, operation.value)
      return
    case 'unassign':
      return
    case 'tree-move':
      writeNode(writer, operation.node, author)
      writeNode(writer, operation.parent, author)
      writer.text(operation.position)
  }
}

/** 0 for none, 1 for a node of the author, 2 for one of another replica. */
function writeNode(writer: ByteWriter, node: TreeNodeId | undefined, author: ReplicaId): void {
  if (node === undefined) {
    writer.u8(0)
    return
  }
  const { replica, sequence } = creatorOf(node)
  if (replica === author) writer.u8(1)
  else writer.u8(2).text(replica)
  writer.varint(sequence)
}

export function writeContent(writer: ByteWriter, content: NewContent): void {
  if ('create' in content) writer.u8(containerTypes.indexOf(content.create) + 1)
  else if ('again' in content) writeContainer(writer.u8(againMark), content.again, nobody)
  else writeValue(writer.u8(valueMark), content.value)
}

/** @throws MalformedMessageError unless the bytes are operations of a change by that author */
export function decodeOperations(bytes: Uint8Array, author: ReplicaId): Operation[] {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== operationFormat) throw new MalformedMessageError('Operations of an unknown format')
  const table = reader.list(bytes.length, (reader) => readContainer(reader, author))
  const operations: Operation[] = []
  while (reader.remaining > 0) {
    const kind = reader.u8()
    const container = table[reader.varint(table.length)]
    if (container === undefined) throw new MalformedMessageError('An operation on a container that is not listed')
    operations.push(readFields(reader, kind, container, author))
  }
  return operations
}

function readContainer(reader: ByteReader, author: ReplicaId): ContainerId {
  const tag = reader.u8()
  const type = containerTypes[tag >>> 1]
  if (type === undefined) throw new MalformedMessageError(`A container of the unknown type ${tag >>> 1}`)
  if (tag % 2 === 0) return rootId(type, reader.text(limits.nameBytes))
  const replica = reader.text(64)
  if (replica === '' && author !== nobody) return nestedId(type, { replica: author, sequence: reader.varint() })
  if (!isReplicaId(replica)) throw new MalformedMessageError('A container by something that is no replica')
  return nestedId(type, { replica, sequence: reader.varint() })
}

/** @throws MalformedMessageError */
export function readFields(reader: ByteReader, kind: number, container: ContainerId, author: ReplicaId): Operation {
  switch (kind) {
    case kinds['text-insert']:
      return { type: 'text-insert', container, index: reader.varint(), text: readText(reader) }
    case kinds['list-insert']:
      return { type: 'list-insert', container, index: reader.varint(), items: readItems(reader) }
    case kinds['sequence-delete']:
      return { type: 'sequence-delete', container, index: reader.varint(), count: readCount(reader) }
    case kinds['list-move']:
      return { type: 'list-move', container, from: reader.varint(), to: reader.varint() }
    case kinds['map-set']:
      return { type: 'map-set', container, key: reader.text(limits.nameBytes), content: readContent(reader) }
    case kinds['map-delete']:
      return { type: 'map-delete', container, key: reader.text(limits.nameBytes) }
    case kinds['counter-add']:
      return { type: 'counter-add', container, amount: readAmount(reader) }
    case kinds['set-add']:
      return { type: 'set-add', container, value: readValue(reader) }
    case kinds['set-delete']:
      return { type: 'set-delete', container, value: readValue(reader) }
    case kinds['assign']:
      return { type: 'assign', container, value: readValue(reader) }
    case kinds['unassign']:
      return { type: 'unassign', container }
    case kinds['tree-move']: {
      const node = readNode(reader, author)
      return { type: 'tree-move', container, node, parent: readNode(reader, author), position: readPosition(reader) }
    }
    default:
      throw new MalformedMessageError(`An operation of the unknown kind ${kind}`)
  }
}

function readNode(reader: ByteReader, author: ReplicaId): TreeNodeId | undefined {
  const tag = reader.u8()
  if (tag === 0) return undefined
  const replica = tag === 1 ? author : reader.text(64)
  if (tag > 2 || !isReplicaId(replica)) throw new MalformedMessageError('A tree node of no replica')
  return nodeId({ replica, sequence: reader.varint() })
}

function readPosition(reader: ByteReader): string {
  const position = reader.text(limits.nameBytes)
  if (position !== '' && !isPosition(position)) throw new MalformedMessageError('A position of other letters')
  return position
}

function readText(reader: ByteReader): string {
  const text = reader.text(limits.changeBytes)
  if (text === '') throw new MalformedMessageError('An insertion of nothing')
  return text
}

function readItems(reader: ByteReader): NewContent[] {
  const items = reader.list(limits.changeBytes, readContent)
  if (items.length === 0) throw new MalformedMessageError('An insertion of nothing')
  return items
}

/** @throws MalformedMessageError */
export function readContent(reader: ByteReader): NewContent {
  const mark = reader.u8()
  if (mark === valueMark) return { value: readValue(reader) }
  if (mark === againMark) return { again: readContainer(reader, nobody) }
  const type = containerTypes[mark - 1]
  if (type === undefined) throw new MalformedMessageError(`A container of the unknown type ${mark - 1}`)
  return { create: type }
}

function readCount(reader: ByteReader): number {
  const count = reader.varint(limits.changeOperations)
  if (count === 0) throw new MalformedMessageError('A deletion of nothing')
  return count
}

function readAmount(reader: ByteReader): number {
  const sign = reader.u8()
  const magnitude = reader.varint()
  if (sign > 1 || (sign === 1 && magnitude === 0)) throw new MalformedMessageError('An amount with a wrong sign')
  return sign === 1 ? -magnitude : magnitude
}
