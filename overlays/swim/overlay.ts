import {
  Listeners,
  type Membership,
  type MembershipEvent,
  type Overlay,
  type PeerId,
  type Tags,
} from '../../node/protocol/index.ts'
import { swimDefinition } from './definition.ts'
import { isMembershipEvent, type SwimEvent } from './events.ts'
import type { MemberTable } from './members.ts'
import type { SwimOptions } from './options.ts'

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
      const api: Swim = {
        members: () => core.members(),
        sample: (count) => core.sample(count),
        subscribe: (listener, subscribeOptions) => listeners.subscribe(listener, subscribeOptions),
        join: (seeds) => core.join(seeds),
        leave: () => core.leave(),
        setTags: (tags) => core.setTags(tags),
        tags: (peer) => core.tags(peer),
      }
      host.offer('membership', api)
      return api
    },
  }
}
