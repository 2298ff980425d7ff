import type { Instant, PeerId } from '../../node/protocol/index.ts'

/** The probe of the running period. */
export interface Probe {
  readonly number: number
  readonly target: PeerId
  /** Where the target stands in the member table. */
  readonly slot: number
  readonly sentAt: Instant
  /** Who were asked to ping the target as well. */
  relays: readonly PeerId[]
  /** Those of them who said that they had no answer either. */
  nacks: readonly PeerId[]
}

const nobody: readonly PeerId[] = Object.freeze([])

/** What answers are awaited (SWIM §3.1). One probe of its own is out at a time. */
export class Prober {
  #number = 0
  #probe: Probe | undefined

  begin(target: PeerId, slot: number, now: Instant): Probe {
    this.#probe = { number: this.number(), target, slot, sentAt: now, relays: nobody, nacks: nobody }
    return this.#probe
  }

  /** @returns the probe of that number, while it waits for an answer */
  awaiting(number: number): Probe | undefined {
    return this.#probe?.number === number ? this.#probe : undefined
  }

  /** @returns where that member stands in the table, if its answer is awaited */
  slotOf(target: PeerId): number | undefined {
    return this.#probe?.target === target ? this.#probe.slot : undefined
  }

  /** @returns the probe that nobody answered */
  finish(): Probe | undefined {
    const silent = this.#probe
    this.#probe = undefined
    return silent
  }

  /** A number for a ping that is no probe of one's own. */
  number(): number {
    return ++this.#number
  }

  /**
   * Only whoever was pinged or asked for help can answer; all other acks are nothing.
   *
   * @returns the probe that this answers
   */
  acknowledge(number: number, from: PeerId): Probe | undefined {
    const probe = this.awaiting(number)
    if (probe === undefined) return undefined
    if (from !== probe.target && !probe.relays.includes(from)) return undefined
    this.#probe = undefined
    return probe
  }

  /** Only those who were asked can say that they had no answer, once each. */
  refuse(number: number, from: PeerId): void {
    const probe = this.awaiting(number)
    if (probe?.relays.includes(from) === true && !probe.nacks.includes(from)) probe.nacks = [...probe.nacks, from]
  }
}
