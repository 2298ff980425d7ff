import { ByteReader, ByteWriter, type VersionVector } from '../../node/protocol/index.ts'
import type { Change, Dot } from '../change.ts'
import type { ContainerRegistry } from '../container-registry.ts'
import type { ReceivedSlice } from '../encoding/chunk-head.ts'
import { countRecorded, sliceRecorded, type RecordedOperation } from '../encoding/recorded-operation.ts'
import {
  encodeOperations,
  readContent,
  readOperation,
  writeContent,
  writeOperation,
  type Operation,
} from '../operation.ts'
import { compareReplicaIds, type ReplicaId } from '../replica-id.ts'
import { CausalGraph } from './causal-graph.ts'
import { ChangeBounds, type Bound } from './change-bounds.ts'
import { ContainerTable } from './container-table.ts'
import { OperationLog, rowKind, sliceRow, type Row } from './operation-log.ts'

/** What is left of the history that was dropped: see `compaction/`. */
export interface Base {
  /** Everything that was dropped, and what is kept of it. */
  readonly version: VersionVector
  readonly bytes: Uint8Array
  /** Puts it into an empty document. It is here so that only those who load such documents carry what reads it. */
  readonly fill: (history: History, registry: ContainerRegistry) => void
}

/** What happened in a document: who did what, on what, and which operations are one change. */
export class History {
  readonly graph: CausalGraph = new CausalGraph()
  readonly log: OperationLog = new OperationLog()
  readonly bounds: ChangeBounds = new ChangeBounds()
  readonly containers: ContainerTable = new ContainerTable()
  /** Undefined where all history is here. */
  base: Base | undefined

  /**
   * Notes an operation that took effect, or had none.
   *
   * @param start local number of its first unit
   * @param before units its sequence held here before
   * @param goesOn whether it was made on exactly the operation numbered before, by the same agent
   */
  note(operation: RecordedOperation, start: number, before: number, goesOn: boolean): void {
    const { log, containers } = this
    switch (operation.type) {
      case 'text-insert':
        log.insertText(start, containers.number(operation.container), operation.index, operation.text, before, goesOn)
        return
      case 'list-insert': {
        const writer = new ByteWriter(64)
        for (const item of operation.items) writeContent(writer, item)
        const { container, index, items } = operation
        log.insertItems(start, containers.number(container), index, items.length, writer.view(), before)
        return
      }
      case 'list-move':
        log.move(start, containers.number(operation.container), operation.from, operation.to, before)
        return
      case 'sequence-delete':
        log.delete(start, containers.number(operation.container), operation.index, operation.count, before, goesOn)
        return
      case 'opaque':
        log.addOpaque(start, operation.count, operation.bytes)
        return
      case 'backspace':
        throw new Error('Backspacing is noted one by one')
      default: {
        const offset = log.bytes.length
        writeOperation(log.bytes, operation, containers)
        log.addEncoded(start, offset, operation)
      }
    }
  }

  /** The local number of an operation; undefined when it is not here. */
  numberOf({ replica, sequence }: Dot): number | undefined {
    if (sequence >= this.graph.countOf(replica)) return undefined
    return this.graph.numberOf(this.graph.agentOf(replica), sequence)
  }

  /** The last operation of the change that holds this one; itself where that was dropped. */
  lastOf(number: number): number {
    return number < this.graph.base ? number : this.bounds.lastOf(number)
  }

  /** Whether a change begins there with so many operations; of those that were dropped nothing else is known. */
  holds({ replica, sequence, count }: Pick<Change, 'replica' | 'sequence' | 'count'>): boolean {
    const number = this.numberOf({ replica, sequence })
    if (number === undefined) return false
    if (number < this.graph.base) return true
    const bound = this.bounds.of(number)
    return bound.start === number && bound.count === count
  }

  /** How many changes the first units of a slice are, where all of them are here; else 0. */
  holdsAll({ replica, sequence, bounds }: ReceivedSlice, units: number): number {
    const end = sequence + units
    if (end > this.graph.countOf(replica)) return 0
    let next = sequence
    let held = 0
    for (const { count, changes } of bounds) {
      for (let change = 0; change < changes && next < end; change++, next += count, held++) {
        if (!this.holds({ replica, sequence: next, count })) return 0
      }
    }
    return held
  }

  /** The changes within a range of numbers. @param valid leaves out those that do nothing */
  changesBetween(from: number, to: number, valid = false): Change[] {
    const changes: Change[] = []
    for (const bound of this.bounds.between(from, to)) {
      if (!valid || !this.#isOpaque(bound)) changes.push(this.#change(bound))
    }
    return changes
  }

  /** Who made the changes within a range of numbers, ordered. */
  authorsBetween(from: number, to: number): ReplicaId[] {
    const authors = new Set<ReplicaId>()
    for (let number = from; number < to;) {
      const { agent, end } = this.graph.entryOf(number)
      authors.add(this.graph.agents[agent] as ReplicaId)
      number = end
    }
    return [...authors].sort(compareReplicaIds)
  }

  /** What a range of numbers that begins and ends with a change did. */
  operationsBetween(from: number, to: number): Operation[] {
    const operations: Operation[] = []
    for (const recorded of this.recordedBetween(from, to)) {
      if (recorded.type === 'backspace') operations.push(sliceRecorded(recorded, 0, recorded.count) as Operation)
      else if (recorded.type !== 'opaque') operations.push(recorded)
    }
    return operations
  }

  /** The same as it was recorded: what goes on is one operation. */
  recordedBetween(from: number, to: number): RecordedOperation[] {
    const operations: RecordedOperation[] = []
    for (const row of this.log.between(from, to)) operations.push(...this.read(row, from, to))
    return operations
  }

  /**
   * What was done in ranges that go on one in the other. Where others arrived in between, the operations are put together
   * anew, change by change: every replica has to write the same.
   */
  recorded(ranges: readonly (readonly [from: number, to: number])[]): RecordedOperation[] {
    const [first] = ranges
    if (ranges.length === 1 && first !== undefined) return this.recordedBetween(first[0], first[1])
    const joined = new History()
    let position = 0
    for (const [from, to] of ranges) {
      for (const { start, count } of this.bounds.between(from, to)) {
        for (const operation of this.recordedBetween(start, start + count)) {
          const recorded = operation.type === 'backspace' ? sliceRecorded(operation, 0, operation.count) : operation
          joined.note(recorded, position, 0, true)
          position += countRecorded(recorded)
        }
      }
    }
    return joined.recordedBetween(0, position)
  }

  #isOpaque({ start }: Bound): boolean {
    const row = this.log.rowAt(start)
    return row < this.log.size && this.log.at(row).kind === rowKind.opaque
  }

  #change({ start, count, time }: Bound): Change {
    const { graph, log } = this
    const { replica, sequence } = graph.dotOf(start)
    const row = log.at(log.rowAt(start))
    const operations =
      row.kind === rowKind.opaque
        ? log.bytes.view().slice(row.offset, row.before)
        : encodeOperations(this.operationsBetween(start, start + count), replica)
    return { replica, sequence, count, dependencies: this.dependenciesOf(start), time, operations }
  }

  /** What the change that begins there was made on, other than operations of its own replica. */
  dependenciesOf(start: number): Dot[] {
    const { graph } = this
    const { replica } = graph.dotOf(start)
    return graph
      .parentsOf(start)
      .map((parent) => graph.dotOf(parent))
      .filter((dot) => dot.replica !== replica)
      .sort((left, right) => compareReplicaIds(left.replica, right.replica))
  }

  /** What an operation is a unit of; undefined where it is not here. Items of a list come with the row they are in. */
  operationAt(number: number): RecordedOperation | undefined {
    const row = this.log.rowAt(number)
    if (row === this.log.size) return undefined
    const whole = this.log.at(row)
    const isWhole = whole.kind === rowKind.items || whole.kind === rowKind.move
    return this.read(whole, isWhole ? whole.start : number, isWhole ? Infinity : number + 1)[0]
  }

  /** What the part of a row within a range of numbers did. */
  read(whole: Row, from: number, to: number): RecordedOperation[] {
    const { kind, index, count, start, offset, before, container: number } = sliceRow(whole, from, to)
    const { bytes, text } = this.log
    if (kind === rowKind.opaque) return [{ type: 'opaque', count, bytes: bytes.view().slice(offset, before) }]
    if (kind === rowKind.encoded) {
      const newest = this.log.newestAt(from)
      if (newest !== undefined) return [newest]
      const reader = new ByteReader(bytes.view(), offset, before)
      const operations = Array.from({ length: Math.min(to - start, count) }, () =>
        readOperation(reader, this.containers),
      )
      return operations.slice(Math.max(0, from - start))
    }
    const container = this.containers.id(number)
    if (kind === rowKind.move) return start < from ? [] : [{ type: 'list-move', container, from: index, to: offset }]
    if (kind === rowKind.text) {
      return [{ type: 'text-insert', container, index, text: text.slice(offset, offset + count) }]
    }
    if (kind === rowKind.items) {
      const reader = new ByteReader(bytes.view(), offset)
      return [
        { type: 'list-insert', container, index, items: Array.from({ length: count }, () => readContent(reader)) },
      ]
    }
    return [{ type: kind === rowKind.delete ? 'sequence-delete' : 'backspace', container, index, count }]
  }
}
