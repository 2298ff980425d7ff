import { TraceGraph } from './trace-graph.ts'
import type { TraceTransaction } from './trace.ts'

/**
 * Names the replica of each transaction, one after the other. An agent whose branches are concurrent, as in traces made
 * from git, gets a replica for each: a replica's transactions follow each other.
 *
 * Names are ordered as the agents are numbered, and for one agent by which branch began first; ties between concurrent
 * insertions break by that order.
 */
export class ReplicaNames {
  readonly #graph: TraceGraph
  /** For each agent its replicas, the one that wrote last in front. */
  readonly #replicas = new Map<number, { readonly name: string; tip: number }[]>()

  constructor(graph: TraceGraph) {
    this.#graph = graph
  }

  /** @param index where the transaction stands in the graph, which knows it already */
  next(index: number, agent: number): string {
    let replicas = this.#replicas.get(agent)
    if (replicas === undefined) this.#replicas.set(agent, (replicas = []))
    const parents = this.#graph.parentsOf(index)
    const at = replicas.findIndex(({ tip }) => this.#graph.includes(parents, tip))
    const [replica] = at === -1 ? [{ name: nameOf(agent, replicas.length), tip: index }] : replicas.splice(at, 1)
    if (replica === undefined) throw new Error('unreachable')
    replica.tip = index
    replicas.unshift(replica)
    return replica.name
  }
}

function nameOf(agent: number, branch: number): string {
  return `${String(agent).padStart(5, '0')}.${String(branch).padStart(5, '0')}`
}

/** The replica of each transaction that has patches. */
export function nameReplicas(transactions: readonly TraceTransaction[]): (string | undefined)[] {
  const graph = new TraceGraph()
  const names = new ReplicaNames(graph)
  return transactions.map(({ parents, agent, patches }) => {
    const index = graph.add(parents)
    return patches.length === 0 ? undefined : names.next(index, agent)
  })
}
