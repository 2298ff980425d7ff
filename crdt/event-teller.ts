import type { SubscribeOptions } from '../node/protocol/index.ts'
import type { Text } from './containers/text.ts'
import { EventQueue } from './event-queue.ts'
import type { DocumentEvent, RejectedEvent, Visible } from './event.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import { VisibleChanges } from './visible-changes.ts'

type Origin = 'local' | 'remote'

/** Tells whoever listens what has become visible in a document. */
export class EventTeller {
  readonly #history: History
  readonly #recorder: Executor
  readonly #queue = new EventQueue()

  /** @param recorder knows what has changed since it was last asked */
  constructor(history: History, recorder: Executor) {
    this.#history = history
    this.#recorder = recorder
  }

  get isHeard(): boolean {
    return this.#queue.size > 0
  }

  subscribe(listener: (event: DocumentEvent) => void, options: SubscribeOptions): void {
    this.#queue.subscribe(listener, options)
  }

  /**
   * Tells what was recorded.
   *
   * @param start local number of the first operation
   * @param applied how many changes took effect: of none there is no event
   */
  tell(origin: Origin, start: number, applied: number, rejections: readonly RejectedEvent[] = []): Visible {
    const visible = new VisibleChanges(
      this.#history,
      origin,
      start,
      this.#history.graph.size,
      this.#recorder.takeDeltas(),
    )
    if (!this.isHeard) return visible
    if (rejections.length > 0) this.#queue.tell(applied > 0 ? [visible, ...rejections] : rejections)
    else if (applied > 0) this.#queue.tellOne(visible)
    return visible
  }

  /** Tells of a single splice, which nobody recorded. @param spliced what was inserted, or how many units were deleted */
  tellSplice(origin: Origin, start: number, text: Text, index: number, spliced: string | number): Visible {
    const { graph } = this.#history
    return this.tellOne(new VisibleChanges(this.#history, origin, start, graph.size, undefined, text, index, spliced))
  }

  tellOne(visible: VisibleChanges): Visible {
    if (this.isHeard) this.#queue.tellOne(visible)
    return visible
  }
}
