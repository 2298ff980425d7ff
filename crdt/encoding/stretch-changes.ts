import type { Change } from '../change.ts'
import { encodeOperations, type Operation } from '../operation.ts'
import type { Stretch } from './chunk.ts'
import { countRecorded, sliceRecorded } from './recorded-operation.ts'

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
