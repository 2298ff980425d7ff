import {
  zaveRules,
  type Answer,
  type Neighbourhood,
  type Pending,
  type RingNode,
  type RingRules,
  type Step,
} from '../../../../overlays/chord/index.ts'
import { ModelRules } from './model-rules.ts'
import { usualModel, type Model } from './moves.ts'
import { idealWorld, type World } from './node-state.ts'

/** The rules, or what is left of them when one is taken away. */
export interface Variant {
  /** Of the design's list. */
  readonly rule: string
  /** What is done instead. */
  readonly instead: string
  /** The smallest ring in which it goes wrong, if it does. */
  readonly size: number
  /** Whether it is the invariant that is violated; otherwise the ring does not become ideal. */
  readonly isUnsafe: boolean
  readonly model?: Partial<Model>
  readonly rules?: (length: number) => Partial<RingRules>
  /** Of how many members the ring is made that all starts with. @default r + 1 */
  readonly founders?: number
}

const variants = {
  'all rules': { rule: '', instead: '', size: 0, isUnsafe: false },
  'a ring of one': {
    rule: '1 initialise',
    instead: 'starts with one member, its own successor; failures leave each member one live successor',
    size: 3,
    isUnsafe: false,
    model: { invariant: ['OneLiveSuccessor'] },
    founders: 1,
  },
  'successor alone': {
    rule: '2 join',
    instead: 'a newcomer takes its successor without the rest of the list',
    size: 5,
    isUnsafe: true,
    rules: () => ({ join: (self, from, asked) => headAlone(zaveRules.join(self, from, asked)) }),
  },
  'successor asked': {
    rule: '2 join',
    instead: 'a newcomer asks its successor for the list, as first designed',
    size: 5,
    isUnsafe: true,
    model: { newcomerAsks: 'successor' },
    rules: (length) => ({ join: (_self, from, { successors }) => joinedBefore(from, successors, length) }),
  },
  'silent head kept': {
    rule: '3 stabilise from successor',
    instead: 'a successor that is silent is kept',
    size: 4,
    isUnsafe: false,
    rules: () => ({ answered: onSilence('stabilise-from-successor', (known) => ({ neighbourhood: known })) }),
  },
  'notifies of changes': {
    rule: '3 stabilise from successor',
    instead: 'notifies only if its list has changed',
    size: 4,
    isUnsafe: false,
    rules: () => ({ answered: notifyingOfChanges }),
  },
  'next not asked': {
    rule: '3 stabilise from successor',
    instead: 'after a time-out the next is asked a period later',
    size: 0,
    isUnsafe: false,
    rules: () => ({ answered: onSilence('stabilise-from-successor', dropHead) }),
  },
  'adopts unanswered': {
    rule: '4 stabilise from predecessor',
    instead: 'adopts a predecessor of its successor that does not answer',
    size: 5,
    isUnsafe: true,
    rules: () => ({ answered: onSilence('stabilise-from-predecessor', adoptUnanswered) }),
  },
  'predecessor not pinged': {
    rule: '5 rectify',
    instead: 'whoever notifies becomes the predecessor, no ping',
    size: 4,
    isUnsafe: false,
    rules: () => ({
      notified: (_self, known, candidate) => ({ neighbourhood: { ...known, predecessor: candidate } }),
    }),
  },
  'dead predecessor kept': {
    rule: '5 rectify',
    instead: 'only a closer one becomes the predecessor, no ping',
    size: 4,
    isUnsafe: false,
    rules: () => ({
      notified: (self, known, candidate) => withoutPing(zaveRules.notified(self, known, candidate), known),
    }),
  },
  'never busy': {
    rule: '6 busy',
    instead: 'a member that waits tells its old state',
    size: 4,
    isUnsafe: true,
    model: { whileWaiting: 'old state' },
  },
} as const satisfies Readonly<Record<string, Variant>>

export type VariantName = keyof typeof variants

export const removedRules: readonly VariantName[] = Object.keys(variants).filter(
  (name): name is VariantName => name !== 'all rules',
)

export function variantOf(name: VariantName): Variant {
  return variants[name]
}

/** @param length r, of a successor list */
export function modelOf(name: VariantName, size: number, length: number, grain: Model['grain']): Model {
  const { model, rules }: Variant = variants[name]
  return { ...usualModel, ...model, grain, rules: new ModelRules({ ...zaveRules, ...rules?.(length) }, size, length) }
}

/** Every world with which a ring may begin: r + 1 members who know all that is right. */
export function startsOf(name: VariantName, size: number, length: number): World[] {
  const { founders = length + 1 }: Variant = variants[name]
  return subsets(size, founders).map((members) => idealWorld(size, length, members))
}

function subsets(size: number, count: number, from = 0): number[][] {
  if (count === 0) return [[]]
  return Array.from({ length: size - from }, (_, index) => from + index).flatMap((first) =>
    subsets(size, count - 1, first + 1).map((rest) => [first, ...rest]),
  )
}

function headAlone(joined: Neighbourhood | undefined): Neighbourhood | undefined {
  return joined && { ...joined, successors: joined.successors.slice(0, 1) }
}

function joinedBefore(head: RingNode, successors: readonly RingNode[], length: number): Neighbourhood {
  return { successors: [head, ...successors].slice(0, length), predecessor: undefined }
}

/** The rules but for what is done when nobody answers a question of that step. */
function onSilence(
  step: Pending['step'],
  act: (known: Neighbourhood, to: RingNode, length: number) => Step,
): RingRules['answered'] {
  return (self, known, pending, answer, length) =>
    pending.step === step && answer.type === 'timed-out'
      ? act(known, pending.to, length)
      : zaveRules.answered(self, known, pending, answer, length)
}

function dropHead(known: Neighbourhood): Step {
  return { neighbourhood: { ...known, successors: known.successors.slice(1) } }
}

function adoptUnanswered(known: Neighbourhood, to: RingNode, length: number): Step {
  return { neighbourhood: { ...known, successors: [to, ...known.successors].slice(0, length) }, notify: to }
}

function notifyingOfChanges(
  self: RingNode,
  known: Neighbourhood,
  pending: Pending,
  answer: Answer,
  length: number,
): Step {
  const { notify, ...step } = zaveRules.answered(self, known, pending, answer, length)
  const { successors } = step.neighbourhood
  const isSame =
    successors.length === known.successors.length && successors.every((node, index) => node === known.successors[index])
  return isSame || notify === undefined ? step : { ...step, notify }
}

function withoutPing({ pending, ...step }: Step, known: Neighbourhood): Step {
  return pending === undefined ? step : { neighbourhood: known }
}
