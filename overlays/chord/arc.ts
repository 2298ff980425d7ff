import { clockwise, isOwned, type RingNode, type RingPoint } from './ring-node.ts'

/** Part of the ring that belongs to the first of `successors`: from its predecessor on, that one excluded. */
export interface Arc {
  readonly predecessor: RingNode
  /** The owner, and who follows it. */
  readonly successors: readonly RingNode[]
}

/**
 * What a successor list says of a key: the arc in which the key lies.
 *
 * @param from whose list it is
 * @param following how many nodes the arc must name for a key that lies beyond the head of the list; 0: none does. The
 * farther along, the older is what a list says.
 * @returns undefined if the key is not covered. A list is read as far as it keeps to the order of the ring: from there on
 * somebody has lied
 */
export function arcIn(from: RingNode, list: readonly RingNode[], key: RingPoint, following: number): Arc | undefined {
  const [head] = list
  if (head === undefined || (following === 0 && !isOwned(from.point, key, head.point))) return undefined
  const order = clockwise(from.point)
  const broken = list.findIndex((node, place) => place > 0 && order(list[place - 1] as RingNode, node) >= 0)
  const ordered = broken < 0 ? list : list.slice(0, broken)
  const place = ordered.findIndex(({ point }) => isOwned(from.point, key, point))
  const successors = ordered.slice(place)
  if (place < 0 || (place > 0 && successors.length < following)) return undefined
  return { predecessor: place === 0 ? from : (ordered[place - 1] as RingNode), successors }
}
