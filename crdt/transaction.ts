import type { ContainerId } from './container.ts'
import { joinDeletions } from './encoding/recorded-operation.ts'
import { TransactionTooLargeError } from './errors.ts'
import type { Executor } from './executor.ts'
import type { GraphMark } from './history/causal-graph.ts'
import type { History } from './history/history.ts'
import { rowKind, type LogMark } from './history/operation-log.ts'
import { limits } from './limits.ts'
import { countUnits, encodeOperations, type Operation } from './operation.ts'
import { Stamp } from './stamp.ts'

/** The edits of this replica that will be one change. Each takes effect at once; all can be rolled back. */
export class Transaction {
  readonly #history: History
  readonly #agent: number
  readonly #executor: Executor
  readonly #graphMark: GraphMark
  readonly #logMark: LogMark
  readonly #stamp: Stamp
  #mayJoin = false

  constructor(history: History, agent: number, executor: Executor) {
    const { graph, log } = history
    this.#history = history
    this.#agent = agent
    this.#executor = executor
    executor.begin()
    this.#graphMark = graph.mark()
    this.#logMark = log.mark()
    const { end, heads } = this.#graphMark
    this.#stamp = new Stamp(graph, agent, end, graph.counts[agent] as number, true, heads)
  }

  /** What it is made on. */
  get heads(): readonly number[] {
    return this.#graphMark.heads
  }

  get start(): number {
    return this.#graphMark.end
  }

  /** Operations so far. */
  get count(): number {
    return this.#history.graph.size - this.start
  }

  perform(operation: Operation): void {
    this.#mayJoin ||= operation.type === 'sequence-delete' && this.count > 0
    const units = countUnits(operation)
    if (this.count + units > limits.changeOperations) {
      throw new TransactionTooLargeError(limits.changeOperations, 'operations')
    }
    this.#history.graph.append(this.#agent, units)
    this.#executor.execute(operation, this.#stamp)
    this.#stamp.moveOn(units)
  }

  /** Notes what was done as every replica will: deletions that adjoin are one. */
  settle(): void {
    this.#executor.settle()
    if (!this.#mayJoin) return
    const { graph, log } = this.#history
    const done = this.#history.operationsBetween(this.start, graph.size)
    const joined = joinDeletions(done)
    const rows = [...log.between(this.start, graph.size)]
    if (joined === done && !rows.some(({ kind }) => kind === rowKind.backspace)) return
    const lengths = new Map<ContainerId, number>()
    for (const row of log.between(this.start, graph.size)) {
      const id = this.#history.containers.id(row.container)
      if (row.container >= 0 && !lengths.has(id)) lengths.set(id, row.before)
    }
    log.restore(this.#logMark)
    let number = this.start
    for (const operation of joined) {
      const length = lengths.get(operation.container) ?? 0
      this.#history.note(operation, number, length, graph.entryOf(number).start < number)
      const units = countUnits(operation)
      const gained = operation.type === 'sequence-delete' ? -units : operation.type === 'list-move' ? 0 : units
      lengths.set(operation.container, length + gained)
      number += units
    }
  }

  /** @throws TransactionTooLargeError */
  check(): void {
    const { graph, log } = this.#history
    // Encoding can only add a few bytes to each row.
    if (this.count < limits.changeBytes / 64 && log.bytes.length - this.#logMark.bytes < limits.changeBytes / 2) return
    const operations = this.#history.operationsBetween(this.start, graph.size)
    const bytes = encodeOperations(operations, this.#stamp.replica)
    if (bytes.length > limits.changeBytes) throw new TransactionTooLargeError(limits.changeBytes, 'bytes')
  }

  rollBack(): void {
    this.#executor.rollBack()
    this.#history.graph.restore(this.#graphMark, this.#agent)
    this.#history.log.restore(this.#logMark)
  }
}
