import type { Duration, MemberState } from '../../node/protocol/index.ts'
import { logarithm } from './logarithm.ts'
import type { ResolvedSwimOptions } from './options.ts'

/**
 * How long a suspect may clear its name (SWIM §4.2). It grows with log n, as does the time an accusation and its
 * refutation take to spread; the form is memberlist's.
 *
 * @param members this one included
 */
export function suspicionTimeout(options: ResolvedSwimOptions, members: number): Duration {
  return Math.round(options.suspicionMultiplier * Math.max(1, logarithm(members)) * options.probeInterval)
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
  claim: { readonly state: MemberState; readonly incarnation: number },
  step: number,
): number | undefined {
  const isContent = claim.state === 'alive' ? claim.incarnation <= own : claim.incarnation < own
  return isContent ? undefined : Math.min(claim.incarnation + 1, own + step)
}
