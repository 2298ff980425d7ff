import type { Stretch } from '../encoding/chunk.ts'
import type { BoundRun } from '../encoding/chunk-head.ts'
import type { RecordedOperation } from '../encoding/recorded-operation.ts'
import type { SessionChange } from './incoming.ts'

/** Its last one grows with what is told. */
type OpenBound = { -readonly [Field in keyof BoundRun]: BoundRun[Field] }

interface Run {
  readonly stretch: Stretch
  readonly operations: RecordedOperation[]
  readonly bounds: OpenBound[]
  count: number
}

/**
 * What sessions have told and nobody has taken in yet: edits of one replica that go on where the one before ended are put
 * together, so that a burst of keystrokes is integrated at once.
 */
export class Gathering {
  readonly #gathered: (Run | SessionChange)[] = []

  add(change: SessionChange): void {
    const last = this.#gathered.at(-1)
    if (change.operation === undefined) this.#gathered.push(change)
    else if (last === undefined || !('stretch' in last) || !goesOn(last, change)) this.#gathered.push(runOf(change))
    else extend(last, change)
  }

  /** @returns stretches, and changes that were told as bytes, in the order in which they came */
  take(): (Stretch | SessionChange)[] {
    return this.#gathered.splice(0).map((item) => {
      if (!('stretch' in item)) return item
      const { stretch, operations, bounds, count } = item
      return { slice: { ...stretch.slice, count, bounds }, operations }
    })
  }
}

function runOf({ replica, sequence, count, dependencies, time, operation }: SessionChange): Run {
  const operations = operation === undefined ? [] : [operation]
  const bounds = [{ count, changes: 1, time }]
  const slice = { author: 0, replica, sequence, count, goesOn: sequence > 0, dependencies, bounds }
  return { stretch: { slice, operations }, operations, bounds, count }
}

function goesOn({ stretch, count }: Run, change: SessionChange): boolean {
  const { replica, sequence } = stretch.slice
  return change.replica === replica && change.dependencies.length === 0 && change.sequence === sequence + count
}

function extend(run: Run, { count, time, operation }: SessionChange): void {
  if (operation === undefined) return
  const { operations, bounds } = run
  const last = operations.at(-1) as RecordedOperation
  const joined = join(last, operation)
  if (joined !== undefined) operations[operations.length - 1] = joined
  else operations.push(operation)
  const bound = bounds.at(-1) as OpenBound
  if (bound.count === count && bound.time === time) bound.changes++
  else bounds.push({ count, changes: 1, time })
  run.count += count
}

/** Two edits of two changes as one. */
function join(last: RecordedOperation, next: RecordedOperation): RecordedOperation | undefined {
  if (last.type !== 'text-insert' || next.type !== 'text-insert' || last.container !== next.container) return undefined
  const { type, container, index, text } = last
  return next.index === index + text.length ? { type, container, index, text: text + next.text } : undefined
}
