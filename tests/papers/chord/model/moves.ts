import { wholeInvariant, type Violation } from './invariant.ts'
import type { ModelRules } from './model-rules.ts'
import {
  isMet,
  nobody,
  seenFrom,
  type MemberState,
  type ModelNeighbourhood,
  type NodeState,
  type PendingQuery,
} from './node-state.ts'

/** What is run, and how closely it is looked at. */
export interface Model {
  readonly rules: ModelRules
  /** What a failure must leave as it is. Without `SufficientPrincipals`, nothing else is asserted either. */
  readonly invariant: readonly Violation[]
  /**
   * `fine`: every question and notification under way is a part of the state.
   * `coarse`: an operation begins when its first question is answered, and who is to be notified is not remembered.
   * `lists`: predecessors are not remembered either; whoever may be one is taken for it.
   * Nothing is lost by it, as ./README.md shows.
   */
  readonly grain: 'fine' | 'coarse' | 'lists'
  /** Rule 2 as it is now, or, in the fine grain, as it was designed first. */
  readonly newcomerAsks: 'predecessor' | 'successor'
  /** What a member tells of itself while it waits: nothing is rule 6, the other for the fine grain only. */
  readonly whileWaiting: 'busy' | 'old state'
}

export const usualModel: Omit<Model, 'rules'> = {
  invariant: wholeInvariant,
  grain: 'fine',
  newcomerAsks: 'predecessor',
  whileWaiting: 'busy',
}

/** The act of nobody: a notification that never arrives. */
export const lost = 'notification is lost'

const acts: Readonly<Record<PendingQuery['step'], string>> = {
  'stabilise-from-successor': 'asks its successor',
  'stabilise-from-predecessor': "asks its successor's predecessor",
  'rectify': 'pings its predecessor',
}

/** Something that a node in a certain state may do next. */
export type Move =
  | { readonly type: 'change'; readonly act: string; readonly by?: number; readonly next: NodeState }
  /**
   * Of a member, allowed only where the invariant survives: that is the theorem's assumption on failures. What the rules
   * themselves do to the invariant is what is checked.
   */
  | { readonly type: 'failure'; readonly act: string; readonly next: NodeState }
  /** Of the node `to`, whose state decides what comes of it. */
  | {
      readonly type: 'question'
      readonly act: string
      readonly to: number
      hear(other: NodeState): NodeState | undefined
    }
  /** At the node `to`; the one that sent it has forgotten it then. */
  | {
      readonly type: 'delivery'
      readonly act: string
      readonly to: number
      readonly next: NodeState
      receive(other: NodeState): NodeState | undefined
    }

/**
 * All that a node may do next, whatever the others do. An answer is given and taken in one step, which is right because
 * whoever waits for one tells nobody of its own state meanwhile; between the question and that step anything else may
 * happen. A notification arrives at any time, or never, even after its sender has failed.
 */
export function movesOf(model: Model, state: NodeState): Move[] {
  const { notice } = state
  switch (state.status) {
    case 'outside':
      return [...joins(model, notice), ...deliveries(model, state)]
    case 'joining':
      return [answerToNewcomer(model, state.asked, notice), failure(notice), ...deliveries(model, state)]
    case 'member':
      return [...memberMoves(model, state), failure(notice), ...deliveries(model, state)]
  }
}

/** @returns the state without what the grain does not look at */
export function remembered({ grain }: Model, state: NodeState): NodeState {
  if (grain === 'fine') return state
  const kept = { ...state, notice: nobody }
  return grain === 'lists' && kept.status === 'member' ? { ...kept, predecessor: nobody } : kept
}

function failure(notice: number): Move {
  return { type: 'failure', act: 'fails', next: { status: 'outside', notice } }
}

/** A look-up ends at a member between which and its successor the newcomer lies; when that is asked, it may be otherwise. */
function joins(model: Model, notice: number): Move[] {
  const { rules, grain, newcomerAsks } = model
  return others(rules.size).map((to): Move => {
    if (grain !== 'fine') {
      const hear = (other: NodeState): NodeState | undefined => joined(model, to, other, notice)
      return { type: 'question', act: 'joins behind', to, hear }
    }
    const hear = (other: NodeState): NodeState | undefined => {
      const head = other.status === 'member' ? other.successors[0] : undefined
      if (head === undefined || !isMet(to, 0, seenFrom(to, head, rules.size))) return undefined
      const asked = newcomerAsks === 'predecessor' ? to : seenFrom(to, head, rules.size)
      return asked === 0 ? undefined : { status: 'joining', asked, notice }
    }
    return { type: 'question', act: 'finds that it follows', to, hear }
  })
}

function answerToNewcomer(model: Model, asked: number, notice: number): Move {
  const outside: NodeState = { status: 'outside', notice }
  const hear = (other: NodeState): NodeState => joined(model, asked, other, notice) ?? outside
  return { type: 'question', act: 'asks to join', to: asked, hear }
}

function joined(model: Model, asked: number, other: NodeState, notice: number): NodeState | undefined {
  const told = tells(model, other)
  return typeof told === 'string' ? undefined : model.rules.join(asked, told, notice)
}

/** What a node answers that is asked for its state. */
function tells({ whileWaiting }: Model, other: NodeState): ModelNeighbourhood | 'busy' | 'timed-out' {
  if (other.status !== 'member') return 'timed-out'
  if (whileWaiting === 'old state') return other.told ?? other
  return other.pending === undefined ? other : 'busy'
}

function memberMoves(model: Model, state: MemberState): Move[] {
  const { rules, grain } = model
  if (state.told !== undefined) {
    const { told: _, ...next } = state
    return [{ type: 'change', act: 'takes the answer', next }]
  }
  if (state.pending !== undefined) return answers(model, state, state.pending)
  const next = rules.stabilise(state)
  if (grain === 'fine') return [{ type: 'change', act: 'begins to stabilise', next }]
  const first = next.pending === undefined ? [] : [answer(model, state, next.pending)]
  return [...first, ...(grain === 'coarse' ? anyNotices(model, state) : anyPredecessors(model, state))]
}

function answers(model: Model, state: MemberState, pending: PendingQuery): Move[] {
  const own = { ...state, pending: undefined }
  const usual = answer(model, own, pending)
  if (model.grain === 'fine' || pending.step === 'rectify') return [usual]
  // Whoever is asked may just have begun to stabilise, which is not seen here.
  const hear = (other: NodeState): NodeState | undefined =>
    other.status === 'member' ? model.rules.answered(own, pending, 'busy') : undefined
  return [usual, { type: 'question', act: 'finds busy', to: pending.to, hear }]
}

function answer(model: Model, own: MemberState, query: PendingQuery): Move {
  const { rules, whileWaiting } = model
  const hear = (other: NodeState): NodeState | undefined => {
    // Who is its own successor knows the answer. The rules never lead there, but a ring of one begins so.
    const told = query.to === 0 ? own : tells(model, other)
    if (query.step === 'rectify') return rules.answered(own, query, told === 'timed-out' ? told : 'alive')
    const next = rules.answered(own, query, told)
    if (whileWaiting === 'busy' || next.pending !== undefined) return next
    return { ...next, told: { successors: own.successors, predecessor: own.predecessor } }
  }
  return { type: 'question', act: acts[query.step], to: query.to, hear }
}

/** Anybody may have sent a notification that arrives now. */
function anyNotices({ rules }: Model, state: MemberState): Move[] {
  return others(rules.size).map((candidate): Move => {
    const next = rules.notified(state, candidate)
    const { pending } = next
    const act = 'is notified by'
    if (pending === undefined) return { type: 'change', act, by: candidate, next }
    const own = { ...next, pending: undefined }
    const hear = (other: NodeState): NodeState =>
      rules.answered(own, pending, other.status === 'member' ? 'alive' : 'timed-out')
    return { type: 'question', act: 'is notified, pings its predecessor', to: pending.to, hear }
  })
}

/** Anybody between a member and its head may have been named as the head's predecessor. */
function anyPredecessors(model: Model, state: MemberState): Move[] {
  const { rules } = model
  const head = state.successors[0] ?? 0
  return others(rules.size)
    .filter((node) => isMet(0, node, head))
    .map((to): Move => {
      const query: PendingQuery = { step: 'stabilise-from-predecessor', to, candidate: nobody }
      const hear = (other: NodeState): NodeState | undefined => {
        const told = tells(model, other)
        return typeof told === 'string' ? undefined : rules.answered(state, query, told)
      }
      return { type: 'question', act: acts[query.step], to, hear }
    })
}

function deliveries({ rules, grain }: Model, state: NodeState): Move[] {
  const { notice: to } = state
  if (to === nobody || grain !== 'fine') return []
  const next = { ...state, notice: nobody }
  const receive = (other: NodeState): NodeState | undefined =>
    other.status === 'member' && other.pending === undefined && other.told === undefined
      ? rules.notified(other, rules.size - to)
      : undefined
  return [
    { type: 'change', act: lost, next },
    { type: 'delivery', act: 'notifies', to, next, receive },
  ]
}

function others(size: number): number[] {
  return Array.from({ length: size - 1 }, (_, index) => index + 1)
}
