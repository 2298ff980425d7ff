import { isMet, type NodeState } from './node-state.ts'

/** The two parts of Zave's inductive invariant. */
export type Violation = 'OneLiveSuccessor' | 'SufficientPrincipals'

export const wholeInvariant: readonly Violation[] = ['OneLiveSuccessor', 'SufficientPrincipals']

/** What the invariant needs to know of a node: sets of nodes, a bit for each place clockwise of it. */
export interface NodeMasks {
  readonly isMember: boolean
  readonly successors: number
  /** Those whom its list passes over. */
  readonly skipped: number
}

export function masksOf(state: NodeState, size: number): NodeMasks {
  if (state.status !== 'member') return { isMember: false, successors: 0, skipped: 0 }
  let [successors, skipped, from] = [0, 0, 0]
  for (const to of state.successors) {
    successors |= 1 << to
    for (let node = 0; node < size; node++) if (isMet(from, node, to)) skipped |= 1 << node
    from = to
  }
  return { isMember: true, successors, skipped }
}

/**
 * OneLiveSuccessor: each member's list holds a member. SufficientPrincipals: r + 1 members at least are passed over by no
 * member's list.
 *
 * @param masks of the node at each place
 * @param length r, of a successor list
 */
export function violationOf(
  masks: readonly NodeMasks[],
  length: number,
  invariant: readonly Violation[],
): Violation | undefined {
  const size = masks.length
  let [members, skipped] = [0, 0]
  for (let place = 0; place < size; place++) {
    const own = masks[place] as NodeMasks
    if (!own.isMember) continue
    members |= 1 << place
    skipped |= turned(own.skipped, place, size)
  }
  for (let place = 0; place < size; place++) {
    const own = masks[place] as NodeMasks
    if (own.isMember && (turned(own.successors, place, size) & members) === 0) return 'OneLiveSuccessor'
  }
  const isShort = count(members & ~skipped) < length + 1
  return isShort && invariant.includes('SufficientPrincipals') ? 'SufficientPrincipals' : undefined
}

function turned(set: number, places: number, size: number): number {
  return ((set << places) | (set >>> (size - places))) & ((1 << size) - 1)
}

function count(set: number): number {
  let bits = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) bits++
  return bits
}
