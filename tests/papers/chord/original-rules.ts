import {
  isBetween,
  type Answer,
  type Neighbourhood,
  type Pending,
  type RingNode,
  type RingRules,
  type Step,
} from '../../../overlays/chord/index.ts'

/**
 * The rules as Stoica et al. published them (ToN 2003, Figure 6 and §IV-E-3): a newcomer sets its successor and nothing
 * else; the successor's predecessor is adopted without being asked; the list is the successor's; `check_predecessor`
 * forgets a dead one. Not correct (Zave): for comparisons only.
 */
export const originalRules: RingRules = Object.freeze({
  join(_self: RingNode, _from: RingNode, { successors }: Neighbourhood): Neighbourhood | undefined {
    const [head] = successors
    return head === undefined ? undefined : { successors: [head], predecessor: undefined }
  },

  // check_predecessor has a timer of its own in the paper; here it comes before each stabilisation.
  stabilise(self: RingNode, known: Neighbourhood): Step {
    const { predecessor } = known
    if (predecessor === undefined) return fromSuccessor(known)
    return { neighbourhood: known, pending: { step: 'rectify', to: predecessor, candidate: self } }
  },

  answered(self: RingNode, known: Neighbourhood, pending: Pending, answer: Answer, length: number): Step {
    if (pending.step !== 'rectify') return successorAnswered(self, known, pending.to, answer, length)
    return fromSuccessor(answer.type === 'timed-out' ? { ...known, predecessor: undefined } : known)
  },

  notified(self: RingNode, known: Neighbourhood, candidate: RingNode): Step {
    const { predecessor } = known
    const isNearer = predecessor === undefined || isBetween(predecessor.point, candidate.point, self.point)
    return { neighbourhood: isNearer ? { ...known, predecessor: candidate } : known }
  },
})

function fromSuccessor(neighbourhood: Neighbourhood): Step {
  const [to] = neighbourhood.successors
  return to === undefined ? { neighbourhood } : { neighbourhood, pending: { step: 'stabilise-from-successor', to } }
}

function successorAnswered(self: RingNode, known: Neighbourhood, head: RingNode, answer: Answer, length: number): Step {
  if (answer.type === 'timed-out') return fromSuccessor({ ...known, successors: known.successors.slice(1) })
  if (answer.type !== 'state') return { neighbourhood: known }
  const { successors, predecessor } = answer.neighbourhood
  const list = [head, ...successors]
  if (predecessor !== undefined && isBetween(self.point, predecessor.point, head.point)) list.unshift(predecessor)
  return { neighbourhood: { ...known, successors: list.slice(0, length) }, notify: list[0] ?? head }
}
