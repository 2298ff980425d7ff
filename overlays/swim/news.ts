import type { PeerId } from '../../node/protocol/index.ts'
import { encodedBytes } from './codec.ts'
import { Dissemination, transmissionLimit } from './dissemination.ts'
import type { MemberRecord, MemberTable, Told } from './members.ts'
import { noAddresses, noUpdates, type MemberUpdate } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'

/** What this member has to tell, to whom, and in which words. */
export class News {
  readonly #self: PeerId
  readonly #members: MemberTable
  readonly #options: ResolvedSwimOptions
  /** None while there is no news. */
  #dissemination: Dissemination | undefined

  constructor(self: PeerId, members: MemberTable, options: ResolvedSwimOptions) {
    this.#self = self
    this.#members = members
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#dissemination === undefined
  }

  add(told: Told): void {
    this.#dissemination ??= new Dissemination()
    this.#dissemination.add(told)
  }

  /** Everybody is to hear what is believed of that member. */
  tell(record: MemberRecord): void {
    this.add(this.told(record))
  }

  /** Everybody is to hear that this accuser suspects it too. */
  tellConfirmation(record: MemberRecord, accuser: PeerId): void {
    this.add(this.#word(record, accuser))
  }

  remove(peer: PeerId): void {
    this.#dissemination?.remove(peer)
    this.#dropEmpty()
  }

  /** What is told of a member in lists and news. */
  told(record: MemberRecord): Told {
    record.told ??= this.#word(record, record.suspicion?.accusers[0])
    return record.told
  }

  /**
   * What rides on a message to that member. Whoever is suspected is told so first of all, as it alone can refute it
   * (Lifeguard §IV-C, buddy system). Deviation: so is whoever is thought to be gone.
   *
   * @param known its record, if it is at hand
   */
  for(to: PeerId, known?: MemberRecord): readonly MemberUpdate[] {
    const { suspectedCount, goneCount, liveCount } = this.#members
    const dissemination = this.#dissemination
    if (dissemination === undefined && suspectedCount === 0 && goneCount === 0) return noUpdates
    const record = known ?? this.#members.get(to)
    const accused = record !== undefined && this.#isToldOfItself(record) ? accusation(record) : undefined
    if (dissemination === undefined) return accused === undefined ? noUpdates : [accused]
    const room = this.#options.piggybackLimitBytes - (accused === undefined ? 0 : encodedBytes(accused))
    const limit = transmissionLimit(this.#options.transmissionMultiplier, liveCount + 1)
    const news = dissemination.take(room, limit, accused === undefined)
    this.#dropEmpty()
    if (accused !== undefined) news.unshift(accused)
    return news
  }

  #dropEmpty(): void {
    if (this.#dissemination?.size === 0) this.#dissemination = undefined
  }

  #isToldOfItself({ state }: MemberRecord): boolean {
    return state === 'suspected' ? this.#options.buddySystem : state !== 'alive'
  }

  #word({ peer, state, incarnation, addresses, tags }: MemberRecord, accuser: PeerId | undefined): Told {
    const isOwn = accuser === undefined || accuser === this.#self
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
}

/** To the accused itself, which need not know who accuses it. */
function accusation({ peer, state, incarnation }: MemberRecord): MemberUpdate {
  return { peer, state, incarnation, addresses: noAddresses, accuser: undefined, tags: undefined }
}
