import type { Dot } from '../change.ts'
import type { ContainerId } from '../container.ts'
import type { Version } from '../history/causal-graph.ts'
import type { List } from '../containers/list.ts'
import type { Inside } from '../replica-document.ts'
import type { ReplicaId } from '../replica-id.ts'
import { visibleFrom, visibleTo } from '../sequence/item.ts'
import type { Text } from '../containers/text.ts'

/** Units that one replica inserted one behind the other: the dot of the first, and how many. */
export interface UnitRun extends Dot {
  readonly length: number
}

/**
 * Visits the operations that inserted what a text or list shows, by local numbers, in the order of the sequence. Those
 * that moved an element of a list did not insert it.
 */
export function visitInserted(container: Text | List, visit: (from: number, count: number) => void): void {
  if (container.type === 'text') container.sequence.completeTracker().visible(visit)
  else for (let index = 0; index < container.length; index++) visit(container.unitAt(index), 1)
}

/** What a text shows at a version. */
export function textAt({ history, registry }: Inside, id: ContainerId, version: Version): UnitRun[] {
  const { agents } = history.graph
  const runs: UnitRun[] = []
  ;(registry.reach(id) as Text).sequence.completeTracker().each((item) => {
    const from = visibleFrom(version, item)
    const length = visibleTo(version, item) - from
    if (length > 0) runs.push({ replica: agents[item.agent] as ReplicaId, sequence: item.sequence + from, length })
  })
  return runs
}

/** What a list shows. A moved element counts as inserted where it is now. */
export function placesIn({ history }: Inside, list: List): UnitRun[] {
  return Array.from({ length: list.length }, (_, index) => ({
    ...history.graph.dotOf(list.placedBy(index)),
    length: 1,
  }))
}
