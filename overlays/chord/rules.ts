import { isBetween, isSame, type RingNode } from './ring-node.ts'

/** What a member of the ring knows of its neighbourhood. Plain data: a step gives a new one. */
export interface Neighbourhood {
  /** The nearest is the head. As long as `length`, except while failures have not been made up for. */
  readonly successors: readonly RingNode[]
  readonly predecessor: RingNode | undefined
}

/** What a member waits for. While it does, it answers queries of its state with `busy` (Zave, "atomic steps"). */
export type Pending =
  /** Of the head of the list. */
  | { readonly step: 'stabilise-from-successor'; readonly to: RingNode }
  /** Of the head's predecessor, which may be a better successor. */
  | { readonly step: 'stabilise-from-predecessor'; readonly to: RingNode }
  /** Whether the predecessor lives; if not, the candidate takes its place. */
  | { readonly step: 'rectify'; readonly to: RingNode; readonly candidate: RingNode }

/** What comes of a query; a ping is answered by `alive`. */
export type Answer =
  { readonly type: 'state'; readonly neighbourhood: Neighbourhood } | { readonly type: 'alive' | 'busy' | 'timed-out' }

/** Where an operation has got to. */
export interface Step {
  readonly neighbourhood: Neighbourhood
  readonly pending?: Pending
  /** Who is to be notified, which ends the operation. */
  readonly notify?: RingNode
}

/**
 * The operations of a ring as pure functions: members, simulations and the model checker run these very ones. Each asks
 * one other node at most, and then changes the member's own state in one step.
 */
export interface RingRules {
  /** @param asked what the member that the newcomer is to follow has answered. @returns undefined if it is not to follow it */
  join(self: RingNode, from: RingNode, asked: Neighbourhood): Neighbourhood | undefined
  stabilise(self: RingNode, neighbourhood: Neighbourhood): Step
  answered(self: RingNode, neighbourhood: Neighbourhood, pending: Pending, answer: Answer, length: number): Step
  notified(self: RingNode, neighbourhood: Neighbourhood, candidate: RingNode): Step
}

/** Zave, "Reasoning about identifier spaces: how to make Chord correct" (IEEE TSE 2017). */
export const zaveRules: RingRules = Object.freeze({
  // Deviation from the usual account, in which the successor is asked for its list: that list may begin behind somebody who
  // has joined meanwhile, and a node that passes over a principal member may be one too many. The model checker finds it.
  join(self: RingNode, from: RingNode, { successors }: Neighbourhood): Neighbourhood | undefined {
    const [head] = successors
    if (head === undefined || !isBetween(from.point, self.point, head.point)) return undefined
    return { successors, predecessor: undefined }
  },

  stabilise: (_self: RingNode, neighbourhood: Neighbourhood): Step => fromSuccessor(neighbourhood),

  answered(self: RingNode, known: Neighbourhood, pending: Pending, answer: Answer, length: number): Step {
    switch (pending.step) {
      case 'stabilise-from-successor':
        return successorAnswered(self, known, pending.to, answer, length)
      case 'stabilise-from-predecessor':
        return predecessorAnswered(known, pending.to, answer, length)
      case 'rectify':
        return answer.type === 'timed-out'
          ? { neighbourhood: { ...known, predecessor: pending.candidate } }
          : { neighbourhood: known }
    }
  },

  notified(self: RingNode, known: Neighbourhood, candidate: RingNode): Step {
    const { predecessor } = known
    if (isSame(predecessor, candidate) || isSame(self, candidate)) return { neighbourhood: known }
    if (predecessor === undefined || isBetween(predecessor.point, candidate.point, self.point)) {
      return { neighbourhood: { ...known, predecessor: candidate } }
    }
    return { neighbourhood: known, pending: { step: 'rectify', to: predecessor, candidate } }
  },
})

function fromSuccessor(neighbourhood: Neighbourhood): Step {
  const [to] = neighbourhood.successors
  return to === undefined ? { neighbourhood } : { neighbourhood, pending: { step: 'stabilise-from-successor', to } }
}

function successorAnswered(self: RingNode, known: Neighbourhood, head: RingNode, answer: Answer, length: number): Step {
  if (answer.type === 'timed-out') {
    const [, ...rest] = known.successors
    return fromSuccessor({ ...known, successors: rest })
  }
  if (answer.type !== 'state') return { neighbourhood: known }
  const { successors, predecessor } = answer.neighbourhood
  const neighbourhood = { ...known, successors: prepended(head, successors, length) }
  if (predecessor === undefined || !isBetween(self.point, predecessor.point, head.point)) {
    return { neighbourhood, notify: head }
  }
  return { neighbourhood, pending: { step: 'stabilise-from-predecessor', to: predecessor } }
}

function predecessorAnswered(known: Neighbourhood, candidate: RingNode, answer: Answer, length: number): Step {
  const [head] = known.successors
  if (answer.type === 'state') {
    const successors = prepended(candidate, answer.neighbourhood.successors, length)
    return { neighbourhood: { ...known, successors }, notify: candidate }
  }
  return head === undefined ? { neighbourhood: known } : { neighbourhood: known, notify: head }
}

function prepended(head: RingNode, rest: readonly RingNode[], length: number): readonly RingNode[] {
  return [head, ...rest].slice(0, length)
}
