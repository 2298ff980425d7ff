import { keyOf, type Key, type PeerId } from '../../node/protocol/index.ts'

/** A point of the ring: 256 bits, as the keys are. */
export type RingPoint = Key

/** One place on the ring: a peer, or one of its virtual nodes. Made by `ringNode` alone, so equal ones are one object. */
export interface RingNode {
  readonly peer: PeerId
  /** From 0; 0 is the place of a peer without virtual nodes. */
  readonly index: number
  readonly point: RingPoint
}

/** Those that are in use anywhere: whatever strangers make up is forgotten as soon as nobody holds it. */
const remembered = new Map<string, WeakRef<RingNode>>()
const forgotten = new FinalizationRegistry<string>((name) => {
  if (remembered.get(name)?.deref() === undefined) remembered.delete(name)
})

/**
 * The node of that peer. Its point is the hash of its name: nobody chooses a place on the ring, and since points are
 * never sent, nobody can claim one that is not his.
 */
export function ringNode(peer: PeerId, index = 0): RingNode {
  const name = index === 0 ? peer : `${peer}#${index}`
  const known = remembered.get(name)?.deref()
  if (known !== undefined) return known
  const node: RingNode = { peer, index, point: keyOf(name) }
  remembered.set(name, new WeakRef(node))
  forgotten.register(node, name)
  return node
}

export function isSame(left: RingNode | undefined, right: RingNode | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && left.point === right.point)
}

/** Whether a point is met on the way clockwise from one to the other, ends excluded. From a point to itself: all others. */
export function isBetween(from: RingPoint, point: RingPoint, to: RingPoint): boolean {
  if (from < to) return from < point && point < to
  return point > from || point < to
}

/** Whether the key belongs to `owner`, whose predecessor is `predecessor`: it lies in (predecessor, owner]. */
export function isOwned(predecessor: RingPoint, key: RingPoint, owner: RingPoint): boolean {
  return key === owner || isBetween(predecessor, key, owner)
}

/** Orders nodes as they are met clockwise from a point. */
export function clockwise(from: RingPoint): (left: RingNode, right: RingNode) => number {
  return ({ point: left }, { point: right }) => {
    if (left === right) return 0
    const leftIsFar = left <= from
    if (leftIsFar !== right <= from) return leftIsFar ? 1 : -1
    return left < right ? -1 : 1
  }
}

/** How far it is clockwise from one point to another, as a share of the ring, to 52 bits. */
export function distance(from: RingPoint, to: RingPoint): number {
  const share = fraction(to) - fraction(from)
  return share < 0 ? share + 1 : share
}

function fraction(point: RingPoint): number {
  return Number.parseInt(point.slice(0, 13), 16) / 2 ** 52
}
