import type { Change } from './change.ts'
import type { ChangedEvent, ContainerDelta, SequenceRun } from './event.ts'
import type { History } from './history/history.ts'
import type { ReplicaId } from './replica-id.ts'
import type { Removal } from './sequence/tracker.ts'
import type { LazyDelta } from './state.ts'
import type { Text } from './containers/text.ts'

/**
 * What became visible at once. One is made for every keystroke, and most listeners look at little of it: the changes are
 * read from the log, and the delta of a single splice is written down, when somebody asks.
 */
export class VisibleChanges implements ChangedEvent {
  readonly type: 'changed' = 'changed'
  readonly origin: 'local' | 'remote'
  private readonly history: History
  private readonly from: number
  private readonly to: number
  private known: readonly ContainerDelta[] | undefined
  private readonly lazy: readonly LazyDelta[] | undefined
  private readonly text: Text | undefined
  private readonly index: number
  private readonly spliced: string | number

  /**
   * @param from local number of the first operation
   * @param to behind the last
   * @param text where all that happened is one splice, the text
   * @param spliced what was inserted, or how many units were deleted
   */
  constructor(
    history: History,
    origin: 'local' | 'remote',
    from: number,
    to: number,
    deltas: readonly LazyDelta[] | undefined,
    text?: Text,
    index = 0,
    spliced: string | number = 0,
  ) {
    this.origin = origin
    this.history = history
    this.from = from
    this.to = to
    this.known = undefined
    this.lazy = deltas
    this.text = text
    this.index = index
    this.spliced = spliced
  }

  get changes(): readonly Change[] {
    return this.history.changesBetween(this.from, this.to, true)
  }

  get replicas(): readonly ReplicaId[] {
    return this.history.authorsBetween(this.from, this.to)
  }

  get deltas(): readonly ContainerDelta[] {
    this.known ??= this.lazy?.map((delta) => (typeof delta === 'function' ? delta() : delta)) ?? [this.#splice()]
    return this.known
  }

  #splice(): ContainerDelta {
    const { index, spliced } = this
    const run = typeof spliced === 'string' ? { insert: spliced } : { delete: spliced }
    return { type: 'text', container: this.text as Text, delta: index === 0 ? [run] : [{ retain: index }, run] }
  }
}

/** Deletions one after the other as one delta: each index is what it is behind those before. */
export function deltaOf(removals: readonly Removal[]): SequenceRun<string>[] {
  const delta: SequenceRun<string>[] = []
  let at = 0
  for (const { index, count } of removals) {
    if (index > at) delta.push({ retain: index - at })
    const last = delta.at(-1)
    if (last !== undefined && 'delete' in last) delta[delta.length - 1] = { delete: last.delete + count }
    else delta.push({ delete: count })
    at = index
  }
  return delta
}
