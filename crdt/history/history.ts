import { ByteReader } from '../../node/protocol/index.ts'
import type { Change, Dot } from '../change.ts'
import { encodeOperations, readContent, readOperation, writeOperation, type Operation } from '../operation.ts'
import { compareReplicaIds, type ReplicaId } from '../replica-id.ts'
import { CausalGraph } from './causal-graph.ts'
import { ChangeBounds, type Bound } from './change-bounds.ts'
import { ContainerTable } from './container-table.ts'
import { OperationLog, rowKind, type Row } from './operation-log.ts'

/** What happened in a document: who did what, on what, and which operations are one change. */
export class History {
  readonly graph: CausalGraph = new CausalGraph()
  readonly log: OperationLog = new OperationLog()
  readonly bounds: ChangeBounds = new ChangeBounds()
  readonly containers: ContainerTable = new ContainerTable()

  /** Notes an operation on a container that is no sequence. */
  addEncoded(start: number, operation: Operation): void {
    const { bytes } = this.log
    const offset = bytes.length
    writeOperation(bytes, operation, this.containers)
    this.log.addEncoded(start, offset)
  }

  /** The local number of an operation; undefined when it is not here. */
  numberOf({ replica, sequence }: Dot): number | undefined {
    if (sequence >= this.graph.countOf(replica)) return undefined
    return this.graph.numberOf(this.graph.agentOf(replica), sequence)
  }

  /** The last operation of the change that holds this one. */
  lastOf(number: number): number {
    const { start, count } = this.bounds.of(number)
    return start + count - 1
  }

  /** Whether a change begins there with so many operations. */
  holds({ replica, sequence, count }: Pick<Change, 'replica' | 'sequence' | 'count'>): boolean {
    const number = this.numberOf({ replica, sequence })
    if (number === undefined) return false
    const bound = this.bounds.of(number)
    return bound.start === number && bound.count === count
  }

  /** The changes within a range of numbers. @param valid leaves out those that do nothing */
  changesBetween(from: number, to: number, valid = false): Change[] {
    const changes: Change[] = []
    for (const bound of this.bounds.between(from, to)) {
      if (!valid || !this.#isOpaque(bound)) changes.push(this.#change(bound))
    }
    return changes
  }

  /** The changes of which at least one operation is numbered above what `included` says of its replica. */
  *since(included: (replica: ReplicaId) => number): Generator<Change> {
    const { graph } = this
    for (const [agent, replica] of graph.agents.entries()) {
      const count = graph.counts[agent] as number
      for (let sequence = included(replica); sequence < count;) {
        const bound = this.bounds.of(graph.numberOf(agent, sequence))
        const change = this.#change(bound)
        yield change
        sequence = change.sequence + change.count
      }
    }
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
    for (const row of this.log.between(from, to)) this.#read(row, from, to, operations)
    return operations
  }

  #isOpaque({ start }: Bound): boolean {
    const row = this.log.rowAt(start)
    return row < this.log.size && this.log.at(row).kind === rowKind.opaque
  }

  #change({ start, count, time }: Bound): Change {
    const { graph, log } = this
    const entry = graph.entryOf(start)
    const { replica, sequence } = graph.dotOf(start)
    const row = log.at(log.rowAt(start))
    const operations =
      row.kind === rowKind.opaque
        ? log.bytes.view().slice(row.offset, row.before)
        : encodeOperations(this.operationsBetween(start, start + count), replica)
    const parents = start > entry.start ? none : entry.parents
    const dependencies = parents
      .map((parent) => graph.dotOf(parent))
      .filter((dot) => dot.replica !== replica)
      .sort((left, right) => compareReplicaIds(left.replica, right.replica))
    return { replica, sequence, count, dependencies, time, operations }
  }

  #read(row: Row, from: number, to: number, operations: Operation[]): void {
    const { kind, index, count, start, offset, before } = row
    if (kind === rowKind.encoded) {
      const reader = new ByteReader(this.log.bytes.view(), offset, before)
      for (let number = start; number < Math.min(to, start + count); number++) {
        const operation = readOperation(reader, this.containers)
        if (number >= from) operations.push(operation)
      }
      return
    }
    const container = this.containers.id(row.container)
    if (kind === rowKind.text) {
      operations.push({ type: 'text-insert', container, index, text: this.log.text.slice(offset, offset + count) })
    } else if (kind === rowKind.items) {
      const reader = new ByteReader(this.log.bytes.view(), offset)
      const items = Array.from({ length: count }, () => readContent(reader))
      operations.push({ type: 'list-insert', container, index, items })
    } else if (kind !== rowKind.opaque) {
      const first = kind === rowKind.delete ? index : index - count + 1
      operations.push({ type: 'sequence-delete', container, index: first, count })
    }
  }
}

const none: readonly number[] = Object.freeze([])
