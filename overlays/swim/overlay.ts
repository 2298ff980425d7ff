import {
  Listeners,
  type Member,
  type Membership,
  type MembershipEvent,
  type Overlay,
  type PeerId,
  type SubscribeOptions,
  type Tags,
} from '../../node/protocol/index.ts'
import { swimDefinition } from './definition.ts'
import { isMembershipEvent, type SwimEvent } from './events.ts'
import type { MemberTable } from './members.ts'
import type { SwimOptions } from './options.ts'
import type { SwimCore } from './swim.ts'

export interface Swim extends Membership {
  /**
   * Asks these peers for their member lists, now and until they answer; they are asked again whenever nobody else is
   * left. At most 64 are kept. After `leave` this joins again.
   */
  join(seeds: readonly PeerId[]): void
  /** Tells the others, who then know this member as left, not failed. */
  leave(): void
  /**
   * What all others are to know of this member, in place of what it said before: small texts by name.
   *
   * @throws RangeError when there are more than 32, or more than 512 bytes of them, or a key has not 1 to 64 bytes, or a
   * value more than 256
   */
  setTags(tags: Tags): void
  /** @returns what that member says of itself, undefined for a peer that is not known */
  tags(peer: PeerId): Tags | undefined
}

export interface SwimSetup {
  /** Whom a member knows from the start, for simulations; see `KnownMembers`. @default nobody */
  readonly members?: (self: PeerId) => MemberTable
}

/**
 * Group membership: every member knows every other, and notices within seconds who crashed.
 *
 * @throws RangeError when the options make no sense
 */
export function swim(options?: SwimOptions, setup: SwimSetup = {}): Overlay<Swim> {
  const definition = swimDefinition(options)
  return {
    attach(host) {
      const listeners = new Listeners<MembershipEvent>()
      const listen = (event: SwimEvent): void => {
        if (isMembershipEvent(event)) listeners.tell(event)
      }
      const needs = { addresses: host.addresses, members: setup.members?.(host.self) }
      const core = host.run(definition, needs, listen)
      const api = new SwimApi(core, listeners)
      host.offer('membership', api)
      return api
    },
  }
}

/** A class and not an object of closures: a hundred thousand simulated peers have one each. */
class SwimApi implements Swim {
  readonly #core: SwimCore
  readonly #listeners: Listeners<MembershipEvent>

  constructor(core: SwimCore, listeners: Listeners<MembershipEvent>) {
    this.#core = core
    this.#listeners = listeners
  }

  members(): Member[] {
    return this.#core.members()
  }

  sample(count: number): PeerId[] {
    return this.#core.sample(count)
  }

  subscribe(listener: (event: MembershipEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  join(seeds: readonly PeerId[]): void {
    this.#core.join(seeds)
  }

  leave(): void {
    this.#core.leave()
  }

  setTags(tags: Tags): void {
    this.#core.setTags(tags)
  }

  tags(peer: PeerId): Tags | undefined {
    return this.#core.tags(peer)
  }
}
