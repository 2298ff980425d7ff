/** @throws RangeError unless the index is an integer from 0 to the length */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index <= length) return
  throw new RangeError(`Cannot use the index ${index}: an integer from 0 to ${length} is wanted`)
}

/** @throws RangeError unless the range lies within the length */
export function checkRange(index: number, count: number, length: number): void {
  checkIndex(index, length)
  if (Number.isInteger(count) && count >= 0 && count <= length - index) return
  throw new RangeError(`Cannot reach ${count} from index ${index} on: an integer from 0 to ${length - index} is wanted`)
}
