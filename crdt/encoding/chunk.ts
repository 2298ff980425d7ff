import { ByteReader, ByteWriter, MalformedMessageError } from '../../node/protocol/index.ts'
import { crc32c } from '../checksum.ts'
import type { ContainerId } from '../container.ts'
import type { Base, History } from '../history/history.ts'
import type { ReplicaId } from '../replica-id.ts'
import { readHead, writeHead, type BoundRun, type ChunkHead, type ReceivedSlice } from './chunk-head.ts'
import { OperationColumns, OperationColumnsReader } from './operation-columns.ts'
import { readText, textOf, writeText, type StoredText } from './packed-text.ts'
import { countRecorded, type RecordedOperation } from './recorded-operation.ts'
import { slicesSince, type Slice } from './slices.ts'

/** "PLCR" and the format version. docs/formats/document.md tells every byte. */
const magic = [0x50, 0x4c, 0x43, 0x52, 0x01]

/**
 * What stands behind the magic: changes to be merged; a whole document with its texts as they are; a base, which is what
 * was left of history that was dropped, and the changes made on it.
 */
const kinds = { changes: 0, snapshot: 1, compacted: 2 } as const

/** Operations, or changes, that one byte of a chunk may stand for. A chunk of fewer bytes is filled up. */
export const expansion = 64

/** What a document shows, for a snapshot: what the operations need not repeat. */
export interface ShownTexts {
  /** The text of a container as it is now. */
  textOf(container: ContainerId): string
  /** Ranges [from, to) of local numbers whose units are not shown any more, ascending. */
  readonly deleted: readonly (readonly [from: number, to: number])[]
}

/** Every change that is not included. */
export function encodeChanges(history: History, included: (replica: ReplicaId) => number): Uint8Array<ArrayBuffer> {
  return writeChunk(history, slicesSince(history, included), { kind: kinds.changes })
}

/** A base, and all changes that it does not include. */
export function encodeCompacted(history: History, base: Pick<Base, 'version' | 'bytes'>): Uint8Array<ArrayBuffer> {
  const slices = slicesSince(history, (replica) => base.version.get(replica))
  return writeChunk(history, slices, { kind: kinds.compacted, base: base.bytes })
}

/** All changes, and the texts apart from them: equal histories give equal bytes. */
export function encodeSnapshot(history: History, shown: ShownTexts): Uint8Array<ArrayBuffer> {
  return writeChunk(
    history,
    slicesSince(history, () => 0),
    { kind: kinds.snapshot, shown },
  )
}

/** What a chunk holds besides changes. */
interface Extras {
  readonly kind: number
  readonly base?: Uint8Array
  readonly shown?: ShownTexts
}

function writeChunk(
  history: History,
  slices: readonly Slice[],
  { kind, base, shown }: Extras,
): Uint8Array<ArrayBuffer> {
  const containers = new Map<ContainerId, number>()
  const numberOf = (id: ContainerId): number => {
    const known = containers.get(id)
    if (known !== undefined) return known
    containers.set(id, containers.size)
    return containers.size - 1
  }
  const values = new OperationColumns(numberOf)
  const texts = new OperationColumns(numberOf)
  const content: string[] = []
  const ends = { values: 0, texts: 0 }
  let position = 0
  for (const slice of slices) {
    for (const operation of history.recorded(slice.ranges)) {
      const group = isOnText(operation) ? 'texts' : 'values'
      const columns = group === 'texts' ? texts : values
      columns.push({ gap: position - ends[group], operation }, slice.agent)
      position += countRecorded(operation)
      ends[group] = position
      if (operation.type === 'text-insert' && shown === undefined) content.push(operation.text)
    }
  }
  const writer = new ByteWriter(4096)
  for (const byte of magic) writer.u8(byte)
  writer.u8(kind)
  if (base !== undefined) writer.bytes(base)
  writeHead(writer, history, slices, [...containers.keys()])
  values.write(writer)
  if (shown !== undefined) {
    const ids = [...containers.keys()].filter((id) => isText(id))
    for (const id of ids) writeText(writer, shown.textOf(id))
    content.push(deletedText(history, slices, shown.deleted))
  }
  texts.write(writer)
  writeText(writer, content.join(''))
  const wanted = Math.ceil((values.size + texts.size + slices.length + countChanges(history, slices)) / expansion)
  writer.bytes(new Uint8Array(Math.max(0, wanted - writer.length)))
  writer.u32(crc32c(writer.view()))
  return writer.finish()
}

function countChanges({ bounds }: History, slices: readonly Slice[]): number {
  let count = 0
  for (const { ranges } of slices) {
    for (const [from, to] of ranges) for (const { changes } of bounds.runs(from, to)) count += changes
  }
  return count
}

/** What was inserted and is not shown, in the order of the chunk. */
function deletedText({ log }: History, slices: readonly Slice[], deleted: ShownTexts['deleted']): string {
  const parts: string[] = []
  for (const { ranges } of slices) {
    for (const [from, to] of ranges) {
      for (let at = firstEndingBehind(deleted, from); at < deleted.length; at++) {
        const [start, end] = deleted[at] as readonly [number, number]
        if (start >= to) break
        for (const row of log.between(Math.max(from, start), Math.min(to, end))) {
          parts.push(log.text.slice(row.offset, row.offset + row.count))
        }
      }
    }
  }
  return parts.join('')
}

function firstEndingBehind(ranges: ShownTexts['deleted'], number: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as readonly [number, number])[1] > number) high = middle
    else low = middle + 1
  }
  return low
}

export function isText(id: ContainerId): boolean {
  return id.startsWith('text/') || id.startsWith('text@')
}

function isOnText(operation: RecordedOperation): boolean {
  return operation.type !== 'opaque' && isText(operation.container)
}

/** Told of each operation, the place of its first unit among all, how many units it has, and whose it is. */
type Visit = (operation: RecordedOperation, position: number, count: number, slice: ReceivedSlice) => void

/** Operations in a row by one replica, each made on the one before. */
export interface Stretch {
  readonly slice: ReceivedSlice
  readonly operations: readonly RecordedOperation[]
}

/** A chunk that was read as far as its head; the operations are read when they are wanted. Throws MalformedMessageError. */
export class ChunkReader {
  readonly head: ChunkHead
  readonly isSnapshot: boolean
  /** What was left of history that was dropped, on which the changes were made. */
  readonly base: Uint8Array | undefined
  /** Operations on what is no text. */
  readonly #values: OperationColumnsReader
  readonly #reader: ByteReader
  readonly #limit: number

  constructor(bytes: Uint8Array) {
    const end = bytes.length - 4
    if (end < magic.length + 1) throw new MalformedMessageError('Too short')
    const reader = new ByteReader(bytes, 0, end)
    for (const [index, byte] of magic.entries()) {
      if (reader.u8() === byte) continue
      throw new MalformedMessageError(index < 4 ? 'Not a document' : 'A format of a later version')
    }
    if (new ByteReader(bytes, end).u32() !== crc32c(bytes.subarray(0, end))) {
      throw new MalformedMessageError('The checksum does not fit')
    }
    const kind = reader.u8()
    if (kind > kinds.compacted) throw new MalformedMessageError('A chunk of an unknown kind')
    this.isSnapshot = kind === kinds.snapshot
    this.base = kind === kinds.compacted ? reader.bytes(reader.remaining) : undefined
    this.#limit = bytes.length * expansion
    this.head = readHead(reader)
    if (this.head.slices.length + this.head.changes > this.#limit) {
      throw new MalformedMessageError('More changes than the bytes can hold')
    }
    this.#values = new OperationColumnsReader(reader, this.head.containers, this.#limit)
    this.#reader = reader
  }

  /** Visits the operations that are on no text. */
  readValues(visit: Visit): void {
    readGroup(this.#values, this.head, noText, visit)
  }

  /** The texts of a snapshot, in the order of their containers. To be read behind the values. */
  readTexts(): readonly (readonly [ContainerId, StoredText])[] {
    return this.head.containers.filter((id) => isText(id)).map((id) => [id, readText(this.#reader)] as const)
  }

  /**
   * The operations on texts; in a snapshot insertions without their text. To be read last.
   *
   * @param shown in a snapshot the length of all texts
   * @returns all text that stands there
   */
  readTextOperations(visit: Visit, shown = 0): string {
    const columns = new OperationColumnsReader(this.#reader, this.head.containers, this.#limit)
    const content = textOf(readText(this.#reader))
    this.#reader.bytes(this.#reader.remaining)
    this.#reader.finish()
    let at = 0
    const read = (length: number): string => {
      at += length
      if (at > content.length + shown) throw new MalformedMessageError('Less text than was inserted')
      return this.isSnapshot ? '' : content.slice(at - length, at)
    }
    readGroup(columns, this.head, read, visit)
    if (at < content.length + shown) throw new MalformedMessageError('More text than was inserted')
    return content
  }

  /** All operations, slice by slice; only of changes. */
  stretches(): Stretch[] {
    const placed = new Map<ReceivedSlice, { readonly operation: RecordedOperation; readonly position: number }[]>()
    const visit: Visit = (operation, position, _count, slice) => {
      const list = placed.get(slice)
      if (list === undefined) placed.set(slice, [{ operation, position }])
      else list.push({ operation, position })
    }
    this.readValues(visit)
    this.readTextOperations(visit)
    let start = 0
    return this.head.slices.map((slice) => {
      const list = (placed.get(slice) ?? []).sort((left, right) => left.position - right.position)
      let next = start
      for (const { operation, position } of list) {
        if (position !== next) throw new MalformedMessageError('Operations that do not follow each other')
        next += countRecorded(operation)
      }
      start += slice.count
      if (next !== start) throw new MalformedMessageError('Operations that are missing')
      const operations = list.map(({ operation }) => operation)
      if (isCut(operations, slice.bounds)) throw new MalformedMessageError('A change that ends within an operation')
      return { slice, operations }
    })
  }
}

/** Whether a change would end within what is done whole: who hears of the changes one by one would see it otherwise. */
function isCut(operations: readonly RecordedOperation[], bounds: readonly BoundRun[]): boolean {
  let run = 0
  let done = 0
  for (const operation of operations) {
    const { count } = bounds[run] as BoundRun
    const units = countRecorded(operation)
    const isWhole = operation.type === 'list-insert' || operation.type === 'list-move'
    if (isWhole && units > count - (done % count)) return true
    done += units
    for (let next = bounds[run]; next !== undefined && done >= next.count * next.changes; next = bounds[++run]) {
      done -= next.count * next.changes
    }
  }
  return false
}

function readGroup(
  columns: OperationColumnsReader,
  { slices }: ChunkHead,
  readText: (length: number) => string,
  visit: Visit,
): void {
  let position = 0
  let start = 0
  for (const slice of slices) {
    const end = start + slice.count
    while (columns.gap !== undefined && position + columns.gap < end) {
      position += columns.gap
      const operation = columns.next(slice.author, readText)
      visit(operation, position, columns.lastCount, slice)
      position += columns.lastCount
      if (position > end) throw new MalformedMessageError('An operation of two replicas')
    }
    start = end
  }
  columns.finish()
}

const noText = (): string => {
  throw new MalformedMessageError('Text where none can stand')
}
