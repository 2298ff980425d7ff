import type { Stretch } from '../encoding/chunk.ts'
import { slicesSince } from '../encoding/slices.ts'
import type { Version } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import type { ReplicaId } from '../replica-id.ts'

/** All that a version includes and that was not dropped, as if it had come from another replica; each stretch behind all it depends on. */
export function* stretchesUntil(history: History, version: Version): Generator<Stretch> {
  const { graph, bounds, base } = history
  const until = (replica: ReplicaId): number => version[graph.agentOf(replica)] ?? 0
  for (const { agent, sequence, parents, ranges } of slicesSince(
    history,
    (replica) => base?.version.get(replica) ?? 0,
    until,
  )) {
    const dependencies = history.dependenciesOf((ranges[0] as readonly [number, number])[0])
    const runs = ranges.flatMap(([from, to]) => [...bounds.runs(from, to)])
    const slice = {
      author: agent,
      replica: graph.agents[agent] as ReplicaId,
      sequence,
      count: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
      goesOn: dependencies.length < parents.length,
      dependencies,
      bounds: runs,
    }
    yield { slice, operations: history.recorded(ranges) }
  }
}
