import { ByteWriter } from '../../node/protocol/index.ts'
import type { ContainerId } from '../container.ts'
import { writeZigzag } from '../encoding/integer-column.ts'
import type { Bound } from '../history/change-bounds.ts'
import type { History } from '../history/history.ts'
import { countUnits, encodeOperations, kinds, nobody, writeFields, type Operation } from '../operation.ts'
import type { ReplicaId } from '../replica-id.ts'
import { does, flags, sessionFormat } from './frame.ts'

/** The sending end of a session: what this replica does, in frames of a few bytes. */
export interface Outgoing {
  /**
   * What this replica has changed since the last call, or since the session began, as one frame. It can be read only
   * behind all frames before it.
   *
   * @returns undefined where there is nothing new
   */
  take(): Uint8Array<ArrayBuffer> | undefined
}

export class OutgoingSession implements Outgoing {
  readonly #history: History
  readonly #agent: number
  readonly #open: () => number
  readonly #writer = new ByteWriter(64)
  /** Those that were named before, by number. */
  readonly #replicas = new Map<ReplicaId, number>()
  /** Of each of them the operation that was named last. */
  readonly #sequences = new Map<ReplicaId, number>()
  readonly #containers = new Map<ContainerId, number>()
  #opened = false
  #sequence: number
  #container: ContainerId | undefined
  #cursor = 0
  #time = 0

  /** @param open operations of a transaction that is open: they may be rolled back */
  constructor(history: History, agent: number, open: () => number) {
    this.#open = open
    this.#history = history
    this.#agent = agent
    this.#sequence = (history.graph.counts[agent] as number) - open()
  }

  take(): Uint8Array<ArrayBuffer> | undefined {
    const { graph, bounds } = this.#history
    const end = (graph.counts[this.#agent] as number) - this.#open()
    if (this.#sequence === end) return undefined
    const writer = this.#writer
    writer.truncate(0)
    if (!this.#opened) {
      this.#opened = true
      writer
        .u8(does.open)
        .u8(sessionFormat)
        .text(graph.agents[this.#agent] as string)
        .varint(this.#sequence)
    }
    while (this.#sequence < end) {
      const bound = bounds.of(graph.numberOf(this.#agent, this.#sequence))
      this.#writeChange(bound)
      this.#sequence += bound.count
    }
    return writer.finish()
  }

  #writeChange({ start, count, time }: Bound): void {
    const { graph } = this.#history
    const entry = graph.entryOf(start)
    const parents = start > entry.start ? none : entry.parents
    const isOwn =
      parents.length === 0 || (parents.length === 1 && graph.entryOf(parents[0] as number).agent === this.#agent)
    const others = isOwn ? none : parents.filter((parent) => graph.entryOf(parent).agent !== this.#agent)
    const newest = count === 1 ? this.#history.log.newestAt(start) : undefined
    const operations = newest === undefined ? this.#history.operationsBetween(start, start + count) : [newest]
    const operation = operations[0]
    const cursor = operation?.container === this.#container ? this.#cursor : 0
    const kind = operations.length === 1 ? kindOf(operation as Operation, cursor) : does.other
    const container = kind === does.other ? this.#container : operation?.container
    const head =
      (others.length > 0 ? flags.dependencies : 0) +
      (time === this.#time ? 0 : flags.time) +
      (container === this.#container ? 0 : flags.container)
    this.#writer.u8(kind + head)
    if (others.length > 0) this.#writeDependencies(others)
    if (time !== this.#time) writeZigzag(this.#writer, time - this.#time)
    this.#time = time
    if (container !== undefined && container !== this.#container) this.#writeContainer(container)
    if (kind === does.other) {
      const replica = this.#history.graph.agents[this.#agent] as ReplicaId
      this.#writer.varint(count).bytes(encodeOperations(operations, replica))
    } else if (kind === does.plain) {
      this.#writer.u8(kinds[(operation as Operation).type])
      writeFields(this.#writer, operation as Operation, nobody)
    } else this.#writeEdit(kind, operation as Operation)
  }

  #writeEdit(kind: number, operation: Operation): void {
    const writer = this.#writer
    if (operation.type === 'text-insert') {
      const { index, text } = operation
      if (kind === does.type) writer.u8(text.charCodeAt(0))
      else writeZigzag(writer, index - this.#cursor).text(text)
      this.#cursor = index + text.length
    } else if (operation.type === 'sequence-delete') {
      if (kind === does.remove) writeZigzag(writer, operation.index - this.#cursor).varint(operation.count)
      this.#cursor = operation.index
    }
  }

  /** Ordered by replica, as dots: a number, or for one that was not named yet the next number and its name. */
  #writeDependencies(parents: readonly number[]): void {
    const dots = this.#history.graph.frontier(parents)
    this.#writer.varint(dots.length)
    for (const { replica, sequence } of dots) {
      if (this.#number(this.#replicas, replica)) this.#writer.text(replica)
      writeZigzag(this.#writer, sequence - (this.#sequences.get(replica) ?? 0))
      this.#sequences.set(replica, sequence)
    }
  }

  #writeContainer(id: ContainerId): void {
    if (this.#number(this.#containers, id)) this.#writer.text(id)
    this.#container = id
    this.#cursor = 0
  }

  /** Writes the number of a name. @returns whether it is new */
  #number<Name>(numbers: Map<Name, number>, name: Name): boolean {
    const known = numbers.get(name)
    this.#writer.varint(known ?? numbers.size)
    if (known === undefined) numbers.set(name, numbers.size)
    return known === undefined
  }
}

const none: readonly number[] = []

function kindOf(operation: Operation, cursor: number): number {
  if (operation.type === 'text-insert') {
    const { index, text } = operation
    return index === cursor && text.length === 1 && text.charCodeAt(0) < 0x80 ? does.type : does.insert
  }
  if (operation.type === 'list-insert' || countUnits(operation) > 1) {
    return operation.type === 'sequence-delete' ? does.remove : does.other
  }
  if (operation.type !== 'sequence-delete') return does.plain
  return operation.index === cursor ? does.delete : operation.index === cursor - 1 ? does.backspace : does.remove
}
