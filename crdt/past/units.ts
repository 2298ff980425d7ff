import type { Dot } from '../change.ts'
import type { History } from '../history/history.ts'
import type { List } from '../list.ts'
import type { Text } from '../text.ts'

/** Units that one replica inserted one behind the other: the dot of the first, and how many. */
export interface UnitRun extends Dot {
  readonly length: number
}

/**
 * The operations that inserted what a text or list shows, by local numbers, in the order of the sequence.
 *
 * @param numberAt of an element of a list: how it came to be, or how it came to be where it is
 */
export function visitUnits(
  container: Text | List,
  numberAt: (list: List, index: number) => number,
  visit: (from: number, count: number) => void,
): void {
  if (container.type === 'text') container.sequence.visible(visit)
  else for (let index = 0; index < container.length; index++) visit(numberAt(container, index), 1)
}

/** What stands where, in as few runs as possible. A moved element of a list counts as inserted where it is now. */
export function placesOf({ graph }: History, container: Text | List): UnitRun[] {
  const runs: UnitRun[] = []
  visitUnits(
    container,
    (list, index) => list.placedBy(index),
    (from, length) => {
      const { replica, sequence } = graph.dotOf(from)
      const last = runs.at(-1)
      if (last?.replica === replica && last.sequence + last.length === sequence) {
        runs[runs.length - 1] = { replica, sequence: last.sequence, length: last.length + length }
      } else runs.push({ replica, sequence, length })
    },
  )
  return runs
}
