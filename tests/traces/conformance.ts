import type { AuthoredTransaction } from './trace-changes.ts'
import { readTraceFile, type Patch } from './trace.ts'

/** A random causal graph, and the text it must give. */
export interface ConformanceGraph {
  readonly transactions: readonly AuthoredTransaction[]
  readonly endContent: string
}

interface RecordedGraph {
  readonly txns: readonly {
    readonly span: readonly [number, number]
    readonly parents: readonly number[]
    readonly agent: string
    readonly seqStart: number
    readonly ops: readonly Patch[]
  }[]
  readonly endContent: string
}

/** The published graphs; none where they are not there. */
export function readConformanceGraphs(): ConformanceGraph[] {
  const graphs = (readTraceFile('conformance') ?? []) as readonly RecordedGraph[]
  return graphs.map((graph) => ({ transactions: splitSpans(graph), endContent: graph.endContent }))
}

/**
 * Operations are numbered through; a parent may lie inside a transaction, which is two then. An agent has concurrent
 * transactions, ordered by where its sequence was: each gets a replica.
 */
function splitSpans({ txns }: RecordedGraph): AuthoredTransaction[] {
  const transactions: AuthoredTransaction[] = []
  const ends = new Map<number, number>()
  const cuts = new Set(txns.flatMap(({ parents }) => parents.map((parent) => parent + 1)))
  for (const { span, parents, agent, seqStart, ops } of txns) {
    const replica = `${agent}-${String(seqStart).padStart(6, '0')}`
    let heads = parents.map((parent) => ends.get(parent) as number)
    let patches: Patch[] = []
    let next = span[0]
    const count = (patch: Patch): void => {
      patches.push(patch)
      next++
      if (!cuts.has(next) && next !== span[1]) return
      transactions.push({ parents: heads, replica, patches })
      heads = [transactions.length - 1]
      ends.set(next - 1, transactions.length - 1)
      patches = []
    }
    for (const [position, deleted, inserted] of ops) {
      for (let unit = 0; unit < deleted; unit++) count([position, 1, ''])
      for (const [offset, character] of Array.from(inserted).entries()) count([position + offset, 0, character])
    }
  }
  return transactions
}
