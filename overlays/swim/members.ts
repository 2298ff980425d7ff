import { integer, type Duration, type Instant, type Member, type PeerId } from '../../node/protocol/index.ts'
import type { MemberState, Random } from '../../node/protocol/index.ts'
import type { MemberUpdate } from './messages.ts'
import type { Suspicion } from './suspicion.ts'

/** What is known of one other member. Changed by the table alone. */
export interface MemberRecord {
  readonly peer: PeerId
  state: MemberState
  incarnation: number
  since: Instant
  roundTrip: Duration | undefined
  /** While it is suspected. */
  suspicion: Suspicion | undefined
  addresses: readonly string[]
  /** When it was last given the whole list, or −Infinity: it is not given it at every word. */
  pushedAt: Instant
}

/** At one incarnation, what is worse is believed (SWIM §4.2); having left outranks having failed, as the member said so. */
const ranks: { readonly [State in MemberState]: number } = { alive: 0, suspected: 1, failed: 2, left: 3 }

/**
 * Whether an update is news: pairs (incarnation, rank) are totally ordered, so members that heard the same updates in
 * any order believe the same.
 *
 * Deviation: in the paper a confirmed failure is final and overrides every incarnation. Here a peer keeps its PeerId
 * for life, so it may come back with a higher incarnation, and a failure is only believed of the incarnation it names.
 */
export function supersedes(update: Pick<MemberUpdate, 'state' | 'incarnation'>, record: MemberRecord): boolean {
  if (update.incarnation !== record.incarnation) return update.incarnation > record.incarnation
  return ranks[update.state] > ranks[record.state]
}

export function isGone(state: MemberState): boolean {
  return state === 'failed' || state === 'left'
}

/** Every other member: the live ones in an array for drawing at random, the gone ones in the order they went. */
export class MemberTable {
  readonly #limit: number
  readonly #records = new Map<PeerId, MemberRecord>()
  readonly #live: PeerId[] = []
  readonly #places = new Map<PeerId, number>()
  readonly #gone = new Map<PeerId, MemberRecord>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get liveCount(): number {
    return this.#live.length
  }

  get isFull(): boolean {
    return this.#records.size >= this.#limit
  }

  get longestGone(): MemberRecord | undefined {
    const [longest] = this.#gone.values()
    return longest
  }

  get(peer: PeerId): MemberRecord | undefined {
    return this.#records.get(peer)
  }

  isLive(peer: PeerId): boolean {
    return this.#places.has(peer)
  }

  records(): Iterable<MemberRecord> {
    return this.#records.values()
  }

  live(): readonly PeerId[] {
    return this.#live
  }

  add({ peer, state, incarnation, addresses }: MemberUpdate, now: Instant): MemberRecord {
    const unmeasured = { roundTrip: undefined, suspicion: undefined, pushedAt: -Infinity }
    const record: MemberRecord = { peer, state, incarnation, since: now, addresses, ...unmeasured }
    this.#records.set(peer, record)
    this.#place(record)
    return record
  }

  change(record: MemberRecord, state: MemberState, incarnation: number, now: Instant): void {
    record.incarnation = incarnation
    record.suspicion = undefined
    if (record.state === state) return
    record.state = state
    record.since = now
    this.#place(record)
  }

  /** Smoothed as TCP does (RFC 6298): an eighth of each new measurement. */
  measured(peer: PeerId, roundTrip: Duration): void {
    const record = this.#records.get(peer)
    if (record === undefined) return
    const before = record.roundTrip ?? roundTrip
    record.roundTrip = Math.round(before + (roundTrip - before) / 8)
  }

  forget(peer: PeerId): void {
    this.#records.delete(peer)
    this.#gone.delete(peer)
    this.#unplace(peer)
  }

  /** Up to `count` distinct live members, every choice equally likely. @param not is never chosen */
  sample(random: Random, count: number, not?: PeerId): PeerId[] {
    const chosen: PeerId[] = []
    // A partial Fisher–Yates shuffle of the array itself, whose order means nothing.
    for (let index = 0; index < this.#live.length && chosen.length < count; index++) {
      this.#swap(index, index + integer(random, this.#live.length - index))
      const peer = this.#live[index] as PeerId
      if (peer !== not) chosen.push(peer)
    }
    return chosen
  }

  /** A member that failed or is said to have left, any of them equally likely. */
  sampleGone(random: Random): PeerId | undefined {
    return this.#gone.size === 0 ? undefined : [...this.#gone.keys()][integer(random, this.#gone.size)]
  }

  #place(record: MemberRecord): void {
    const gone = isGone(record.state)
    this.#gone.delete(record.peer)
    if (gone) {
      this.#gone.set(record.peer, record)
      this.#unplace(record.peer)
    } else if (!this.#places.has(record.peer)) {
      this.#places.set(record.peer, this.#live.length)
      this.#live.push(record.peer)
    }
  }

  #unplace(peer: PeerId): void {
    const place = this.#places.get(peer)
    if (place === undefined) return
    this.#swap(place, this.#live.length - 1)
    this.#live.pop()
    this.#places.delete(peer)
  }

  #swap(left: number, right: number): void {
    const [first, second] = [this.#live[left] as PeerId, this.#live[right] as PeerId]
    this.#live[left] = second
    this.#live[right] = first
    this.#places.set(second, left)
    this.#places.set(first, right)
  }
}

/** What the role tells of a record. */
export function memberOf({ peer, state, incarnation, since, roundTrip }: MemberRecord): Member {
  return { peer, state, incarnation, since, ...(roundTrip === undefined ? {} : { roundTrip }) }
}
