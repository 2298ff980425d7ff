import type { Pending } from '../../../../overlays/chord/index.ts'

/**
 * What a node of the model is doing. Nodes are numbers: how many places clockwise of the node whose state it is, which
 * itself is 0. So states stay as they are when the ring is turned.
 */
export type NodeState =
  | { readonly status: 'outside'; readonly notice: number }
  | { readonly status: 'joining'; readonly asked: number; readonly notice: number }
  | MemberState

export interface MemberState extends ModelNeighbourhood {
  readonly status: 'member'
  readonly pending: PendingQuery | undefined
  /** To whom a notification of this node is under way. */
  readonly notice: number
  /** What others are still told while an answer is being taken. Only where members answer although they wait. */
  readonly told?: ModelNeighbourhood
}

/** A `Neighbourhood` in numbers. */
export interface ModelNeighbourhood {
  readonly successors: readonly number[]
  readonly predecessor: number
}

export interface PendingQuery {
  readonly step: Pending['step']
  readonly to: number
  /** Of `rectify`. */
  readonly candidate: number
}

/** In place of a node. */
export const nobody = -1

/** Of each place of the ring, in clockwise order. */
export type World = readonly NodeState[]

/** Whether `node` is met on the way clockwise from one to the other, ends excluded. From a node to itself: all others. */
export function isMet(from: number, node: number, to: number): boolean {
  return from < to ? from < node && node < to : node > from || node < to
}

/** @returns the node that is `node` for somebody `places` clockwise of us, as we number it */
export function seenFrom(places: number, node: number, size: number): number {
  return node === nobody ? nobody : (node + places + size) % size
}

/** A ring in which everybody knows what is right, of the members at these places. */
export function idealWorld(size: number, length: number, members: readonly number[]): World {
  return Array.from({ length: size }, (_, place): NodeState => {
    const index = members.indexOf(place)
    if (index < 0) return { status: 'outside', notice: nobody }
    const following = (steps: number): number => {
      const member = members[(index + steps) % members.length] as number
      return seenFrom(-place, member, size)
    }
    return {
      status: 'member',
      successors: Array.from({ length }, (_, step) => following(step + 1)),
      predecessor: following(members.length - 1),
      pending: undefined,
      notice: nobody,
    }
  })
}
