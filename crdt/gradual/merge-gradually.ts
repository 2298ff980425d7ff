import type { Document } from '../document.ts'
import type { Stretch } from '../encoding/chunk.ts'
import { decoding } from '../encoding/decoding.ts'
import { stretchesUntil } from '../past/stretches.ts'
import { ReplicaDocument } from '../replica-document.ts'
import { portionsOf } from './portions.ts'

export interface GradualMergeOptions {
  /** Lets others do their work, as `() => new Promise((resolve) => setTimeout(resolve))` does. */
  readonly pause: () => Promise<unknown>
  /** Milliseconds, from whenever on. @default none: there is a pause after every thousand runs of edits */
  readonly now?: () => number
  /** Milliseconds between pauses. @default 4 */
  readonly interval?: number
  /** Ends it before the next portion: what was taken in stays, and may come again. */
  readonly signal?: AbortSignal
}

/** Recorded operations between looks at the clock, and of a portion where there is no clock. */
const step = 50
const unclocked = 1000

/**
 * Takes in what `encode` or `changesSince` wrote, as `merge` does, but in portions of a few milliseconds with a pause
 * behind each. Every portion is an event of its own, and between them the document may be edited and may merge other
 * things. In the end it is the same document.
 *
 * Reading the bytes is not divided, nor is a single change; what this replica itself wrote, where it is not here, is
 * taken in at once with all before it, so that no edit in between can take its place.
 *
 * @returns settled once all is taken in; rejected with DecodeError when the bytes are damaged and nothing was taken in, with
 * HistoryDroppedError as `merge` throws it,
 * with the reason of the signal, and, after all was taken in, with what the first listener threw
 */
export async function mergeGradually(
  document: Document,
  bytes: Uint8Array,
  { pause, now, interval = 4, signal }: GradualMergeOptions,
): Promise<void> {
  const replica = document as ReplicaDocument
  replica.inside('take in changes')
  const stretches = readStretches(bytes, replica)
  const errors: unknown[] = []
  const take = (portion: Iterable<Stretch>): void => {
    try {
      replica.take(portion)
    } catch (error) {
      errors.push(error)
    }
  }
  signal?.throwIfAborted()
  const own = stretches.findLastIndex(({ slice }) => slice.replica === replica.replica && isNew(slice, replica))
  if (own >= 0) take(stretches.splice(0, own + 1))
  const steps = stepsOf(stretches, now === undefined ? unclocked : step)
  let next = steps.next()
  function* portion(): Generator<Stretch> {
    const start = now?.() ?? 0
    const isOver = (): boolean => now === undefined || now() - start >= interval
    do {
      const { value } = next as IteratorYieldResult<Stretch>
      next = steps.next()
      yield value
    } while (next.done !== true && !isOver())
  }
  while (next.done !== true) {
    take(portion())
    await pause()
    signal?.throwIfAborted()
  }
  if (errors.length > 0) throw errors[0]
}

function* stepsOf(stretches: readonly Stretch[], limit: number): Generator<Stretch, undefined> {
  for (const stretch of stretches) yield* portionsOf(stretch, limit)
}

/** @throws DecodeError */
function readStretches(bytes: Uint8Array, document: ReplicaDocument): Stretch[] {
  const reader = document.openMerge(bytes)
  if (!reader.isSnapshot) return decoding(() => reader.stretches())
  const whole = new ReplicaDocument()
  whole.load(bytes)
  const { history } = whole.inside()
  return [...stretchesUntil(history, history.graph.counts)]
}

function isNew({ replica, sequence, count }: Stretch['slice'], { version }: ReplicaDocument): boolean {
  return sequence + count > version.get(replica)
}
