import type { Instant } from '../../node/protocol/index.ts'
import type { RingNode } from './ring-node.ts'

/** What a checker sees of one place on the ring. */
export interface CheckedPlace {
  readonly node: RingNode
  readonly isMember: boolean
  readonly successors: readonly RingNode[]
  readonly predecessor: RingNode | undefined
}

/**
 * OneLiveSuccessor (Zave): every member has one in its list that is on the ring. While more neighbours fail at once than
 * the list has, it is the failures that are too many.
 */
export class LiveSuccessorChecker {
  readonly name: string = 'every member has a living successor'
  readonly #places: () => Iterable<CheckedPlace>

  /** @param places of all peers that run at the moment */
  constructor(places: () => Iterable<CheckedPlace>) {
    this.#places = places
  }

  check(_now: Instant): string | undefined {
    const members = [...this.#places()].filter(({ isMember }) => isMember)
    const living = new Set(members.map(({ node }) => node.point))
    const lost = members.find(({ successors }) => !successors.some(({ point }) => living.has(point)))
    return lost === undefined ? undefined : `${lost.node.peer} (${lost.node.point.slice(0, 8)}) has none`
  }
}

/** What the places of all running peers lack of an ideal ring; empty once every list and predecessor is right. */
export function ringFaults(places: Iterable<CheckedPlace>, listLength: number): string[] {
  const members = [...places].filter(({ isMember }) => isMember)
  members.sort((left, right) => (left.node.point < right.node.point ? -1 : 1))
  const at = (place: number): RingNode | undefined => members[(place + members.length) % members.length]?.node
  const length = Math.min(listLength, members.length - 1)
  return members.flatMap(({ node, successors, predecessor }, place) => {
    const faults: string[] = []
    const isRight = Array.from({ length }, (_, step) => at(place + 1 + step)?.point === successors[step]?.point)
    if (isRight.includes(false) || successors.length !== length) faults.push(`${node.peer} has a wrong list`)
    if (predecessor?.point !== at(place - 1)?.point) faults.push(`${node.peer} has a wrong predecessor`)
    return faults
  })
}
