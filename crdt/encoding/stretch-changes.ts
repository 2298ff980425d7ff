import type { Change } from '../change.ts'
import { encodeOperations, type Operation } from '../operation.ts'
import type { Stretch } from './chunk.ts'
import type { BoundRun } from './chunk-head.ts'
import { countRecorded, sliceRecorded, type RecordedOperation } from './recorded-operation.ts'

/** The changes that a stretch consists of, as if each had come alone. */
export function* changesOf({ slice, operations }: Stretch): Generator<Change> {
  const { replica, bounds } = slice
  let { sequence, dependencies } = slice
  let at = 0
  let skip = 0
  for (const { count, changes, time } of bounds) {
    for (let change = 0; change < changes; change++) {
      const own: Operation[] = []
      let bytes: Uint8Array | undefined
      for (let left = count; left > 0;) {
        const operation = operations[at] as Stretch['operations'][number]
        const taken = Math.min(left, countRecorded(operation) - skip)
        if (operation.type === 'opaque') ({ bytes } = operation)
        else own.push(sliceRecorded(operation, skip, taken) as Operation)
        left -= taken
        skip += taken
        if (skip < countRecorded(operation)) continue
        skip = 0
        at++
      }
      yield { replica, sequence, count, dependencies, time, operations: bytes ?? encodeOperations(own, replica) }
      sequence += count
      dependencies = []
    }
  }
}

/** What is left of a stretch without its first units; undefined where that would cut a change. */
export function skipUnits({ slice, operations }: Stretch, units: number): Stretch | undefined {
  const bounds: BoundRun[] = []
  let skip = units
  for (const bound of slice.bounds) {
    const taken = Math.min(bound.changes, Math.floor(skip / bound.count))
    skip -= taken * bound.count
    if (taken === bound.changes) continue
    if (skip > 0) return undefined
    bounds.push({ ...bound, changes: bound.changes - taken })
  }
  const rest: RecordedOperation[] = []
  let known = units
  for (const operation of operations) {
    const count = countRecorded(operation)
    const skipped = Math.min(known, count)
    known -= skipped
    if (skipped === 0) rest.push(operation)
    else if (skipped < count) rest.push(restOf(operation, skipped))
  }
  const { sequence, count } = slice
  return {
    slice: { ...slice, sequence: sequence + units, count: count - units, goesOn: true, dependencies: [], bounds },
    operations: rest,
  }
}

function restOf(operation: RecordedOperation, skipped: number): RecordedOperation {
  if (operation.type !== 'backspace') return sliceRecorded(operation, skipped, countRecorded(operation) - skipped)
  return { ...operation, index: operation.index - skipped, count: operation.count - skipped }
}
