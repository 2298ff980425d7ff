import { assert, type AddressBook, type Environment, type Tags } from '../../node/protocol/index.ts'
import { encodedBytes } from './codec.ts'
import type { SwimEvent } from './events.ts'
import type { LocalHealth } from './health.ts'
import { believable, type Told } from './members.ts'
import { messageLimits, noAddresses, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { refutation } from './suspicion.ts'
import { checkedTags, noTags, sameTags, type VersionedTags } from './tags.ts'
import type { SwimTimer } from './timers.ts'

export interface SelfPorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly addresses: AddressBook | undefined
  readonly health: LocalHealth
  /** Others are to hear what is new of this member. */
  readonly announce: (told: Told) => void
}

const textEncoder = new TextEncoder()

/**
 * What this member says of itself. Its incarnation and the version of its tags are raised by nobody but itself, and only
 * ever rise.
 */
export class Self {
  readonly #ports: SelfPorts
  readonly #options: ResolvedSwimOptions
  #incarnation = 0
  #addresses: readonly string[] = noAddresses
  #tags: VersionedTags = noTags
  #told: Told | undefined
  #isUnfit = false

  constructor(ports: SelfPorts, options: ResolvedSwimOptions) {
    this.#ports = ports
    this.#options = options
  }

  get incarnation(): number {
    return this.#incarnation
  }

  /** It has taken itself out. */
  get isUnfit(): boolean {
    return this.#isUnfit
  }

  get tags(): VersionedTags {
    return this.#tags
  }

  get told(): Told {
    this.#told ??= this.#tell()
    return this.#told
  }

  announce(): void {
    this.#addresses = this.#ownAddresses()
    this.#told = undefined
    this.#ports.announce(this.told)
  }

  /** A member that comes back after it left must outdo what it said before. */
  announceAgain(): void {
    this.#raise(this.#incarnation + 1)
    this.#ports.environment.emit({ type: 'raised', incarnation: this.#incarnation })
  }

  /** Takes itself out, until `comeBack`. */
  withdraw(): void {
    this.#isUnfit = true
    this.announceAgain()
    this.#ports.environment.emit({ type: 'withdrew', incarnation: this.#incarnation })
  }

  comeBack(): void {
    this.#isUnfit = false
    this.announceAgain()
    this.#ports.environment.emit({ type: 'came-back', incarnation: this.#incarnation })
  }

  announceMoves(): void {
    const addresses = this.#ports.addresses?.own()
    if (addresses === undefined) return
    if (!sameTexts(addresses.filter(isBrief).slice(0, messageLimits.addresses), this.#addresses)) this.announceAgain()
  }

  /** @throws RangeError when they exceed the limits */
  setTags(tags: Tags): void {
    const checked = checkedTags(tags)
    if (!sameTags(checked, this.#tags.tags)) this.#raiseTags(this.#tags.version + 1, checked)
  }

  /** Somebody says something of this member. */
  hear(update: MemberUpdate): void {
    // Of a member that has taken itself out others may well say so, or that it is gone.
    const isAgreed = this.#isUnfit && update.incarnation <= this.#incarnation
    const next = isAgreed ? undefined : refutation(this.#incarnation, update, this.#options.incarnationStep)
    if (next !== undefined) {
      this.#raise(next)
      if (update.state === 'suspected' || update.state === 'failed') this.#ports.health.hadToRefute()
      this.#ports.environment.emit({ type: 'refuted', incarnation: this.#incarnation })
    } else if (this.#saysOtherAddresses(update)) {
      // An earlier life of this peer took the same incarnation elsewhere.
      this.announceAgain()
    }
    if (update.tags !== undefined) this.#hearTags(update.tags)
  }

  /** As with incarnations: a higher version is of an earlier life or a lie, and is outdone a step at a time. */
  #hearTags({ version, tags }: VersionedTags): void {
    const own = this.#tags
    if (version < own.version || (version === own.version && sameTags(tags, own.tags))) return
    this.#raiseTags(Math.min(version + 1, believable(own.version, this.#options.incarnationStep)), own.tags)
  }

  #raiseTags(version: number, tags: Tags): void {
    this.#tags = { version: Math.min(version, messageLimits.incarnation), tags }
    this.announce()
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

  #tell(): Told {
    const peer = this.#ports.environment.self
    const update: MemberUpdate = {
      peer,
      state: this.#isUnfit ? 'unfit' : 'alive',
      incarnation: this.#incarnation,
      addresses: this.#isUnfit ? noAddresses : this.#addresses,
      accuser: undefined,
      tags: this.#isUnfit || this.#tags.version === 0 ? undefined : this.#tags,
    }
    return { update, bytes: encodedBytes(update) }
  }

  #ownAddresses(): readonly string[] {
    const own = this.#ports.addresses?.own() ?? noAddresses
    if (own.length === 0) return noAddresses
    const kept = own.filter(isBrief).slice(0, messageLimits.addresses)
    const count = own.length - kept.length
    if (count > 0) this.#ports.environment.emit({ type: 'addresses-cut', count })
    return kept
  }
}

function isBrief(address: string): boolean {
  return textEncoder.encode(address).length <= messageLimits.addressBytes
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index])
}
