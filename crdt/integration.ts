import { MalformedMessageError } from '../node/protocol/index.ts'
import type { CausalGraph } from './causal-graph.ts'
import type { Change, Dot } from './change.ts'
import type { ChangeLog } from './change-log.ts'
import type { ContainerRegistry } from './container-registry.ts'
import type { RejectionReason } from './event.ts'
import type { Executor } from './executor.ts'
import { countUnits, decodeOperations, operationFormat, type Operation } from './operation.ts'
import type { Stamp } from './state.ts'
import { findFault } from './validation.ts'

/** What became of a change. */
export type Fate =
  | { readonly type: 'applied' }
  | { readonly type: 'duplicate' }
  | { readonly type: 'waits'; readonly missing: Dot }
  | { readonly type: 'rejected'; readonly reason: RejectionReason; readonly message: string }

/** Takes changes of others into the history, and carries them out. */
export class Integration {
  readonly #graph: CausalGraph
  readonly #log: ChangeLog
  readonly #registry: ContainerRegistry

  constructor(graph: CausalGraph, log: ChangeLog, registry: ContainerRegistry) {
    this.#graph = graph
    this.#log = log
    this.#registry = registry
  }

  /** @param change one that `findMalformation` has passed */
  integrate(change: Change, executor: Executor): Fate {
    if (change.sequence < this.#graph.countOf(change.replica)) {
      const { replica, sequence, count } = change
      if (this.#log.holds(replica, sequence, count)) return { type: 'duplicate' }
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
    if (sequence > this.#graph.countOf(replica)) return { replica, sequence: sequence - 1 }
    return dependencies.find((dot) => dot.sequence >= this.#graph.countOf(dot.replica))
  }

  /** From here on the change counts in the version, valid or not: its place in history must not depend on that. */
  #place(change: Change, executor: Executor): Fate {
    const graph = this.#graph
    const agent = graph.agentOf(change.replica)
    const parents = graph.minimal(this.#parentsOf(change, agent))
    const linear = parents.length === graph.heads.length && parents.every((parent, at) => parent === graph.heads[at])
    const version = linear ? undefined : graph.versionOf(parents)
    const continues = graph.continues(agent, parents)
    const { start, lamport, base } = graph.add(agent, change.count, parents)
    this.#log.append(change)
    if (version !== undefined) graph.remember(agent, version)
    const operations = decode(change)
    const position = { agent, sequence: change.sequence, count: change.count, version, base }
    const fault = typeof operations === 'string' ? operations : findFault(operations, position, this.#registry, graph)
    if (fault !== undefined) return rejected('invalid', fault)
    const { replica, sequence } = change
    const stamp: Stamp = { replica, agent, start, sequence, lamport, linear, continues, version, base }
    execute(operations as Operation[], stamp, executor)
    return { type: 'applied' }
  }

  #parentsOf({ sequence, dependencies }: Change, agent: number): number[] {
    const parents = dependencies.map((dot) => {
      const last = this.#log.lastOf(dot)
      return this.#graph.numberOf(this.#graph.agentOf(last.replica), last.sequence)
    })
    if (sequence > 0) parents.push(this.#graph.numberOf(agent, sequence - 1))
    return parents
  }
}

function execute(operations: readonly Operation[], first: Stamp, executor: Executor): void {
  const version = first.version?.slice()
  let done = 0
  for (const operation of operations) {
    const sequence = first.sequence + done
    // Each operation sees those before it in its own change.
    if (version !== undefined) {
      while (version.length <= first.agent) version.push(0)
      version[first.agent] = sequence
    }
    executor.execute(operation, {
      replica: first.replica,
      agent: first.agent,
      start: first.start + done,
      sequence,
      lamport: first.lamport + done,
      linear: first.linear,
      continues: first.continues || done > 0,
      version,
      base: first.base,
    })
    done += countUnits(operation)
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
