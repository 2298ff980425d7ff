import type { ContainerId } from '../container.ts'
import { countUnits, type Operation } from '../operation.ts'

/**
 * What a history holds, besides operations as they are made: a run of backspacing, whose unit i was deleted at
 * `index − i`, and the bytes of a change that is invalid.
 */
export type RecordedOperation =
  | Operation
  | { readonly type: 'backspace'; readonly container: ContainerId; readonly index: number; readonly count: number }
  | { readonly type: 'opaque'; readonly count: number; readonly bytes: Uint8Array }

export function countRecorded(operation: RecordedOperation): number {
  return operation.type === 'backspace' || operation.type === 'opaque' ? operation.count : countUnits(operation)
}

/** The units from `skip` on, `count` of them. What is no text and no deletion is one unit, or always taken whole. */
export function sliceRecorded(operation: RecordedOperation, skip: number, count: number): RecordedOperation {
  switch (operation.type) {
    case 'text-insert':
      return skip === 0 && count === operation.text.length
        ? operation
        : { ...operation, index: operation.index + skip, text: operation.text.slice(skip, skip + count) }
    case 'sequence-delete':
      return { ...operation, count }
    case 'backspace': {
      const { container, index } = operation
      return { type: 'sequence-delete', container, index: index - skip - count + 1, count }
    }
    default:
      return operation
  }
}

/**
 * Deletions of one change that adjoin become one: nobody can tell them apart, and every replica has to write the same.
 */
export function joinDeletions(operations: readonly Operation[]): readonly Operation[] {
  if (!operations.some((operation, at) => at > 0 && operation.type === 'sequence-delete')) return operations
  const joined: Operation[] = []
  for (const operation of operations) {
    let next = operation
    // What was joined may adjoin the one before in turn.
    for (let last = joined.at(-1); last !== undefined; last = joined.at(-1)) {
      if (next.type !== 'sequence-delete' || last.type !== 'sequence-delete' || last.container !== next.container) break
      if (next.index !== last.index && next.index + next.count !== last.index) break
      next = { ...last, index: next.index, count: last.count + next.count }
      joined.pop()
    }
    joined.push(next)
  }
  return joined.length < operations.length ? joined : operations
}
