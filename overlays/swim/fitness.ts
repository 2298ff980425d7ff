import type { PeerId } from '../../node/protocol/index.ts'
import type { LocalHealth } from './health.ts'

/** So many others must have told their health lately; the latest report of each counts, of at most that many. */
const fewestReports = 8
const mostReports = 16

/** Share of them that must be perfectly well. Where a third of all messages is lost, half of the members are. */
const nearlyAll = 0.9
const most = 0.5

/** Share of its limit that the multiplier has reached in bad health, and probes for which it has not been good. */
const badShare = 0.75
const fewestProbes = 8

/** So many different members must have been silent since: a few liars could be so on purpose. */
const fewestSilent = 3

/** Answered probes in a row after which a member that took itself out comes back. */
const recoveryProbes = 20

/**
 * Whether this member should take itself out of the group: local health taken to its end. In lasting bad health the
 * fault is likely to be here rather than with the others. But when the network is bad for all, each of them thinks so:
 * so members tell their health with every ping and answer, and only the odd one out, which does badly among others who
 * are well, withdraws.
 *
 * A liar can worsen the health of others (by each suspicion that they have to refute), be silent when it is probed, and
 * say as often as it likes that it is well. So of each member one report counts, and one silence.
 */
export class Fitness {
  readonly #health: LocalHealth
  /** The multipliers of others, heard since the own one was 0; whoever told it last comes last. */
  #reports: Map<PeerId, number> | undefined
  /** Who has been silent since then, and how many probes there were. */
  #silent: Set<PeerId> | undefined
  #probes = 0
  #answeredInARow = 0
  #lastSilent: PeerId | undefined

  constructor(health: LocalHealth) {
    this.#health = health
  }

  get isOddOneOut(): boolean {
    const { multiplier, limit } = this.#health
    if (limit === 0 || multiplier < limit * badShare || this.#probes < fewestProbes) return false
    return (this.#silent?.size ?? 0) >= fewestSilent && this.#areWell(nearlyAll)
  }

  get isAmongTheWell(): boolean {
    return this.#areWell(most)
  }

  get isRestored(): boolean {
    return this.#answeredInARow >= recoveryProbes
  }

  /** A member told its multiplier. */
  heard(from: PeerId, report: number): void {
    if (this.#health.multiplier === 0) return
    this.#reports ??= new Map()
    this.#reports.delete(from)
    this.#reports.set(from, report)
    if (this.#reports.size <= mostReports) return
    const [oldest] = this.#reports.keys()
    this.#reports.delete(oldest as PeerId)
  }

  /** After the health has taken note of it. */
  probeSucceeded(): void {
    this.#answeredInARow++
    if (this.#health.multiplier > 0) this.#probes++
    else this.#forget()
  }

  probeFailed(target: PeerId): void {
    // One that is silent again and again says nothing new of this member.
    if (target !== this.#lastSilent) this.#answeredInARow = 0
    this.#lastSilent = target
    this.#probes++
    // Before others told that they are well, the fault may have been one that was theirs too: a partition, say.
    if (this.#reports === undefined || this.#reports.size < fewestReports) return
    this.#silent ??= new Set()
    if (this.#silent.size < fewestSilent) this.#silent.add(target)
  }

  /** So say those who told how they do since this member's health was last good. */
  #areWell(share: number): boolean {
    if (this.#reports === undefined || this.#reports.size < fewestReports) return false
    let well = 0
    for (const report of this.#reports.values()) if (report === 0) well++
    return well >= this.#reports.size * share
  }

  #forget(): void {
    this.#probes = 0
    this.#silent = this.#reports = undefined
  }
}
