import { integer, shuffle, type Duration, type Instant, type PeerId, type Random } from '../../node/protocol/index.ts'

/** The probe of the running period. */
interface Probe {
  readonly number: number
  readonly target: PeerId
  readonly sentAt: Instant
  readonly relays: PeerId[]
}

/** A ping sent on behalf of another member. */
interface Relay {
  readonly target: PeerId
  readonly requester: PeerId
  readonly requesterProbe: number
}

/** What an ack turned out to answer. */
export type Acknowledged =
  | { readonly type: 'direct'; readonly peer: PeerId; readonly roundTrip: Duration }
  | { readonly type: 'indirect'; readonly peer: PeerId }
  | { readonly type: 'relayed'; readonly requester: PeerId; readonly requesterProbe: number }

/** Pings sent for others that may await an answer at once; beyond it the oldest is forgotten. */
const relayLimit = 256

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
  readonly #relays = new Map<number, Relay>()

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
    this.#probe = target === undefined ? undefined : { number: this.number(), target, sentAt: now, relays: [] }
    return this.#probe
  }

  /** @returns the probe of that number, while it waits for an answer */
  awaiting(number: number): Probe | undefined {
    return this.#probe?.number === number ? this.#probe : undefined
  }

  /** @returns the member whose probe nobody answered */
  finish(): PeerId | undefined {
    const silent = this.#probe?.target
    this.#probe = undefined
    return silent
  }

  /** A number for a ping whose answer matters only for what rides on it. */
  number(): number {
    return ++this.#number
  }

  relay(target: PeerId, requester: PeerId, requesterProbe: number): number {
    const number = this.number()
    this.#relays.set(number, { target, requester, requesterProbe })
    if (this.#relays.size > relayLimit) {
      const [oldest] = this.#relays.keys()
      this.#relays.delete(oldest as number)
    }
    return number
  }

  /** Only whoever was pinged or asked for help can answer; all other acks are nothing. */
  acknowledge(number: number, from: PeerId, now: Instant): Acknowledged | undefined {
    const relay = this.#relays.get(number)
    if (relay !== undefined) {
      if (relay.target !== from) return undefined
      this.#relays.delete(number)
      return { type: 'relayed', requester: relay.requester, requesterProbe: relay.requesterProbe }
    }
    const probe = this.awaiting(number)
    if (probe === undefined) return undefined
    if (from !== probe.target && !probe.relays.includes(from)) return undefined
    this.#probe = undefined
    if (from !== probe.target) return { type: 'indirect', peer: probe.target }
    return { type: 'direct', peer: from, roundTrip: now - probe.sentAt }
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
