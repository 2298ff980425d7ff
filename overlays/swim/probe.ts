import { integer, shuffle, type Duration, type Instant, type PeerId, type Random } from '../../node/protocol/index.ts'

/** The probe of the running period. */
export interface Probe {
  readonly number: number
  readonly target: PeerId
  readonly sentAt: Instant
  /** Who were asked to ping the target as well. */
  readonly relays: PeerId[]
  /** Those of them who said that they had no answer either. */
  readonly nacks: PeerId[]
}

/** What an ack turned out to answer. */
export type Acknowledged =
  | { readonly type: 'direct'; readonly peer: PeerId; readonly roundTrip: Duration }
  | { readonly type: 'indirect'; readonly peer: PeerId }

/**
 * Whom to probe next, and what answers are awaited (SWIM §3.1, §4.3). One probe of its own is out at a time.
 *
 * Members are probed round-robin in an order shuffled anew at each traversal, so that every member is probed within
 * 2n − 1 periods (§4.3). A newcomer takes a random place among those still to come in this traversal.
 */
export class Prober {
  #number = 0
  #order: PeerId[] = []
  #next = 0
  readonly #ordered = new Set<PeerId>()
  #probe: Probe | undefined

  include(random: Random, peer: PeerId): void {
    if (this.#ordered.has(peer)) return
    this.#ordered.add(peer)
    const place = this.#next + integer(random, this.#order.length - this.#next + 1)
    this.#order.push(peer)
    const last = this.#order.length - 1
    this.#order[last] = this.#order[place] as PeerId
    this.#order[place] = peer
  }

  /** Starts the probe of the next member in the order. @param live who still takes part */
  begin(random: Random, live: readonly PeerId[], isLive: (peer: PeerId) => boolean, now: Instant): Probe | undefined {
    const target = this.#nextTarget(random, live, isLive)
    this.#probe =
      target === undefined ? undefined : { number: this.number(), target, sentAt: now, relays: [], nacks: [] }
    return this.#probe
  }

  /** @returns the probe of that number, while it waits for an answer */
  awaiting(number: number): Probe | undefined {
    return this.#probe?.number === number ? this.#probe : undefined
  }

  /** @returns the probe that nobody answered */
  finish(): Probe | undefined {
    const silent = this.#probe
    this.#probe = undefined
    return silent
  }

  /** A number for a ping whose answer matters only for what rides on it. */
  number(): number {
    return ++this.#number
  }

  /** Only whoever was pinged or asked for help can answer; all other acks are nothing. */
  acknowledge(number: number, from: PeerId, now: Instant): Acknowledged | undefined {
    const probe = this.awaiting(number)
    if (probe === undefined) return undefined
    if (from !== probe.target && !probe.relays.includes(from)) return undefined
    this.#probe = undefined
    if (from !== probe.target) return { type: 'indirect', peer: probe.target }
    return { type: 'direct', peer: from, roundTrip: now - probe.sentAt }
  }

  /** Only those who were asked can say that they had no answer, once each. */
  refuse(number: number, from: PeerId): void {
    const probe = this.awaiting(number)
    if (probe?.relays.includes(from) === true && !probe.nacks.includes(from)) probe.nacks.push(from)
  }

  #nextTarget(random: Random, live: readonly PeerId[], isLive: (peer: PeerId) => boolean): PeerId | undefined {
    for (;;) {
      while (this.#next < this.#order.length) {
        const peer = this.#order[this.#next++] as PeerId
        if (isLive(peer)) return peer
        this.#ordered.delete(peer)
      }
      if (live.length === 0) return undefined
      this.#order = shuffle(random, live.slice())
      this.#next = 0
      this.#ordered.clear()
      for (const peer of this.#order) this.#ordered.add(peer)
    }
  }
}
