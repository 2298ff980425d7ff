import {
  assert,
  type AddressBook,
  type Duration,
  type Environment,
  type MembershipEvent,
  type PeerId,
} from '../../node/protocol/index.ts'
import { Dissemination, transmissionLimit } from './dissemination.ts'
import { MemberTable, isGone, supersedes, type MemberRecord } from './members.ts'
import { encodedBytes, messageLimits, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { refutation, suspicionTimeout } from './suspicion.ts'
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
  /** A member is live that was not: it is probed from now on. */
  readonly includes: (peer: PeerId) => void
}

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
    // Deviation (memberlist's): a failure read in a list may be one that the other half of a healed partition believes.
    // It is suspected, so that the member can clear its name.
    const doubted = listed && update.state === 'failed' && !isGone(record.state)
    const news = doubted ? { ...update, state: 'suspected' as const } : update
    if (supersedes(news, record)) {
      this.#learn(record, news)
      this.#believe(record, news.state, news.incarnation)
    } else if (news.incarnation === record.incarnation && record.addresses.length === 0 && this.#learn(record, news)) {
      this.#news.add(updateOf(record))
    }
  }

  suspect(peer: PeerId): void {
    const record = this.members.get(peer)
    if (record?.state === 'alive') this.#believe(record, 'suspected', record.incarnation)
  }

  /** The time of a suspect is up (SWIM §4.2: confirm). A timer of an incarnation since refuted is stale. */
  confirm(peer: PeerId, incarnation: number): void {
    const record = this.members.get(peer)
    if (record?.state !== 'suspected' || record.incarnation !== incarnation) return
    this.#believe(record, 'failed', incarnation)
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
   * What rides on a message to that member. Deviation (Lifeguard's buddy system): whoever is not thought alive is told
   * so first of all, as it alone can refute it.
   */
  newsFor(to: PeerId): MemberUpdate[] {
    const record = this.members.get(to)
    const accused = record === undefined || record.state === 'alive' ? [] : [updateOf(record)]
    const room = accused.reduce((left, update) => left - encodedBytes(update), this.#options.piggybackLimitBytes)
    const limit = transmissionLimit(this.#options.transmissionMultiplier, this.members.liveCount + 1)
    return [...accused, ...this.#news.take(room, limit)]
  }

  /** Everything known, oneself first. */
  *list(): Generator<MemberUpdate, void, undefined> {
    yield this.self()
    for (const record of this.members.records()) yield updateOf(record)
  }

  #admit(update: MemberUpdate, from: PeerId): void {
    // Nobody needs to hear that a stranger is gone, and a forgotten member must not come back as a ghost.
    if (isGone(update.state)) return
    if (!this.#makeRoom()) return this.#reject('member-limit', update.peer, from)
    const record = this.members.add({ ...update, addresses: [] }, this.#ports.environment.now())
    this.#learn(record, update)
    this.#arrive(record, update.state)
    this.#news.add(updateOf(record))
  }

  #believe(record: MemberRecord, state: MemberRecord['state'], incarnation: number): void {
    const before = record.state
    this.members.change(record, state, incarnation, this.#ports.environment.now())
    this.#news.add(updateOf(record))
    if (isGone(before) && !isGone(state)) return this.#arrive(record, state)
    if (before !== state) this.#tell(state, record)
    if (state === 'suspected') this.#startSuspicion(record)
    if (isGone(state)) this.#forgetLater(this.#options.forgetAfter)
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

  #arrive(record: MemberRecord, state: MemberRecord['state']): void {
    this.#tell('joined', record)
    this.#ports.includes(record.peer)
    if (state !== 'suspected') return
    this.#tell('suspected', record)
    this.#startSuspicion(record)
  }

  #startSuspicion({ peer, incarnation }: MemberRecord): void {
    const delay = suspicionTimeout(this.#options, this.members.liveCount + 1)
    this.#ports.environment.schedule({ type: 'suspicion', peer, incarnation }, delay)
  }

  #hearOfSelf(update: MemberUpdate): void {
    const next = refutation(this.#incarnation, update, this.#options.incarnationStep)
    if (next !== undefined) {
      this.#raise(next)
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

function updateOf({ peer, state, incarnation, addresses }: MemberRecord): MemberUpdate {
  return { peer, state, incarnation, addresses: state === 'alive' ? addresses : [] }
}

function isBrief(address: string): boolean {
  return textEncoder.encode(address).length <= messageLimits.addressBytes
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index])
}
