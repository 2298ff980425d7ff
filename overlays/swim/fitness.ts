import type { LocalHealth } from './health.ts'

/** Since this member's health was last good, so many others must have told theirs; older reports than that are dropped. */
const fewestReports = 8
const mostReports = 16

/** Share of them that must be perfectly well. Where a third of all messages is lost, half of the members are. */
const wellShare = 0.9

/** Share of its limit that the multiplier has reached in bad health, and probes for which it has not been good. */
const badShare = 0.75
const fewestProbes = 8

/** Answered probes in a row after which a member that took itself out comes back. */
const recoveryProbes = 20

/**
 * Whether this member should take itself out of the group: local health taken to its end. In lasting bad health the
 * fault is likely to be here rather than with the others. But when the network is bad for all, each of them thinks so:
 * so members tell their health with every ping and answer, and only the odd one out, which does badly among others who
 * are well, withdraws. Nobody can be talked into it, since what counts are its own probes.
 */
export class Fitness {
  readonly #health: LocalHealth
  /** The multipliers of others, heard since the own one was 0; none in the best of health, which is nearly always. */
  #reports: number[] | undefined
  /** Since then, too. */
  #probes = 0
  #answeredInARow = 0

  constructor(health: LocalHealth) {
    this.#health = health
  }

  get isOddOneOut(): boolean {
    const { multiplier, limit } = this.#health
    const isBad = limit > 0 && multiplier >= limit * badShare && this.#probes >= fewestProbes
    const reports = this.#reports
    if (!isBad || reports === undefined || reports.length < fewestReports) return false
    const well = reports.filter((report) => report === 0)
    return well.length >= reports.length * wellShare
  }

  get isRestored(): boolean {
    return this.#answeredInARow >= recoveryProbes
  }

  /** Another member told its multiplier. */
  heard(report: number): void {
    if (this.#health.multiplier === 0) return
    this.#reports ??= []
    this.#reports.push(report)
    if (this.#reports.length > mostReports) this.#reports.shift()
  }

  /** After the health has taken note of it. */
  probeSucceeded(): void {
    this.#answeredInARow++
    if (this.#health.multiplier > 0) this.#probes++
    else this.#forget()
  }

  probeFailed(): void {
    this.#answeredInARow = 0
    this.#probes++
  }

  #forget(): void {
    this.#probes = 0
    this.#reports = undefined
  }
}
