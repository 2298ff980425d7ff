import type { Duration } from '../../node/protocol/index.ts'
import { confirmationLimit } from './suspicion.ts'

/** How a member of the group behaves. Members with different options get along; only the limits should agree. */
export interface SwimOptions {
  /** The protocol period T' of the paper: one member is probed in each. Shorter notices crashes sooner and costs more
   *  messages. @default 1000 */
  readonly probeInterval?: Duration
  /** How long a direct ping may take before others are asked to try. Should be above nearly every round trip, and must
   *  be below `probeInterval`, or nobody has time to try. @default 500 */
  readonly probeTimeout?: Duration
  /** The k of the paper: how many members are asked to ping one that did not answer. More forgive a lossier network.
   *  @default 3 */
  readonly indirectProbes?: number
  /** A suspect may clear its name for this × max(1, log10 n) periods, once enough others have confirmed the suspicion.
   *  More forgives slow members, less notices crashes sooner. @default 4 */
  readonly suspicionMultiplier?: number
  /** The β of Lifeguard: while nobody confirms a suspicion, the suspect has this many times as long. More protects from
   *  accusers that are deaf themselves, and is slower where members fail together. 1 is the fixed time of SWIM.
   *  @default 6 */
  readonly suspicionMaximumMultiplier?: number
  /** The k of Lifeguard: after so many confirmations by other members, the time of a suspect is down to the least.
   *  More are slower to believe a failure. At most 16. Groups too small to give them wait for none. @default 3 */
  readonly suspicionConfirmations?: number
  /** The S of Lifeguard: a member that misses what it should hear probes more slowly and waits longer for answers, up to
   *  (this + 1) times. More spares the others, but a member that is deaf for long notices crashes later. 0 is off, and
   *  asks for no nacks. @default 8 */
  readonly localHealthLimit?: number
  /** Share of `probeTimeout`, or of what it leaves of the period where that is less, above 0 and at most 1, after which
   *  somebody who pings for another says that it has had no answer (nack). Late ones miss the end of the asker's period,
   *  early ones are sent in vain. @default 0.8 */
  readonly nackShare?: number
  /** Whether a suspect is told of the suspicion on the very next message to it, rather than when its turn comes. Costs
   *  a few bytes, and refutations come sooner. (Members thought to be gone are told in any case.) @default true */
  readonly buddySystem?: boolean
  /** Whether a silent probe is held against its target only if a relay was heard meanwhile (its nack is a witness that
   *  this member can hear), and whether a suspicion that nobody else has come to is not confirmed before the suspect was
   *  asked again. Spares the others when this member is deaf; one that is cut off from all notices it later. Not applied
   *  in groups too small to confirm a suspicion. @default true */
  readonly witnesses?: boolean
  /** A member whose own health is at its worst, among others who are well, takes itself out until its probes are answered
   *  again. It is seen as suspected for this long after the last that did so (at most four times as long), and all of them
   *  then leave at once. Longer gives fewer changes of the group, shorter is sooner rid of them. 0: members never do.
   *  @default 45000 */
  readonly withdrawalDelay?: Duration
  /** The λ of the paper: each update is sent λ·⌈log10(n + 1)⌉ times by each member. @default 4 */
  readonly transmissionMultiplier?: number
  /** Most bytes of updates that ride on one message. @default 1200 */
  readonly piggybackLimitBytes?: number
  /** While there are updates to spread, they are also sent by themselves, this often; 0 leaves them to ride on probes
   *  alone, as in the paper. @default 200 */
  readonly gossipInterval?: Duration
  /** To how many members at a time. @default 3 */
  readonly gossipFanout?: number
  /** For so long after a member failed, news is also gossiped to it: if it is back, it learns that and refutes. 0 is
   *  never. @default 30000 */
  readonly gossipToTheDead?: Duration
  /** How often the whole member list is exchanged with a random member, and one that is gone is tried again. Heals what
   *  lost messages and partitions left behind; 0 leaves it at the exchange when joining. @default 30000 */
  readonly syncInterval?: Duration
  /** Most bytes of members in one message of such an exchange. @default 32768 */
  readonly syncPageLimitBytes?: number
  /** Most messages of one side of an exchange; of a longer list a random part is sent. @default 16 */
  readonly syncPageLimit?: number
  /** How long a member that failed or left is remembered (and tried again). Longer than any suspicion can last, or those
   *  who still suspect a forgotten member tell of it as if it were new. @default 3600000 */
  readonly forgetAfter?: Duration
  /** Most members remembered, the gone included. Those gone longest make room; after that newcomers are refused.
   *  @default 10000 */
  readonly memberLimit?: number
  /** How far beyond what is known an incarnation may be that others tell of. It bounds how fast a liar can use numbers
   *  up. @default 1000000 */
  readonly incarnationStep?: number
}

export type ResolvedSwimOptions = Required<SwimOptions>

const lan: ResolvedSwimOptions = Object.freeze({
  probeInterval: 1000,
  probeTimeout: 500,
  indirectProbes: 3,
  suspicionMultiplier: 4,
  suspicionMaximumMultiplier: 6,
  suspicionConfirmations: 3,
  localHealthLimit: 8,
  nackShare: 0.8,
  buddySystem: true,
  witnesses: true,
  withdrawalDelay: 45_000,
  transmissionMultiplier: 4,
  piggybackLimitBytes: 1200,
  gossipInterval: 200,
  gossipFanout: 3,
  gossipToTheDead: 30_000,
  syncInterval: 30_000,
  syncPageLimitBytes: 32_768,
  syncPageLimit: 16,
  forgetAfter: 3_600_000,
  memberLimit: 10_000,
  incarnationStep: 1_000_000,
})

/**
 * `local`, `lan` (the defaults) and `wan` after the presets of hashicorp/memberlist: one machine, one local network, the
 * internet. `original` is SWIM as published in 2002: updates only ride on probes, lists are only exchanged by joiners,
 * nothing of Lifeguard. It is there to compare with.
 */
export const swimPresets: {
  readonly local: ResolvedSwimOptions
  readonly lan: ResolvedSwimOptions
  readonly wan: ResolvedSwimOptions
  readonly original: ResolvedSwimOptions
} = Object.freeze({
  local: Object.freeze({
    ...lan,
    probeTimeout: 200,
    indirectProbes: 1,
    suspicionMultiplier: 3,
    transmissionMultiplier: 2,
    gossipInterval: 100,
    gossipToTheDead: 15_000,
    withdrawalDelay: 20_000,
    syncInterval: 15_000,
  }),
  lan,
  wan: Object.freeze({
    ...lan,
    probeInterval: 5000,
    probeTimeout: 3000,
    suspicionMultiplier: 6,
    gossipInterval: 500,
    gossipFanout: 4,
    gossipToTheDead: 60_000,
    withdrawalDelay: 120_000,
    syncInterval: 60_000,
  }),
  original: Object.freeze({
    ...lan,
    suspicionMaximumMultiplier: 1,
    localHealthLimit: 0,
    buddySystem: false,
    witnesses: false,
    withdrawalDelay: 0,
    gossipInterval: 0,
    gossipToTheDead: 0,
    syncInterval: 0,
  }),
})

/** A page holds at least one member with all its addresses; see messages.ts. */
const smallestPageBytes = 1200
const largestPageBytes = 512 * 1024

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveSwimOptions(options: SwimOptions = {}): ResolvedSwimOptions {
  const resolved: ResolvedSwimOptions = { ...lan, ...options }
  for (const name of Object.keys(leastValues) as IntegerOption[]) {
    const [value, least] = [resolved[name], leastValues[name]]
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`Cannot use ${name} = ${value} for SWIM: it must be an integer of at least ${least}`)
    }
  }
  if (resolved.probeTimeout >= resolved.probeInterval) {
    throw new RangeError(
      `Cannot use probeTimeout = ${resolved.probeTimeout} for SWIM: it must be below probeInterval = ${resolved.probeInterval}`,
    )
  }
  for (const name of ['piggybackLimitBytes', 'syncPageLimitBytes'] as const) {
    if (resolved[name] > largestPageBytes) {
      throw new RangeError(`Cannot use ${name} = ${resolved[name]} for SWIM: it must be at most ${largestPageBytes}`)
    }
  }
  if (resolved.suspicionConfirmations > confirmationLimit) {
    throw new RangeError(
      `Cannot use suspicionConfirmations = ${resolved.suspicionConfirmations} for SWIM: it must be at most ${confirmationLimit}`,
    )
  }
  if (!(resolved.nackShare > 0 && resolved.nackShare <= 1)) {
    throw new RangeError(`Cannot use nackShare = ${resolved.nackShare} for SWIM: it must be above 0 and at most 1`)
  }
  return Object.freeze(resolved)
}

type IntegerOption = Exclude<keyof SwimOptions, 'nackShare' | 'buddySystem' | 'witnesses'>

const leastValues: { readonly [Name in IntegerOption]: number } = Object.freeze({
  probeInterval: 2,
  probeTimeout: 1,
  indirectProbes: 0,
  suspicionMultiplier: 1,
  suspicionMaximumMultiplier: 1,
  suspicionConfirmations: 0,
  localHealthLimit: 0,
  withdrawalDelay: 0,
  transmissionMultiplier: 1,
  piggybackLimitBytes: smallestPageBytes,
  gossipInterval: 0,
  gossipFanout: 1,
  gossipToTheDead: 0,
  syncInterval: 0,
  syncPageLimitBytes: smallestPageBytes,
  syncPageLimit: 1,
  forgetAfter: 1,
  memberLimit: 1,
  incarnationStep: 1,
})
