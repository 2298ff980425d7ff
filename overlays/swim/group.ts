import type { AddressBook, Duration, Environment, Instant, MembershipEvent, PeerId } from '../../node/protocol/index.ts'
import { Descriptions } from './descriptions.ts'
import type { SwimEvent } from './events.ts'
import type { LocalHealth } from './health.ts'
import {
  believable,
  isGone,
  isLive,
  records,
  supersedes,
  type Belief,
  type MemberRecord,
  type MemberTable,
} from './members.ts'
import type { MemberUpdate, SwimMessage } from './messages.ts'
import { News } from './news.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { RecentlyFailed } from './recently-failed.ts'
import { Self } from './self.ts'
import { confirmSuspicion, isAskedAgain, isConfirmedBy, startSuspicion, type Suspicion } from './suspicion.ts'
import type { SwimTimer } from './timers.ts'
import { Withdrawals } from './withdrawals.ts'

/** In smaller groups members believe their own eyes: nobody may be left to bear them out. */
const fewestForWitnesses = 16

export interface GroupPorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly addresses: AddressBook | undefined
  readonly members: MemberTable
  readonly health: LocalHealth
  /** A member is live that was not: it is probed from now on. */
  readonly includes: (record: MemberRecord) => void
  /** A suspect that nobody else suspects is to be asked once more. */
  readonly ask: (peer: PeerId) => void
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
  readonly news: News
  readonly #ports: GroupPorts
  readonly #options: ResolvedSwimOptions
  readonly #failed: RecentlyFailed
  readonly #descriptions: Descriptions
  readonly #withdrawals: Withdrawals
  #forgetting = false

  constructor(ports: GroupPorts, options: ResolvedSwimOptions) {
    this.#ports = ports
    this.#options = options
    this.members = ports.members
    const reject = (peer: PeerId, from: PeerId): void => this.#reject('tags', peer, from)
    const { addresses, members } = ports
    this.#descriptions = new Descriptions({ members, addresses, reject }, options)
    this.news = new News(ports.environment.self, ports.members, options)
    this.#withdrawals = new Withdrawals(options.withdrawalDelay)
    this.#failed = new RecentlyFailed(ports.members, options.gossipToTheDead)
    this.self = new Self({ ...ports, announce: (told) => this.news.add(told) }, options)
  }

  /** @param listed the update stands in a member list, not in the news */
  hear(update: MemberUpdate, from: PeerId, listed: boolean): void {
    const record = this.members.get(update.peer)
    if (record === undefined && update.peer === this.#ports.environment.self) return this.self.hear(update)
    // Members speak for themselves with any incarnation; what others say of them may be a lie meant to use numbers up.
    if (
      update.incarnation > believable(record?.incarnation ?? 0, this.#options.incarnationStep) &&
      update.peer !== from
    ) {
      return this.#reject('incarnation', update.peer, from)
    }
    if (record === undefined) this.#admit(update, from)
    else if (supersedes(update, record)) this.#hearNews(record, update, from, listed)
    else if (update.state === 'suspected' && update.incarnation === record.incarnation) {
      this.#confirmSuspicion(record, update.accuser ?? from)
    } else if (update.state === 'alive') {
      const isFirst = update.incarnation === record.incarnation && record.addresses.length === 0
      const change = this.#descriptions.take(record, isFirst ? update.addresses : [], update, from)
      if (change !== undefined) this.#tellOn(update.peer, change)
    }
  }

  /** Whether an accusation is only believed with others to bear it out, here or elsewhere. */
  get needsWitnesses(): boolean {
    const { witnesses, suspicionMaximumMultiplier } = this.#options
    return witnesses && suspicionMaximumMultiplier > 1 && this.members.liveCount + 1 >= fewestForWitnesses
  }

  /**
   * A probe of this member's own came to nothing.
   *
   * @param witnesses who tried too; here they count as confirmations, others only take what each has found itself
   */
  suspect(peer: PeerId, witnesses: readonly PeerId[]): void {
    const record = this.members.get(peer)
    const { environment } = this.#ports
    if (record?.state === 'alive') this.#believe(record, 'suspected', record.incarnation, environment.self)
    else if (record?.state === 'suspected') this.#confirmSuspicion(record, environment.self)
    const suspect = this.members.get(peer)
    if (suspect?.suspicion === undefined) return
    for (const witness of witnesses) {
      if (isConfirmedBy(suspect.suspicion, witness)) confirmSuspicion(suspect.suspicion, witness, environment.now())
    }
    this.#awaitDeadline(suspect)
  }

  /** The time of a suspect may be up (SWIM §4.2: confirm). A timer that has been overtaken by an earlier one is stale. */
  alarm(peer: PeerId, due: Instant): void {
    const record = this.members.get(peer)
    if (record?.alarm !== due) return
    record.alarm = undefined
    const { suspicion } = record
    if (suspicion === undefined) return
    if (suspicion.deadline > due) return this.#awaitDeadline(record)
    // A member that has taken itself out judges nobody.
    if (this.self.isUnfit || (this.needsWitnesses && isAskedAgain(suspicion, this.#options)))
      return this.#ask(record, suspicion, due)
    this.#believe(record, 'failed', record.incarnation, this.#ports.environment.self)
  }

  /** Those who took themselves out have been held back for long enough, and leave together. */
  settle(due: Instant): void {
    if (!this.#withdrawals.release(due)) return this.#awaitSettling()
    const now = this.#ports.environment.now()
    for (const record of [...records(this.members)].filter(({ state }) => state === 'unfit')) {
      const { incarnation } = record
      this.#emit('left', this.members.change(record, { state: 'left', incarnation, suspicion: undefined }, now))
      this.#forgetLater(this.#options.forgetAfter)
    }
  }

  /** This member takes part again: timers of suspicions and withdrawals that were due while it had left did nothing. */
  resume(): void {
    this.#withdrawals.forgetAlarm()
    this.#awaitSettling()
    for (const record of records(this.members)) {
      if (record.alarm !== undefined) record.alarm = undefined
      this.#awaitDeadline(record)
    }
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

  #tellOn(peer: PeerId, change: 'addresses' | 'tags'): void {
    const record = this.members.get(peer)
    if (record === undefined) return
    this.news.tell(record)
    if (change === 'tags' && !isGone(record.state)) this.#emit('updated', record)
  }

  #hearNews(record: MemberRecord, update: MemberUpdate, from: PeerId, listed: boolean): void {
    // Deviation (memberlist's): a failure read in a list may be one that the other half of a healed partition believes.
    // It is suspected, so that the member can clear its name.
    const doubted = listed && update.state === 'failed' && !isGone(record.state)
    const state = doubted ? 'suspected' : update.state
    const accuser = update.accuser ?? from
    if (doubted && !supersedes({ ...update, state }, record)) return this.#confirmSuspicion(record, accuser)
    // It leaves with the others who took themselves out, unless it says itself that it has left.
    const isHeld = record.state === 'unfit' && update.incarnation === record.incarnation
    if (isHeld && from !== record.peer) return
    const wasGone = isGone(record.state)
    if (wasGone && update.state === 'unfit') return
    this.#believe(record, state, update.incarnation, accuser)
    const changed = this.members.get(update.peer)
    if (state !== 'alive' || changed === undefined) return
    const change = this.#descriptions.take(changed, update.addresses, update, from)
    if (change !== undefined) this.#tellOn(update.peer, wasGone ? 'addresses' : change)
  }

  #admit(update: MemberUpdate, from: PeerId): void {
    // Nobody needs to hear that a stranger is gone, and a forgotten member must not come back as a ghost.
    if (isGone(update.state) || update.state === 'unfit') return
    if (!this.#makeRoom()) return this.#reject('member-limit', update.peer, from)
    const belief = this.#belief(update.state, update.incarnation, update.accuser ?? from)
    const record = this.members.add(update.peer, belief, this.#ports.environment.now())
    this.#descriptions.take(record, update.addresses, update, from)
    this.#arrive(update.peer)
  }

  #believe(record: MemberRecord, state: MemberRecord['state'], incarnation: number, accuser: PeerId): void {
    const before = record.state
    const belief = this.#belief(state, incarnation, accuser)
    const changed = this.members.change(record, belief, this.#ports.environment.now())
    if (isGone(before) && !isGone(state)) return this.#arrive(changed.peer)
    this.news.tell(changed)
    this.#awaitDeadline(changed)
    if (state === 'unfit') return this.#hold(changed, before)
    if (before !== state) this.#emit(state, changed)
    if (!isGone(state)) return
    if (state === 'failed') this.#failed.add(changed)
    this.#forgetLater(this.#options.forgetAfter)
  }

  #hold(record: MemberRecord, before: MemberRecord['state']): void {
    if (before === 'alive') this.#emit('suspected', record)
    this.#withdrawals.hold(this.#ports.environment.now())
    this.#awaitSettling()
  }

  /** However many withdraw: one timer will do. */
  #awaitSettling(): void {
    const { environment } = this.#ports
    const due = this.#withdrawals.alarm()
    if (due !== undefined) environment.schedule({ type: 'settle', due }, Math.max(0, due - environment.now()))
  }

  #ask(record: MemberRecord, suspicion: Suspicion, now: Instant): void {
    suspicion.deadline = now + suspicion.shortest
    this.#awaitDeadline(record)
    this.news.tell(record)
    this.#ports.ask(record.peer)
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
    this.news.remove(peer)
    this.#ports.environment.emit({ type: 'forgotten', peer, incarnation })
  }

  #arrive(peer: PeerId): void {
    const record = this.members.get(peer)
    if (record === undefined) return
    this.news.tell(record)
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
    this.news.tellConfirmation(record, accuser)
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

  #emit(type: MembershipEvent['type'], { peer, incarnation }: MemberRecord): void {
    this.#ports.environment.emit({ type, peer, incarnation })
  }

  #reject(reason: 'incarnation' | 'tags' | 'member-limit', peer: PeerId, from: PeerId): void {
    this.#ports.environment.emit({ type: 'rejected', reason, peer, from })
  }
}
