import type { Arc } from './arc.ts'
import { distance, isBetween, type RingNode } from './ring-node.ts'

/** So many times as far as neighbours of this peer are from each other, on average: one arc in some thousands is as long. */
const implausibleArc = 16

/** The same for the nodes of a whole list, on average; of lists of eight some three in a hundred are, of sixteen
 *  one in some hundreds. */
const implausibleList = 3

/** So long a list tells how far neighbours are from each other, within a factor of two or so. */
export const tellingList = 8

/** Where the key lies, as a list says. */
export interface Said {
  /** Whose list it is. */
  readonly from: RingNode
  readonly list: readonly RingNode[]
  readonly arc: Arc
}

/**
 * Whether so much of the ring may well be empty as it says (after the routing failure test of Castro et al., OSDI 2002).
 *
 * @param spacing how far neighbours are from each other, as a share of the ring; undefined where that cannot be told
 * @param dead who was silent on the way: whoever answers no longer may well have been named before
 */
export function isPlausible(
  { from, list, arc: { predecessor, successors } }: Said,
  spacing: number | undefined,
  dead: readonly RingNode[],
): boolean {
  const [[owner], last] = [successors, list.at(-1)]
  if (spacing === undefined || owner === undefined || last === undefined) return true
  const arc = distance(predecessor.point, owner.point) / spacing
  if (arc > implausibleArc + between(dead, predecessor, owner)) return false
  const nodes = list.length + between(dead, from, last)
  return list.length < tellingList || distance(from.point, last.point) <= implausibleList * nodes * spacing
}

/** How many of them lie there. */
function between(nodes: readonly RingNode[], from: RingNode, to: RingNode): number {
  return nodes.filter(({ point }) => isBetween(from.point, point, to.point)).length
}
