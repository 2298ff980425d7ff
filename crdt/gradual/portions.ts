import type { BoundRun } from '../encoding/chunk-head.ts'
import type { Stretch } from '../encoding/chunk.ts'
import { countRecorded, sliceRecorded, type RecordedOperation } from '../encoding/recorded-operation.ts'

/**
 * A stretch cut into smaller ones where changes end: each is integrated as if the others had come before.
 *
 * @param limit recorded operations of one; there are more only where a single change has more
 */
export function* portionsOf({ slice, operations }: Stretch, limit: number): Generator<Stretch> {
  const bounds = new BoundCursor(slice.bounds)
  let { sequence, goesOn, dependencies } = slice
  let at = 0
  let skip = 0
  while (at < operations.length) {
    const next = operations.slice(at, at + limit)
    const [head, count] = bounds.take(next.reduce((sum, operation) => sum + countRecorded(operation), -skip))
    const own: RecordedOperation[] = []
    for (let left = count; left > 0;) {
      const operation = operations[at] as RecordedOperation
      const taken = Math.min(left, countRecorded(operation) - skip)
      own.push(cut(operation, skip, taken))
      left -= taken
      skip += taken
      if (skip < countRecorded(operation)) continue
      skip = 0
      at++
    }
    yield { slice: { ...slice, sequence, goesOn, dependencies, count, bounds: head }, operations: own }
    sequence += count
    goesOn = true
    dependencies = []
  }
}

/** As `sliceRecorded`, but a run of backspacing remains one. */
function cut(operation: RecordedOperation, skip: number, count: number): RecordedOperation {
  if (count === countRecorded(operation)) return operation
  if (operation.type === 'backspace') return { ...operation, index: operation.index - skip, count }
  return sliceRecorded(operation, skip, count)
}

class BoundCursor {
  readonly #runs: readonly BoundRun[]
  #run = 0
  /** Changes of the run that were taken. */
  #taken = 0

  constructor(runs: readonly BoundRun[]) {
    this.#runs = runs
  }

  /** Whole changes of at least so many operations, as long as there are any. @returns also how many operations */
  take(operations: number): readonly [runs: BoundRun[], count: number] {
    const head: BoundRun[] = []
    let sum = 0
    while (sum < operations) {
      const { count, changes, time } = this.#runs[this.#run] as BoundRun
      const wanted = Math.ceil((operations - sum) / count)
      const taken = Math.min(wanted, changes - this.#taken)
      head.push({ count, changes: taken, time })
      sum += taken * count
      this.#taken += taken
      if (this.#taken < changes) continue
      this.#run++
      this.#taken = 0
    }
    return [head, sum]
  }
}
