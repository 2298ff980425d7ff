import type { Change } from './change.ts'
import type { ChangedEvent, ContainerDelta } from './event.ts'
import type { History } from './history/history.ts'
import type { ReplicaId } from './replica-id.ts'

/** What became visible at once. Most callers want the deltas only: the changes are read from the log when somebody asks. */
export class VisibleChanges implements ChangedEvent {
  readonly type: 'changed' = 'changed'
  readonly origin: 'local' | 'remote'
  readonly deltas: readonly ContainerDelta[]
  readonly #history: History
  readonly #from: number
  readonly #to: number
  #changes: readonly Change[] | undefined

  /**
   * @param from local number of the first operation
   * @param to behind the last
   */
  constructor(
    history: History,
    origin: 'local' | 'remote',
    from: number,
    to: number,
    deltas: readonly ContainerDelta[],
  ) {
    this.origin = origin
    this.deltas = deltas
    this.#history = history
    this.#from = from
    this.#to = to
  }

  get changes(): readonly Change[] {
    this.#changes ??= this.#history.changesBetween(this.#from, this.#to, true)
    return this.#changes
  }

  get replicas(): readonly ReplicaId[] {
    return this.#history.authorsBetween(this.#from, this.#to)
  }
}
