import type { Bound, Item } from './item.ts'
import type { ItemSet } from './item-set.ts'
import { addSum, subtractSum, type Reach } from './sum.ts'

/**
 * The items from a bound on, up to but without another; round through zero where `to` is not after `from`. Equal bounds
 * are the whole ring.
 */
export interface Arc {
  readonly from: Bound
  readonly to: Bound
}

/** Where a range ends: before a bound, or with its arc. */
export type Upper = Bound | 'end'

/** Everything. */
export const wholeRing: Arc = Object.freeze({ from: '' as Bound, to: '' as Bound })

/** Whether the first place is before the second, going along the arc from its beginning. */
export function isBefore(arc: Arc, left: Upper | Item, right: Upper | Item): boolean {
  if (left === 'end') return false
  if (right === 'end') return true
  const leftIsRound = left < arc.from
  const rightIsRound = right < arc.from
  return leftIsRound === rightIsRound ? left < right : rightIsRound
}

/** Whether a range may end there: after its beginning, which is in the arc, and not after the arc's end. */
export function isUpper(arc: Arc, lower: Bound, upper: Upper): boolean {
  if (upper === 'end') return true
  return isBefore(arc, lower, upper) && (arc.from === arc.to || isBefore(arc, upper, arc.to))
}

/** Whether an item is in [lower, upper). */
export function isWithin(arc: Arc, item: Item, lower: Bound, upper: Upper): boolean {
  if (isBefore(arc, item, lower)) return false
  if (upper !== 'end') return isBefore(arc, item, upper)
  return arc.from === arc.to || isBefore(arc, item, arc.to)
}

/** A set as it is now, seen from the beginning of an arc. */
export class ArcView {
  readonly arc: Arc
  readonly #set: ItemSet
  readonly #start: Reach
  readonly #all: Reach

  constructor(set: ItemSet, arc: Arc) {
    this.arc = arc
    this.#set = set
    this.#start = set.reach(arc.from)
    this.#all = set.reach()
  }

  /** The arc's items before the place. */
  reach(place: Upper): Reach {
    const { arc } = this
    if (place === 'end' && arc.from === arc.to) return this.#all
    const bound = place === 'end' ? arc.to : place
    const reach = this.#set.reach(bound)
    const isRound = bound < arc.from
    subtractSum(reach.sum, 0, this.#start.sum, 0)
    if (isRound) addSum(reach.sum, 0, this.#all.sum, 0)
    return { count: reach.count - this.#start.count + (isRound ? this.#all.count : 0), sum: reach.sum }
  }

  /** @param place from 0, counted from the arc's beginning */
  at(place: number): Item {
    return this.#set.at((this.#start.count + place) % this.#all.count)
  }
}
