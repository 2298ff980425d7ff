import type { Entry } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import type { ReplicaId } from '../replica-id.ts'

/**
 * A row of operations of one agent of which each was made on exactly the one before. The numbers they have here may be
 * in several ranges [from, to), where others arrived in between.
 */
export interface Slice {
  readonly agent: number
  /** Of the first operation. */
  readonly sequence: number
  readonly lamport: number
  /** What the first was made on, as local numbers. */
  readonly parents: readonly number[]
  readonly ranges: (readonly [from: number, to: number])[]
}

/**
 * The operations that are not included, of each replica up to its number `until`, in an order that is the same on every
 * replica and in which each stands behind
 * all it depends on: that of Lamport's time of each slice, ties broken by replica.
 */
export function slicesSince(
  { graph, bounds }: Pick<History, 'graph' | 'bounds'>,
  included: (replica: ReplicaId) => number,
  until: (replica: ReplicaId) => number = () => Infinity,
): Slice[] {
  const slices: Slice[] = []
  for (const [agent, replica] of graph.agents.entries()) {
    const from = included(replica)
    const to = until(replica)
    let last: Slice | undefined
    let end = -1
    for (const entry of graph.entriesOf(agent)) {
      let skipped = Math.max(0, from - entry.sequence)
      // A change of which not all is included is wanted whole.
      if (skipped > 0 && entry.start + skipped < entry.end)
        skipped = bounds.of(entry.start + skipped).start - entry.start
      const stop = Math.min(entry.end, entry.start + to - entry.sequence)
      if (entry.start + skipped >= stop) continue
      const range = [entry.start + skipped, stop] as const
      if (last !== undefined && goesOn(entry, end)) last.ranges.push(range)
      else {
        last = {
          agent,
          sequence: entry.sequence + skipped,
          lamport: entry.lamport + skipped,
          parents: graph.parentsOf(range[0]),
          ranges: [range],
        }
        slices.push(last)
      }
      end = entry.end
    }
  }
  const name = (slice: Slice): ReplicaId => graph.agents[slice.agent] as ReplicaId
  return slices.sort((left, right) => left.lamport - right.lamport || (name(left) < name(right) ? -1 : 1))
}

function goesOn(entry: Entry, end: number): boolean {
  return entry.parents.length === 1 && entry.parents[0] === end - 1
}
