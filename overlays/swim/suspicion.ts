import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import { logarithm } from './logarithm.ts'
import type { Standing } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'

/** Why a member is suspected and how long it may still clear its name. */
export interface Suspicion {
  readonly startedAt: Instant
  /** With no confirmation the time is `longest`, with `expected` confirmations or more it is `shortest`. */
  readonly shortest: Duration
  readonly longest: Duration
  readonly expected: number
  /** Distinct; the first one is whose accusation started it, the others confirm it. */
  readonly accusers: PeerId[]
  /** A timer set for another instant is stale. */
  deadline: Instant
  /** How often the suspect was asked again because nobody had confirmed. */
  asked: number
}

/** log2 of 1 … 17. `Math.log` may differ in the last bit from engine to engine, and with it a whole simulated run. */
const logarithms: readonly number[] = Object.freeze([
  0, 1, 1.585, 2, 2.3219, 2.585, 2.8074, 3, 3.1699, 3.3219, 3.4594, 3.585, 3.7004, 3.8074, 3.9069, 4, 4.0875,
])

/** Most confirmations that can be waited for. */
export const confirmationLimit: number = logarithms.length - 1

/**
 * Lifeguard's LHA-Suspicion (§IV-B). A suspicion starts with a long time, which shrinks to the usual one as other
 * members come to the same accusation by themselves: a member whose own ears are blocked hears no confirmation, and
 * gives the suspect time to be heard.
 *
 * @param members this one included
 */
export function startSuspicion(
  options: ResolvedSwimOptions,
  members: number,
  accuser: PeerId,
  startedAt: Instant,
): Suspicion {
  const shortest = suspicionTimeout(options, members)
  const expected = expectedConfirmations(options, members)
  const longest = expected === 0 ? shortest : shortest * options.suspicionMaximumMultiplier
  return { startedAt, shortest, longest, expected, accusers: [accuser], deadline: startedAt + longest, asked: 0 }
}

/** Whether all have confirmed it that are waited for: there is nothing more to learn from a probe of the suspect. */
export function isFullyConfirmed({ accusers, expected }: Suspicion): boolean {
  return expected > 0 && accusers.length > expected
}

/**
 * Beyond Lifeguard: where others would have come to the same suspicion by now and none has, it is likelier that this
 * member is deaf. The suspect is asked again, until the longest time is over once more.
 *
 * @returns false when the suspicion is to be believed now
 */
export function isAskedAgain(suspicion: Suspicion, options: ResolvedSwimOptions): boolean {
  const { accusers, expected, asked } = suspicion
  const isLonely = expected > 0 && accusers.length === 1
  if (!isLonely || asked >= options.suspicionMaximumMultiplier) return false
  suspicion.asked++
  return true
}

/** Whether that accuser is a new one, and its confirmation still waited for. */
export function isConfirmedBy({ accusers, expected }: Suspicion, accuser: PeerId): boolean {
  return accusers.length <= expected && !accusers.includes(accuser)
}

/**
 * Takes note of a new accuser. The one place that decides how confirmations bring the end of a suspicion nearer:
 * longest − (longest − shortest) · log(c + 1) / log(k + 1), of k expected confirmations c have come.
 */
export function confirmSuspicion(suspicion: Suspicion, accuser: PeerId, now: Instant): void {
  const { accusers, expected, startedAt, shortest, longest } = suspicion
  accusers.push(accuser)
  const share = (logarithms[accusers.length - 1] as number) / (logarithms[expected] as number)
  suspicion.deadline = Math.max(now, startedAt + Math.round(longest - (longest - shortest) * share))
}

/**
 * How long a suspect may clear its name (SWIM §4.2). It grows with log n, as does the time an accusation and its
 * refutation take to spread; the form is memberlist's.
 */
function suspicionTimeout(options: ResolvedSwimOptions, members: number): Duration {
  return Math.round(options.suspicionMultiplier * Math.max(1, logarithm(members)) * options.probeInterval)
}

/** In a group with too few others to confirm, none is waited for (memberlist). */
function expectedConfirmations(options: ResolvedSwimOptions, members: number): number {
  if (options.suspicionMaximumMultiplier === 1) return 0
  return members - 2 < options.suspicionConfirmations ? 0 : options.suspicionConfirmations
}

/**
 * What a member that hears of itself must do: the incarnation it has to take, or undefined if it is content.
 *
 * Only the accused may raise its own incarnation; anyone else doing so could resurrect the dead (SWIM §4.2). A higher
 * incarnation than its own is one of an earlier life of this peer, or a lie that others may have believed: it goes
 * beyond it, so that what it says now is news. It goes by `step` at most, so that a lie cannot use the numbers up;
 * if that is not enough it is told so again, and catches up.
 */
export function refutation(
  own: number,
  claim: { readonly state: Standing; readonly incarnation: number },
  step: number,
): number | undefined {
  const isContent = claim.state === 'alive' ? claim.incarnation <= own : claim.incarnation < own
  return isContent ? undefined : Math.min(claim.incarnation + 1, own + step)
}
