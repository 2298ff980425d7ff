import {
  assert,
  type AddressBook,
  type Duration,
  type Environment,
  type Instant,
  type MembershipEvent,
  type PeerId,
} from '../../node/protocol/index.ts'
import { Dissemination, transmissionLimit } from './dissemination.ts'
import type { LocalHealth } from './health.ts'
import { MemberTable, isGone, supersedes, type MemberRecord } from './members.ts'
import { encodedBytes, messageLimits, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { confirmSuspicion, refutation, startSuspicion } from './suspicion.ts'
import type { SwimTimer } from './timers.ts'

export type SwimEvent =
  | MembershipEvent
  /** Others thought wrongly of this member, and it told them so. */
  | { readonly type: 'refuted'; readonly incarnation: number }
  /** An update was not believed: its incarnation is absurd, or the member table is full. */
  | {
      readonly type: 'rejected'
      readonly reason: 'incarnation' | 'member-limit'
      readonly peer: PeerId
      readonly from: PeerId
    }
  /** Own addresses beyond what a message holds are told to nobody. */
  | { readonly type: 'addresses-cut'; readonly count: number }

export interface GroupPorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly addresses: AddressBook | undefined
  readonly health: LocalHealth
  /** A member is live that was not: it is probed from now on. */
  readonly includes: (peer: PeerId) => void
}

const none: readonly PeerId[] = Object.freeze([])
const textEncoder = new TextEncoder()

/**
 * What this member believes of the group, itself included, and what of it is still to be told.
 *
 * 1. What is believed of a member only ever rises in the order of `supersedes`.
 * 2. Whatever changes a belief is told on, once for each change.
 * 3. The own incarnation is raised by nobody but this member.
 */
export class Group {
  readonly members: MemberTable
  readonly #ports: GroupPorts
  readonly #options: ResolvedSwimOptions
  readonly #news = new Dissemination()
  /** Those that failed lately, oldest first; some may be back meanwhile. */
  #failed: { readonly record: MemberRecord; readonly since: Instant }[] = []
  #forgetting = false
  #incarnation = 0
  #addresses: readonly string[] = []

  constructor(ports: GroupPorts, options: ResolvedSwimOptions) {
    this.#ports = ports
    this.#options = options
    this.members = new MemberTable(options.memberLimit)
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get hasNews(): boolean {
    return this.#news.size > 0
  }

  self(): MemberUpdate {
    const peer = this.#ports.environment.self
    return { peer, state: 'alive', incarnation: this.#incarnation, addresses: this.#addresses }
  }

  announce(): void {
    this.#addresses = this.#ownAddresses()
    this.#news.add(this.self())
  }

  /** A member that comes back after it left, or has moved, must outdo what it said before. */
  announceAgain(): void {
    this.#raise(this.#incarnation + 1)
  }

  announceMoves(): void {
    const addresses = this.#ports.addresses?.own()
    if (
      addresses !== undefined &&
      !sameTexts(addresses.filter(isBrief).slice(0, messageLimits.addresses), this.#addresses)
    )
      this.announceAgain()
  }

  /** @param listed the update stands in a member list, not in the news */
  hear(update: MemberUpdate, from: PeerId, listed: boolean): void {
    if (update.peer === this.#ports.environment.self) return this.#hearOfSelf(update)
    const record = this.members.get(update.peer)
    // Members speak for themselves with any incarnation; what others say of them may be a lie meant to use numbers up.
    if (update.peer !== from && update.incarnation > (record?.incarnation ?? 0) + this.#options.incarnationStep) {
      return this.#reject('incarnation', update.peer, from)
    }
    if (record === undefined) return this.#admit(update, from)
    const accuser = update.accuser ?? from
    // Deviation (memberlist's): a failure read in a list may be one that the other half of a healed partition believes.
    // It is suspected, so that the member can clear its name.
    const doubted = listed && update.state === 'failed' && !isGone(record.state)
    const news = doubted ? { ...update, state: 'suspected' as const } : update
    if (supersedes(news, record)) {
      this.#learn(record, news)
      this.#believe(record, news.state, news.incarnation, accuser)
    } else if (news.state === 'suspected') {
      if (news.incarnation === record.incarnation) this.#confirmSuspicion(record, accuser)
    } else if (news.incarnation === record.incarnation && record.addresses.length === 0 && this.#learn(record, news)) {
      this.#news.add(this.#updateOf(record))
    }
  }

  /** A probe of this member's own came to nothing. */
  suspect(peer: PeerId): void {
    const record = this.members.get(peer)
    const { self } = this.#ports.environment
    if (record?.state === 'alive') this.#believe(record, 'suspected', record.incarnation, self)
    else if (record?.state === 'suspected') this.#confirmSuspicion(record, self)
  }

  /** The time of a suspect is up (SWIM §4.2: confirm). A timer of a suspicion since refuted or shortened is stale. */
  confirm(peer: PeerId, deadline: Instant): void {
    const record = this.members.get(peer)
    if (record?.suspicion?.deadline !== deadline) return
    this.#believe(record, 'failed', record.incarnation, this.#ports.environment.self)
  }

  /** Those that failed so lately that they are still told the news (memberlist: gossip to the dead). */
  lately(): readonly PeerId[] {
    const since = this.#ports.environment.now() - this.#options.gossipToTheDead
    if (this.#failed.length === 0) return none
    this.#failed = this.#failed.filter(
      (entry) => entry.since > since && entry.record.state === 'failed' && entry.record.since === entry.since,
    )
    return this.#failed.map(({ record }) => record.peer)
  }

  /** Forgets those who have been gone for `forgetAfter`, and looks again when the next one will have. */
  forgetGone(): void {
    this.#forgetting = false
    for (;;) {
      const { longestGone } = this.members
      if (longestGone === undefined) return
      const left = longestGone.since + this.#options.forgetAfter - this.#ports.environment.now()
      if (left > 0) return this.#forgetLater(left)
      this.#forget(longestGone.peer)
    }
  }

  /**
   * What rides on a message to that member. Whoever is suspected is told so first of all, as it alone can refute it
   * (Lifeguard §IV-C, buddy system). Deviation: so is whoever is thought to be gone.
   */
  newsFor(to: PeerId): MemberUpdate[] {
    const record = this.members.get(to)
    const accused = record !== undefined && this.#isToldOfItself(record) ? [briefUpdateOf(record)] : []
    const room = accused.reduce((left, update) => left - encodedBytes(update), this.#options.piggybackLimitBytes)
    const limit = transmissionLimit(this.#options.transmissionMultiplier, this.members.liveCount + 1)
    return [...accused, ...this.#news.take(room, limit)]
  }

  /** Everything known, oneself first. */
  *list(): Generator<MemberUpdate, void, undefined> {
    yield this.self()
    for (const record of this.members.records()) yield this.#updateOf(record)
  }

  #isToldOfItself({ state }: MemberRecord): boolean {
    return state === 'suspected' ? this.#options.buddySystem : state !== 'alive'
  }

  /** @param accuser the one to name, of those who accuse it */
  #updateOf(record: MemberRecord, accuser: PeerId | undefined = record.suspicion?.accusers[0]): MemberUpdate {
    const update = briefUpdateOf(record)
    return accuser === undefined || accuser === this.#ports.environment.self ? update : { ...update, accuser }
  }

  #admit(update: MemberUpdate, from: PeerId): void {
    // Nobody needs to hear that a stranger is gone, and a forgotten member must not come back as a ghost.
    if (isGone(update.state)) return
    if (!this.#makeRoom()) return this.#reject('member-limit', update.peer, from)
    const record = this.members.add({ ...update, addresses: [] }, this.#ports.environment.now())
    this.#learn(record, update)
    if (update.state === 'suspected') this.#startSuspicion(record, update.accuser ?? from)
    this.#arrive(record)
    this.#news.add(this.#updateOf(record))
  }

  #believe(record: MemberRecord, state: MemberRecord['state'], incarnation: number, accuser: PeerId): void {
    const before = record.state
    this.members.change(record, state, incarnation, this.#ports.environment.now())
    if (state === 'suspected') this.#startSuspicion(record, accuser)
    this.#news.add(this.#updateOf(record))
    if (isGone(before) && !isGone(state)) return this.#arrive(record)
    if (before !== state) this.#tell(state, record)
    if (!isGone(state)) return
    if (state === 'failed' && this.#options.gossipToTheDead > 0) this.#failed.push({ record, since: record.since })
    this.#forgetLater(this.#options.forgetAfter)
  }

  /** One timer is enough for all: whoever goes later is forgotten later. */
  #forgetLater(delay: Duration): void {
    if (this.#forgetting) return
    this.#forgetting = true
    this.#ports.environment.schedule({ type: 'forget' }, delay)
  }

  /** @returns false when the table is full of members that are not gone */
  #makeRoom(): boolean {
    const { isFull, longestGone } = this.members
    if (!isFull) return true
    if (longestGone === undefined) return false
    this.#forget(longestGone.peer)
    return true
  }

  #forget(peer: PeerId): void {
    this.members.forget(peer)
    this.#news.remove(peer)
  }

  #arrive(record: MemberRecord): void {
    this.#tell('joined', record)
    this.#ports.includes(record.peer)
    if (record.state === 'suspected') this.#tell('suspected', record)
  }

  #startSuspicion(record: MemberRecord, accuser: PeerId): void {
    const now = this.#ports.environment.now()
    record.suspicion = startSuspicion(this.#options, this.members.liveCount + 1, accuser, now)
    this.#awaitDeadline(record)
  }

  /** Only members confirm, so that nobody can make accusers up. Each confirmation is told on (Lifeguard §IV-B). */
  #confirmSuspicion(record: MemberRecord, accuser: PeerId): void {
    const { environment } = this.#ports
    if (record.suspicion === undefined || (accuser !== environment.self && !this.members.isLive(accuser))) return
    if (!confirmSuspicion(record.suspicion, accuser, environment.now())) return
    this.#news.add(this.#updateOf(record, accuser))
    this.#awaitDeadline(record)
  }

  #awaitDeadline({ peer, suspicion }: MemberRecord): void {
    if (suspicion === undefined) return
    const { environment } = this.#ports
    const { deadline } = suspicion
    environment.schedule({ type: 'suspicion', peer, deadline }, deadline - environment.now())
  }

  #hearOfSelf(update: MemberUpdate): void {
    const next = refutation(this.#incarnation, update, this.#options.incarnationStep)
    if (next !== undefined) {
      this.#raise(next)
      if (update.state === 'suspected' || update.state === 'failed') this.#ports.health.hadToRefute()
      this.#ports.environment.emit({ type: 'refuted', incarnation: this.#incarnation })
    } else if (this.#saysOtherAddresses(update)) {
      // An earlier life of this peer took the same incarnation elsewhere.
      this.announceAgain()
    }
  }

  #saysOtherAddresses({ state, incarnation, addresses }: MemberUpdate): boolean {
    if (state !== 'alive' || incarnation !== this.#incarnation || addresses.length === 0) return false
    return !sameTexts(addresses, this.#addresses)
  }

  #raise(incarnation: number): void {
    assert(incarnation > this.#incarnation, 'an incarnation only ever rises')
    this.#incarnation = Math.min(incarnation, messageLimits.incarnation)
    this.announce()
  }

  #learn(record: MemberRecord, { state, addresses }: MemberUpdate): boolean {
    if (state !== 'alive' || addresses.length === 0) return false
    record.addresses = addresses
    this.#ports.addresses?.learn(record.peer, addresses)
    return true
  }

  #ownAddresses(): readonly string[] {
    const own = this.#ports.addresses?.own() ?? []
    const kept = own.filter(isBrief).slice(0, messageLimits.addresses)
    const count = own.length - kept.length
    if (count > 0) this.#ports.environment.emit({ type: 'addresses-cut', count })
    return kept
  }

  #tell(type: MembershipEvent['type'], { peer, incarnation }: MemberRecord): void {
    this.#ports.environment.emit({ type, peer, incarnation })
  }

  #reject(reason: 'incarnation' | 'member-limit', peer: PeerId, from: PeerId): void {
    this.#ports.environment.emit({ type: 'rejected', reason, peer, from })
  }
}

/** Names no accuser. */
function briefUpdateOf({ peer, state, incarnation, addresses }: MemberRecord): MemberUpdate {
  return { peer, state, incarnation, addresses: state === 'alive' ? addresses : [] }
}

function isBrief(address: string): boolean {
  return textEncoder.encode(address).length <= messageLimits.addressBytes
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index])
}
