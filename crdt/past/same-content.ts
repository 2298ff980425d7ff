import { isContainer, type Content } from '../container.ts'

/** Whether two documents say the same there: equal values, or the same container, whatever that holds. */
export function isSameContent(left: Content | undefined, right: Content | undefined): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (isContainer(left) || isContainer(right)) return isContainer(left) && isContainer(right) && left.id === right.id
  // Keys of kept values are in order.
  const one = Object.entries(left) as [string, Content][]
  const other = Object.entries(right) as [string, Content][]
  return (
    Array.isArray(left) === Array.isArray(right) &&
    one.length === other.length &&
    one.every(([key, value], at) => key === other[at]?.[0] && isSameContent(value, other[at][1]))
  )
}
