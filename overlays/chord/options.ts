import type { Duration } from '../../node/protocol/index.ts'

/** How a peer behaves on the ring. All peers of a ring must agree on `successors`; the rest is each one's own matter. */
export interface ChordOptions {
  /** The r of the papers: length of the successor list. A ring survives as long as no r neighbours fail within one round of
   *  stabilisation; up to so many peers know each other completely instead of forming a ring. @default 8 */
  readonly successors?: number
  /** Places of this peer on the ring. More give a share of keys nearer to the average, and cost as many times the upkeep.
   *  @default 1 */
  readonly virtualNodes?: number
  /** 2 is the paper's: a finger for each halving of the ring. With a base of b there are b − 1 fingers for each division by
   *  b: shorter ways, more fingers to keep. A power of two from 2 to 16. @default 2 */
  readonly fingerBase?: number
  /** How often each place is stabilised. Shorter mends the ring sooner and costs three messages each: a question, its answer
   *  and a notification. At least 10: a place in a hurry is stabilised ten times as often. @default 1000 */
  readonly stabiliseInterval?: Duration
  /** How often one finger is looked up again. @default 1000 */
  readonly fingerInterval?: Duration
  /** How long an answer may take. Longer than nearly every round trip; shorter gets round dead peers sooner. Must be less
   *  than `lookupTimeout`. @default 500 */
  readonly requestTimeout?: Duration
  /** How often a neighbour is asked before it is held for dead. More forgive lost messages. Lookups ask once. @default 3 */
  readonly requestAttempts?: number
  /** The α of Kademlia's authors: peers asked at a time in one lookup. More get round dead peers without waiting, at the
   *  price of as many messages. @default 1 */
  readonly parallelism?: number
  /** `iterative`: this peer asks one after another, and sees where it hangs. `recursive`: each hands the question on, and the
   *  last one answers: half the time where nobody fails. Of those on the way this peer sees the first alone: it has the
   *  others, and how many they are, from the one that answers, and cannot know when they were asked, who was silent on the
   *  way, or whether one of them lies. If there is no answer after a quarter of `lookupTimeout`, or none that can well be,
   *  it goes on iteratively. @default 'iterative' */
  readonly routing?: 'iterative' | 'recursive'
  /** Whether lookups may end with whoever has the owner in its successor list, one peer sooner. Such an answer is as old as
   *  that list, and as true as those it was learnt from; otherwise the predecessor of the key itself is asked. Reads and
   *  writes are short in any case: they ask the owner to confirm. @default false */
  readonly listAnswers?: boolean
  /** Whether a peer that was silent in a lookup is not asked again in it, whoever names it. @default true */
  readonly deadMemory?: boolean
  /** Of so many nodes that could serve as a finger the one with the shortest round trip is taken. More bring shorter ways
   *  and cost a ping each; 1 takes the first. @default 4 */
  readonly proximityCandidates?: number
  /** A lookup that takes longer has failed. Must exceed `requestTimeout`: many of these fit into it where peers are dead.
   *  @default 10000 */
  readonly lookupTimeout?: Duration
  /** Most lookups at a time. @default 1000 */
  readonly lookupLimit?: number
  /** Most peers asked in one lookup. @default 128 */
  readonly contactLimit?: number
  /** While there is no ring: how often all known peers are told of each other. @default 500 */
  readonly gatherInterval?: Duration
  /** Most peers known while there is no ring. @default 64 */
  readonly gatherLimit?: number
  /** How often it is looked whether somebody lives on a ring of its own, as after a partition. @default 15000 */
  readonly unifyInterval?: Duration
}

/** With the defaults filled in, and checked. */
export type ResolvedChordOptions = Required<ChordOptions>

const defaults: ResolvedChordOptions = Object.freeze({
  successors: 8,
  virtualNodes: 1,
  fingerBase: 2,
  stabiliseInterval: 1000,
  fingerInterval: 1000,
  requestTimeout: 500,
  requestAttempts: 3,
  parallelism: 1,
  routing: 'iterative',
  listAnswers: false,
  deadMemory: true,
  proximityCandidates: 4,
  lookupTimeout: 10_000,
  lookupLimit: 1000,
  contactLimit: 128,
  gatherInterval: 500,
  gatherLimit: 64,
  unifyInterval: 15_000,
})

const flags = ['listAnswers', 'deadMemory'] as const

type NumericOption = Exclude<keyof ChordOptions, 'routing' | (typeof flags)[number]>

const ranges: { readonly [Name in NumericOption]: readonly [least: number, most: number] } = Object.freeze({
  // Zave's proof needs two.
  successors: [2, 64],
  virtualNodes: [1, 64],
  fingerBase: [2, 16],
  // A tenth of it is an interval, too.
  stabiliseInterval: [10, 3_600_000],
  fingerInterval: [1, 3_600_000],
  requestTimeout: [1, 60_000],
  requestAttempts: [1, 10],
  parallelism: [1, 16],
  proximityCandidates: [1, 16],
  lookupTimeout: [1, 600_000],
  lookupLimit: [1, 1_000_000],
  contactLimit: [1, 1024],
  gatherInterval: [1, 3_600_000],
  gatherLimit: [2, 1024],
  unifyInterval: [1, 86_400_000],
})

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveChordOptions(options: ChordOptions = {}): ResolvedChordOptions {
  const resolved: ResolvedChordOptions = { ...defaults, ...options }
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = resolved[name as NumericOption]
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new RangeError(`Cannot use ${name} = ${value} for Chord: it must be an integer from ${least} to ${most}`)
    }
  }
  for (const name of flags) {
    if (typeof resolved[name] !== 'boolean') {
      throw new RangeError(`Cannot use ${name} = ${String(resolved[name])} for Chord: it must be true or false`)
    }
  }
  const { fingerBase, gatherLimit, lookupTimeout, requestTimeout, successors, routing } = resolved
  if ((fingerBase & (fingerBase - 1)) !== 0) {
    throw new RangeError(`Cannot use fingerBase = ${fingerBase} for Chord: it must be 2, 4, 8 or 16`)
  }
  if (routing !== 'iterative' && routing !== 'recursive') {
    throw new RangeError(`Cannot use routing = ${String(routing)} for Chord: it must be iterative or recursive`)
  }
  if (gatherLimit <= successors) {
    throw new RangeError(`Cannot use gatherLimit = ${gatherLimit} for Chord: it must exceed successors = ${successors}`)
  }
  if (lookupTimeout <= requestTimeout) {
    const wish = `it must exceed requestTimeout = ${requestTimeout}`
    throw new RangeError(`Cannot use lookupTimeout = ${lookupTimeout} for Chord: ${wish}`)
  }
  return Object.freeze(resolved)
}
