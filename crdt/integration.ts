import { MalformedMessageError } from '../node/protocol/index.ts'
import type { Change, Dot } from './change.ts'
import type { ContainerRegistry } from './container-registry.ts'
import type { Stretch } from './encoding/chunk.ts'
import { countRecorded, joinDeletions, sliceRecorded, type RecordedOperation } from './encoding/recorded-operation.ts'
import type { RejectionReason } from './event.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import { limits } from './limits.ts'
import { countUnits, decodeOperations, operationFormat, type Operation } from './operation.ts'
import { Stamp } from './stamp.ts'
import type { SessionChange } from './session/incoming.ts'
import { findFault, isPlain } from './validation.ts'

/** What became of a change. */
export type Fate =
  | { readonly type: 'applied' }
  | { readonly type: 'duplicate' }
  | { readonly type: 'waits'; readonly missing: Dot }
  | { readonly type: 'rejected'; readonly reason: RejectionReason; readonly message: string }

/** Takes changes of others into the history, and carries them out. */
export class Integration {
  readonly #history: History
  readonly #registry: ContainerRegistry

  constructor(history: History, registry: ContainerRegistry) {
    this.#history = history
    this.#registry = registry
  }

  /** @param change one that `findMalformation` has passed */
  integrate(change: Change, executor: Executor): Fate {
    if (change.sequence < this.#history.graph.countOf(change.replica)) {
      if (this.#history.holds(change)) return { type: 'duplicate' }
      return rejected('conflict', 'its replica has other operations under these numbers')
    }
    const missing = this.#findMissing(change)
    if (missing !== undefined) return { type: 'waits', missing }
    const { graph } = this.#history
    if (graph.base > 0 && this.#parentsOf(change, graph.knownAgent(change.replica) ?? -1) === undefined) {
      return rejected('history-dropped', 'it was made on a version from before the history that is kept here')
    }
    if (change.operations[0] !== operationFormat && change.operations.length > 0) {
      return rejected('unsupported', `its operations are of format ${change.operations[0]}`)
    }
    return this.#place(change, executor)
  }

  /** Takes in one edit at once. @returns false, and nothing was done, where it has to go the long way */
  integrateEdit(change: SessionChange, executor: Executor): boolean {
    const { graph, bounds } = this.#history
    const { replica, sequence, count, time, operation } = change
    if (operation === undefined || sequence !== graph.countOf(replica)) return false
    const known = graph.knownAgent(replica)
    const parents = this.parentsOf(change, known ?? -1)
    if (parents === undefined) return false
    const agent = known ?? graph.agentOf(replica)
    const stamp = new Stamp(graph, agent, graph.size, sequence, graph.isNow(parents), parents)
    if (this.#faultOfOne(operation, count, stamp) !== undefined) return false
    bounds.add(graph.add(agent, count, parents), count, time)
    executor.execute(operation, stamp)
    return true
  }

  /**
   * What the next change of an agent was made on, minimal and ascending; undefined where some of that is missing, or was
   * dropped.
   *
   * @param agent −1 for one that is not known yet
   */
  parentsOf(
    change: Pick<Change, 'replica' | 'sequence' | 'dependencies'>,
    agent: number,
  ): readonly number[] | undefined {
    const { graph } = this.#history
    if (change.dependencies.length === 0 && graph.base === 0) {
      return change.sequence === 0 ? none : [graph.lastOf(agent)]
    }
    if (this.#findMissing(change) !== undefined) return undefined
    // Mostly the sender has just heard all of it, from one other.
    if (change.dependencies.length === 1 && graph.heads.length === 1) {
      const only = this.#history.lastOf(this.#history.numberOf(change.dependencies[0] as Dot) as number)
      if (only === graph.heads[0]) return [only]
    }
    const parents = this.#parentsOf(change, agent)
    return parents && graph.minimal(parents)
  }

  /** Takes in a stretch at once. @returns false, and nothing was done, where its changes have to be judged one by one */
  integrateStretch(stretch: Stretch, executor: Executor): boolean {
    const { slice, operations } = stretch
    const { graph, bounds } = this.#history
    const { replica, sequence, count } = slice
    if (sequence !== graph.countOf(replica) || this.#findMissing(slice) !== undefined) return false
    if (operations.some(({ type }) => type === 'opaque') || !isRegular(stretch)) return false
    const made = this.#parentsOf(slice, graph.knownAgent(replica) ?? -1)
    if (made === undefined) return false
    const agent = graph.agentOf(replica)
    const parents = graph.minimal(made)
    const stamp = new Stamp(graph, agent, graph.size, sequence, graph.isNow(parents), parents)
    if (findFault(operations, count, stamp, this.#registry, graph) !== undefined) return false
    let start = graph.add(agent, count, parents)
    for (const { count, changes, time } of slice.bounds) {
      bounds.add(start, count, time, changes)
      start += count * changes
    }
    for (const operation of operations) this.#executeParts(operation, stamp, executor)
    return true
  }

  /** Deletions change by change: how they are joined in the log must not depend on how they came. */
  #executeParts(operation: RecordedOperation, stamp: Stamp, executor: Executor): void {
    const units = countRecorded(operation)
    if (operation.type !== 'sequence-delete' && operation.type !== 'backspace') {
      executor.execute(operation as Operation, stamp)
      stamp.moveOn(units)
      return
    }
    const end = stamp.start + units
    const first = stamp.start
    for (const bound of this.#history.bounds.between(first, end)) {
      const part = Math.min(bound.start + bound.count, end) - stamp.start
      executor.execute(sliceRecorded(operation, stamp.start - first, part) as Operation, stamp)
      stamp.moveOn(part)
    }
  }

  #findMissing({
    replica,
    sequence,
    dependencies,
  }: Pick<Change, 'replica' | 'sequence' | 'dependencies'>): Dot | undefined {
    const { graph } = this.#history
    if (sequence > graph.countOf(replica)) return { replica, sequence: sequence - 1 }
    for (const dot of dependencies) if (dot.sequence >= graph.countOf(dot.replica)) return dot
    return undefined
  }

  /** From here on the change counts in the version, valid or not: its place in history must not depend on that. */
  #place(change: Change, executor: Executor): Fate {
    const { graph, log, bounds } = this.#history
    const { count, sequence } = change
    const agent = graph.agentOf(change.replica)
    const parents = graph.minimal(this.#parentsOf(change, agent) as number[])
    const start = graph.add(agent, count, parents)
    bounds.add(start, count, change.time)
    const stamp = new Stamp(graph, agent, start, sequence, graph.entryOf(start).linear, parents)
    const operations = decode(change)
    const fault = typeof operations === 'string' ? operations : this.#faultOf(operations, count, stamp)
    if (fault !== undefined) {
      log.addOpaque(start, count, change.operations)
      return rejected('invalid', fault)
    }
    for (const operation of joinDeletions(operations as readonly Operation[])) {
      executor.execute(operation, stamp)
      stamp.moveOn(countUnits(operation))
    }
    return { type: 'applied' }
  }

  #faultOf(operations: readonly Operation[], count: number, stamp: Stamp): string | undefined {
    if (operations.length === 1) return this.#faultOfOne(operations[0] as Operation, count, stamp)
    return findFault(operations, count, stamp, this.#registry, this.#history.graph)
  }

  #faultOfOne(operation: Operation, count: number, stamp: Stamp): string | undefined {
    if (countUnits(operation) === count && isPlain(operation, stamp, this.#registry)) return undefined
    return findFault([operation], count, stamp, this.#registry, this.#history.graph)
  }

  /** @returns undefined for what was made on a version that was dropped: all that is kept stands above all of that */
  #parentsOf(
    { sequence, dependencies }: Pick<Change, 'sequence' | 'dependencies'>,
    agent: number,
  ): number[] | undefined {
    const history = this.#history
    const parents = dependencies.map((dot) => history.lastOf(history.numberOf(dot) as number))
    const { base } = history.graph
    if (sequence > 0) parents.push(history.graph.numberOf(agent, sequence - 1))
    if (base === 0) return parents
    const kept = parents.filter((parent) => parent >= base - 1)
    return kept.length === 0 ? undefined : kept
  }
}

/**
 * Whether every change of a stretch is for certain within the limits, and comes out the same when it is taken in alone:
 * deletions of one change are joined then, and text is encoded by itself.
 */
function isRegular({ slice, operations }: Stretch): boolean {
  const isText = operations.every(
    ({ type }) => type === 'text-insert' || type === 'sequence-delete' || type === 'backspace',
  )
  if (!slice.bounds.every(({ count }) => count <= (isText ? limits.changeBytes / 8 : 8))) return false
  let position = 0
  let deleted = false
  for (const operation of operations) {
    const { type } = operation
    const deletes = type === 'sequence-delete' || type === 'backspace'
    if (deletes && deleted && !isBound(slice.bounds, position)) return false
    if (type === 'text-insert' && /[\ud800-\udfff]/.test(operation.text)) {
      if (/\p{Surrogate}/u.test(operation.text) || slice.bounds.length > 1 || slice.bounds[0]?.changes !== 1)
        return false
    }
    deleted = deletes
    position += countRecorded(operation)
  }
  return true
}

/** Whether a change begins there. */
function isBound(bounds: Stretch['slice']['bounds'], position: number): boolean {
  let left = position
  for (const { count, changes } of bounds) {
    if (left < count * changes) return left % count === 0
    left -= count * changes
  }
  return true
}

/** @returns the operations, or what is wrong with their bytes */
function decode({ operations, replica }: Change): Operation[] | string {
  try {
    return decodeOperations(operations, replica)
  } catch (error) {
    if (error instanceof MalformedMessageError) return error.message
    throw error
  }
}

function rejected(reason: RejectionReason, message: string): Fate {
  return { type: 'rejected', reason, message }
}

const none: readonly number[] = []
