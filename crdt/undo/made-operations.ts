import type { RecordedOperation } from '../encoding/recorded-operation.ts'
import type { History } from '../history/history.ts'
import { rowKind, type Row } from '../history/operation-log.ts'
import type { Range } from './own-changes.ts'

/** An operation with the local number of its first unit. */
export interface MadeOperation {
  readonly number: number
  readonly operation: Exclude<RecordedOperation, { readonly type: 'opaque' }>
}

/** What was done in ranges of whole changes, in order. */
export function* madeIn(history: History, ranges: readonly Range[]): Generator<MadeOperation> {
  for (const [from, to] of ranges)
    for (const row of history.log.between(from, to)) yield* readRow(history, row, from, to)
}

/** Operations that are no insertions or deletions, from the newest down, until nobody wants more. */
export function* valuesFromNewest(history: History): Generator<MadeOperation> {
  const { log } = history
  for (let at = log.size - 1; at >= 0; at--) {
    const row = log.at(at)
    if (row.kind === rowKind.encoded) yield* readRow(history, row, 0, Infinity).reverse()
  }
}

function readRow(history: History, row: Row, from: number, to: number): MadeOperation[] {
  let number = Math.max(row.start, from)
  return history.read(row, from, to).flatMap((operation) => {
    const made = { number, operation }
    // Only a row of values holds several operations, and each of those has one unit.
    number++
    return operation.type === 'opaque' ? [] : [made as MadeOperation]
  })
}
