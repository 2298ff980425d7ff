import { compareReplicaIds, replicaId, type Change, type Dot } from '../../crdt/index.ts'
import { OperationScribe } from './operation-scribe.ts'
import { ReferenceText } from './reference-text.ts'
import { nameReplicas } from './replica-names.ts'
import { TraceGraph } from './trace-graph.ts'
import { isConcurrent, type Patch, type Trace, type TraceTransaction } from './trace.ts'

/** One transaction of a trace, whoever's replica it is; undefined where it has no patches. */
export interface AuthoredTransaction {
  readonly parents: readonly number[]
  readonly replica: string | undefined
  readonly patches: readonly Patch[]
}

/** What each replica did, in the order of the trace. Names of replicas are ordered as the trace's agents. */
export function authorsOf(trace: Trace): AuthoredTransaction[] {
  const transactions: readonly TraceTransaction[] = isConcurrent(trace) ? trace.txns : inARow(trace)
  const names = nameReplicas(transactions)
  return transactions.map(({ parents, patches }, index) => ({ parents, replica: names[index], patches }))
}

function inARow({ startContent, txns }: Exclude<Trace, { kind: string }>): TraceTransaction[] {
  const all = startContent === '' ? txns : [{ patches: [[0, 0, startContent] as const] }, ...txns]
  return all.map(({ patches }, index) => ({ parents: index === 0 ? [] : [index - 1], agent: 0, patches }))
}

/**
 * The changes that the replicas of a trace make, each after all it depends on, at no more cost than the trace has: no
 * document is kept for any of them. What a replica had seen is in the graph, and positions are in the trace.
 *
 * @param name of the root text
 */
export function* changesOf(transactions: Iterable<AuthoredTransaction>, name = 'text'): Generator<Change> {
  const writer = new ChangeWriter(name)
  const all = [...transactions]
  // Positions are counted in code points. Where none is wider than a UTF-16 code unit the text need not be known.
  const wide = all.some(({ patches }) => patches.some(([, , inserted]) => /[\ud800-\udbff]/.test(inserted)))
  const text = wide ? new ReferenceText() : undefined
  for (const { parents, replica = '', patches } of all) {
    const converted = text?.add(parents, replica, patches) ?? patches
    const change = writer.write(parents, replica, converted)
    if (change !== undefined) yield change
  }
}

class ChangeWriter {
  readonly #graph = new TraceGraph()
  readonly #scribe: OperationScribe
  /** For each transaction what stands for it: its change, or, if it made none, those below. */
  readonly #heads: (readonly number[])[] = []
  readonly #dots: (Dot | undefined)[] = []
  readonly #counts = new Map<string, number>()

  constructor(name: string) {
    this.#scribe = new OperationScribe(name)
  }

  write(parents: readonly number[], author: string, patches: readonly Patch[]): Change | undefined {
    const index = this.#graph.add(parents)
    const below = parents.flatMap((parent) => this.#heads[parent] as readonly number[])
    const heads = this.#graph.heads(below)
    if (patches.every(([, deleted, inserted]) => deleted === 0 && inserted === '')) {
      this.#heads.push(heads)
      this.#dots.push(undefined)
      return undefined
    }
    const replica = replicaId(author)
    const sequence = this.#counts.get(replica) ?? 0
    const { count, operations } = this.#scribe.write(patches)
    this.#counts.set(replica, sequence + count)
    this.#heads.push([index])
    this.#dots.push({ replica, sequence: sequence + count - 1 })
    const dependencies = heads
      .map((head) => this.#dots[head] as Dot)
      .filter((dot) => dot.replica !== replica)
      .sort((left, right) => compareReplicaIds(left.replica, right.replica))
    return { replica, sequence, count, dependencies, time: 0, operations }
  }
}
