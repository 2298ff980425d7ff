import type { Change } from './change.ts'
import type { ChangedEvent, ContainerDelta, Visible } from './event.ts'
import type { History } from './history/history.ts'
import type { ReplicaId } from './replica-id.ts'

/**
 * What became visible at once. Most callers want the deltas only: the changes are read from the log when somebody asks.
 *
 * @param from local number of the first operation
 * @param to behind the last
 */
export function visibleChanges(history: History, from: number, to: number, deltas: readonly ContainerDelta[]): Visible {
  let changes: readonly Change[] | undefined
  return {
    get changes(): readonly Change[] {
      changes ??= history.changesBetween(from, to, true)
      return changes
    },
    get replicas(): readonly ReplicaId[] {
      return history.authorsBetween(from, to)
    },
    deltas,
  }
}

export function changedEvent(origin: 'local' | 'remote', visible: Visible): ChangedEvent {
  return {
    type: 'changed',
    origin,
    get changes(): readonly Change[] {
      return visible.changes
    },
    get replicas(): readonly ReplicaId[] {
      return visible.replicas
    },
    deltas: visible.deltas,
  }
}
