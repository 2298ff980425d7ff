import { isBefore, type Arc } from './arc.ts'
import { boundBefore, type Bound, type Item } from './item.ts'

export interface Difference {
  readonly onlyMine: readonly Item[]
  readonly onlyTheirs: readonly Item[]
  /** Places of `onlyTheirs` among all of theirs. */
  readonly places: readonly number[]
  /** How many items were looked at. */
  readonly work: number
  /** Where it was given up, since more differ than were wanted; undefined if all was compared. */
  readonly stop: Bound | undefined
}

/** Compares two lists in the order of the arc. @param limit differences that are wanted at most */
export function difference(arc: Arc, mine: Iterable<Item>, theirs: readonly Item[], limit: number): Difference {
  const onlyMine: Item[] = []
  const onlyTheirs: Item[] = []
  const places: number[] = []
  const own = mine[Symbol.iterator]()
  let next = own.next()
  let place = 0
  let work = 0
  let stop: Bound | undefined
  while (!next.done || place < theirs.length) {
    const left = next.done ? 'end' : next.value
    const right = theirs[place] ?? 'end'
    const isMine = isBefore(arc, left, right)
    if (left !== right && onlyMine.length + onlyTheirs.length === limit) {
      stop = boundBefore((isMine ? left : right) as Item)
      break
    }
    work++
    if (isMine) onlyMine.push(left as Item)
    else if (left !== right) {
      onlyTheirs.push(right as Item)
      places.push(place)
    }
    if (isMine || left === right) next = own.next()
    if (!isMine) place++
  }
  return { onlyMine, onlyTheirs, places, work, stop }
}
