import type { AddressBook, Duration, Environment, Instant, MembershipEvent, PeerId } from '../../node/protocol/index.ts'
import { encodedBytes } from './codec.ts'
import { Dissemination, transmissionLimit } from './dissemination.ts'
import type { SwimEvent } from './events.ts'
import type { LocalHealth } from './health.ts'
import {
  believable,
  isGone,
  isLive,
  supersedes,
  type Belief,
  type MemberRecord,
  type MemberTable,
  type Told,
} from './members.ts'
import { noAddresses, noUpdates, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { RecentlyFailed } from './recently-failed.ts'
import { Self } from './self.ts'
import { confirmSuspicion, isConfirmedBy, startSuspicion } from './suspicion.ts'
import type { SwimTimer } from './timers.ts'

export interface GroupPorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly addresses: AddressBook | undefined
  readonly members: MemberTable
  readonly health: LocalHealth
  /** A member is live that was not: it is probed from now on. */
  readonly includes: (record: MemberRecord) => void
}

/**
 * What this member believes of the group, and what of it is still to be told.
 *
 * 1. What is believed of a member only ever rises in the order of `supersedes`, and the version of its tags only rises.
 * 2. Whatever changes a belief is told on, once for each change.
 */
export class Group {
  readonly members: MemberTable
  readonly self: Self
  readonly #ports: GroupPorts
  readonly #options: ResolvedSwimOptions
  readonly #news = new Dissemination()
  readonly #failed: RecentlyFailed
  #forgetting = false

  constructor(ports: GroupPorts, options: ResolvedSwimOptions) {
    this.#ports = ports
    this.#options = options
    this.members = ports.members
    this.#failed = new RecentlyFailed(ports.members, options.gossipToTheDead)
    this.self = new Self({ ...ports, announce: (told) => this.#news.add(told) }, options)
  }

  get hasNews(): boolean {
    return this.#news.size > 0
  }

  /** @param listed the update stands in a member list, not in the news */
  hear(update: MemberUpdate, from: PeerId, listed: boolean): void {
    if (update.peer === this.#ports.environment.self) return this.self.hear(update)
    const record = this.members.get(update.peer)
    // Members speak for themselves with any incarnation; what others say of them may be a lie meant to use numbers up.
    if (
      update.peer !== from &&
      update.incarnation > believable(record?.incarnation ?? 0, this.#options.incarnationStep)
    ) {
      return this.#reject('incarnation', update.peer, from)
    }
    if (record === undefined) this.#admit(update, from)
    else if (supersedes(update, record)) this.#hearNews(record, update, from, listed)
    else if (update.state === 'suspected' && update.incarnation === record.incarnation) {
      this.#confirmSuspicion(record, update.accuser ?? from)
    } else if (update.state === 'alive') {
      const isFirst = update.incarnation === record.incarnation && record.addresses.length === 0
      const change = this.#describe(record, isFirst ? update.addresses : [], update, from)
      if (change !== undefined) this.#tellOn(update.peer, change)
    }
  }

  /** A probe of this member's own came to nothing. */
  suspect(peer: PeerId): void {
    const record = this.members.get(peer)
    const { self } = this.#ports.environment
    if (record?.state === 'alive') this.#believe(record, 'suspected', record.incarnation, self)
    else if (record?.state === 'suspected') this.#confirmSuspicion(record, self)
  }

  /** The time of a suspect may be up (SWIM §4.2: confirm). A timer that has been overtaken by an earlier one is stale. */
  alarm(peer: PeerId, due: Instant): void {
    const record = this.members.get(peer)
    if (record?.alarm !== due) return
    record.alarm = undefined
    const { suspicion } = record
    if (suspicion === undefined) return
    if (suspicion.deadline > due) return this.#awaitDeadline(record)
    this.#believe(record, 'failed', record.incarnation, this.#ports.environment.self)
  }

  /** Those that failed so lately that they are still told the news. */
  lately(): readonly PeerId[] {
    return this.#failed.peers(this.#ports.environment.now())
  }

  /** Forgets those who have been gone for `forgetAfter`, and looks again when the next one will have. */
  forgetGone(): void {
    this.#forgetting = false
    for (;;) {
      const { longestGone } = this.members
      if (longestGone === undefined) return
      const left = longestGone.since + this.#options.forgetAfter - this.#ports.environment.now()
      if (left > 0) return this.#forgetLater(left)
      this.#forget(longestGone)
    }
  }

  /**
   * What rides on a message to that member. Whoever is suspected is told so first of all, as it alone can refute it
   * (Lifeguard §IV-C, buddy system). Deviation: so is whoever is thought to be gone.
   */
  newsFor(to: PeerId): readonly MemberUpdate[] {
    const { suspectedCount, goneCount } = this.members
    if (this.#news.size === 0 && suspectedCount === 0 && goneCount === 0) return noUpdates
    const record = this.members.get(to)
    const accused = record !== undefined && this.#isToldOfItself(record) ? accusation(record) : undefined
    if (this.#news.size === 0) return accused === undefined ? noUpdates : [accused]
    const room = this.#options.piggybackLimitBytes - (accused === undefined ? 0 : encodedBytes(accused))
    const limit = transmissionLimit(this.#options.transmissionMultiplier, this.members.liveCount + 1)
    const news = this.#news.take(room, limit, accused === undefined)
    if (accused !== undefined) news.unshift(accused)
    return news
  }

  /** What is told of a member in lists and news. */
  told(record: MemberRecord): Told {
    record.told ??= this.#tell(record, record.suspicion?.accusers[0])
    return record.told
  }

  #isToldOfItself({ state }: MemberRecord): boolean {
    return state === 'suspected' ? this.#options.buddySystem : state !== 'alive'
  }

  #tell({ peer, state, incarnation, addresses, tags }: MemberRecord, accuser: PeerId | undefined): Told {
    const isOwn = accuser === undefined || accuser === this.#ports.environment.self
    const described = state === 'alive'
    const update: MemberUpdate = {
      peer,
      state,
      incarnation,
      addresses: described ? addresses : noAddresses,
      accuser: isOwn ? undefined : accuser,
      tags: described && tags.version > 0 ? tags : undefined,
    }
    return { update, bytes: encodedBytes(update) }
  }

  #tellOn(peer: PeerId, change: 'addresses' | 'tags'): void {
    const record = this.members.get(peer)
    if (record === undefined) return
    this.#news.add(this.told(record))
    if (change === 'tags' && !isGone(record.state)) this.#emit('updated', record)
  }

  #hearNews(record: MemberRecord, update: MemberUpdate, from: PeerId, listed: boolean): void {
    // Deviation (memberlist's): a failure read in a list may be one that the other half of a healed partition believes.
    // It is suspected, so that the member can clear its name.
    const doubted = listed && update.state === 'failed' && !isGone(record.state)
    const state = doubted ? 'suspected' : update.state
    const accuser = update.accuser ?? from
    if (doubted && !supersedes({ ...update, state }, record)) return this.#confirmSuspicion(record, accuser)
    const wasGone = isGone(record.state)
    this.#believe(record, state, update.incarnation, accuser)
    const changed = this.members.get(update.peer)
    if (state !== 'alive' || changed === undefined) return
    const change = this.#describe(changed, update.addresses, update, from)
    if (change !== undefined) this.#tellOn(update.peer, wasGone ? 'addresses' : change)
  }

  #admit(update: MemberUpdate, from: PeerId): void {
    // Nobody needs to hear that a stranger is gone, and a forgotten member must not come back as a ghost.
    if (isGone(update.state)) return
    if (!this.#makeRoom()) return this.#reject('member-limit', update.peer, from)
    const belief = this.#belief(update.state, update.incarnation, update.accuser ?? from)
    const record = this.members.add(update.peer, belief, this.#ports.environment.now())
    this.#describe(record, update.addresses, update, from)
    this.#arrive(update.peer)
  }

  #believe(record: MemberRecord, state: MemberRecord['state'], incarnation: number, accuser: PeerId): void {
    const before = record.state
    const belief = this.#belief(state, incarnation, accuser)
    const changed = this.members.change(record, belief, this.#ports.environment.now())
    if (isGone(before) && !isGone(state)) return this.#arrive(changed.peer)
    this.#news.add(this.told(changed))
    this.#awaitDeadline(changed)
    if (before !== state) this.#emit(state, changed)
    if (!isGone(state)) return
    if (state === 'failed') this.#failed.add(changed)
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
    if (this.members.size < this.#options.memberLimit) return true
    const { longestGone } = this.members
    if (longestGone === undefined) return false
    this.#forget(longestGone)
    return true
  }

  #forget(record: MemberRecord): void {
    const { peer, incarnation } = record
    this.members.forget(record)
    this.#news.remove(peer)
    this.#ports.environment.emit({ type: 'forgotten', peer, incarnation })
  }

  #arrive(peer: PeerId): void {
    const record = this.members.get(peer)
    if (record === undefined) return
    this.#news.add(this.told(record))
    this.#emit('joined', record)
    this.#ports.includes(record)
    if (record.state !== 'suspected') return
    this.#emit('suspected', record)
    this.#awaitDeadline(record)
  }

  #belief(state: MemberRecord['state'], incarnation: number, accuser: PeerId): Belief {
    if (state !== 'suspected') return { state, incarnation, suspicion: undefined }
    const now = this.#ports.environment.now()
    const suspicion = startSuspicion(this.#options, this.members.liveCount + 1, accuser, now)
    return { state, incarnation, suspicion }
  }

  /** Only members confirm, so that nobody can make accusers up. Each confirmation is told on (Lifeguard §IV-B). */
  #confirmSuspicion(record: MemberRecord, accuser: PeerId): void {
    const { environment } = this.#ports
    const { suspicion } = record
    if (suspicion === undefined || !isConfirmedBy(suspicion, accuser)) return
    if (accuser !== environment.self && !isLive(this.members, accuser)) return
    confirmSuspicion(suspicion, accuser, environment.now())
    this.#news.add(this.#tell(record, accuser))
    this.#awaitDeadline(record)
  }

  /** However often a suspicion is refuted and raised again: a timer that is due before its end will do. */
  #awaitDeadline(record: MemberRecord): void {
    if (record.suspicion === undefined) return
    const { deadline } = record.suspicion
    if (record.alarm !== undefined && record.alarm <= deadline) return
    const { environment } = this.#ports
    record.alarm = deadline
    const delay = Math.max(0, deadline - environment.now())
    environment.schedule({ type: 'suspicion', peer: record.peer, due: deadline }, delay)
  }

  /**
   * Takes over what a member says of itself: addresses if there are any, tags if they are newer.
   *
   * @returns what changed, if anything
   */
  #describe(
    record: MemberRecord,
    addresses: readonly string[],
    { tags }: MemberUpdate,
    from: PeerId,
  ): 'addresses' | 'tags' | undefined {
    let newer = tags !== undefined && tags.version > record.tags.version ? tags : undefined
    const believed = believable(record.tags.version, this.#options.incarnationStep)
    if (newer !== undefined && record.peer !== from && newer.version > believed) {
      this.#reject('tags', record.peer, from)
      newer = undefined
    }
    if (addresses.length === 0 && newer === undefined) return undefined
    const { peer } = record
    this.members.describe(record, addresses.length > 0 ? addresses : record.addresses, newer ?? record.tags)
    if (addresses.length > 0) this.#ports.addresses?.learn(peer, addresses)
    return newer === undefined ? 'addresses' : 'tags'
  }

  #emit(type: MembershipEvent['type'], { peer, incarnation }: MemberRecord): void {
    this.#ports.environment.emit({ type, peer, incarnation })
  }

  #reject(reason: 'incarnation' | 'tags' | 'member-limit', peer: PeerId, from: PeerId): void {
    this.#ports.environment.emit({ type: 'rejected', reason, peer, from })
  }
}

/** To the accused itself, which need not know who accuses it. */
function accusation({ peer, state, incarnation }: MemberRecord): MemberUpdate {
  return { peer, state, incarnation, addresses: noAddresses, accuser: undefined, tags: undefined }
}
