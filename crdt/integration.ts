import { MalformedMessageError } from '../node/protocol/index.ts'
import type { Change, Dot } from './change.ts'
import type { ContainerRegistry } from './container-registry.ts'
import type { RejectionReason } from './event.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import { countUnits, decodeOperations, operationFormat, type Operation } from './operation.ts'
import { Stamp } from './stamp.ts'
import { findFault } from './validation.ts'

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
    if (change.operations[0] !== operationFormat && change.operations.length > 0) {
      return rejected('unsupported', `its operations are of format ${change.operations[0]}`)
    }
    return this.#place(change, executor)
  }

  #findMissing({ replica, sequence, dependencies }: Change): Dot | undefined {
    const { graph } = this.#history
    if (sequence > graph.countOf(replica)) return { replica, sequence: sequence - 1 }
    return dependencies.find((dot) => dot.sequence >= graph.countOf(dot.replica))
  }

  /** From here on the change counts in the version, valid or not: its place in history must not depend on that. */
  #place(change: Change, executor: Executor): Fate {
    const { graph, log, bounds } = this.#history
    const { count, sequence } = change
    const agent = graph.agentOf(change.replica)
    const parents = graph.minimal(this.#parentsOf(change, agent))
    const start = graph.add(agent, count, parents)
    bounds.add(start, count, change.time)
    const stamp = new Stamp(graph, agent, start, sequence, graph.entryOf(start).linear, parents)
    const operations = decode(change)
    const fault =
      typeof operations === 'string' ? operations : findFault(operations, count, stamp, this.#registry, graph)
    if (fault !== undefined) {
      log.addOpaque(start, count, change.operations)
      return rejected('invalid', fault)
    }
    for (const operation of operations as readonly Operation[]) {
      executor.execute(operation, stamp)
      stamp.moveOn(countUnits(operation))
    }
    return { type: 'applied' }
  }

  #parentsOf({ sequence, dependencies }: Change, agent: number): number[] {
    const history = this.#history
    const parents = dependencies.map((dot) => history.lastOf(history.numberOf(dot) as number))
    if (sequence > 0) parents.push(history.graph.numberOf(agent, sequence - 1))
    return parents
  }
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
