import { ReferenceText } from './reference-text.ts'
import { ReplicaNames } from './replica-names.ts'
import { TraceGraph } from './trace-graph.ts'
import type { ConcurrentTrace, Patch, TraceTransaction } from './trace.ts'

/** Writes a concurrent trace, transaction after transaction, and knows what the text is at every version. */
export class TraceWriter {
  readonly graph: TraceGraph = new TraceGraph()
  readonly #text: ReferenceText = new ReferenceText(this.graph)
  readonly #names: ReplicaNames = new ReplicaNames(this.graph)
  readonly #transactions: TraceTransaction[] = []

  get size(): number {
    return this.#transactions.length
  }

  /** Code points at a version. */
  lengthAt(heads: readonly number[]): number {
    return this.#text.lengthAt(heads)
  }

  /** @returns the index of the transaction */
  add(parents: readonly number[], agent: number, patches: readonly Patch[]): number {
    const heads = this.graph.heads(parents)
    const index = this.#transactions.length
    this.#transactions.push({ parents: heads, agent, patches })
    this.#text.add(heads, (at) => this.#names.next(at, agent), patches)
    return index
  }

  finish(): ConcurrentTrace {
    const children = new Map<number, number>()
    for (const { parents } of this.#transactions) {
      for (const parent of parents) children.set(parent, (children.get(parent) ?? 0) + 1)
    }
    return {
      kind: 'concurrent',
      endContent: this.#text.endContent(),
      numAgents: 1 + this.#transactions.reduce((most, { agent }) => Math.max(most, agent), -1),
      txns: this.#transactions.map((transaction, index) => ({ ...transaction, numChildren: children.get(index) ?? 0 })),
    }
  }
}
