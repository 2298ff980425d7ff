import {
  Listeners,
  type Membership,
  type MembershipEvent,
  type Overlay,
  type PeerId,
} from '../../node/protocol/index.ts'
import { swimDefinition } from './definition.ts'
import type { SwimEvent } from './group.ts'
import type { SwimOptions } from './options.ts'

export interface Swim extends Membership {
  /**
   * Asks these peers for their member lists, now and until they answer; they are asked again whenever nobody else is
   * left. At most 64 are kept. After `leave` this joins again.
   */
  join(seeds: readonly PeerId[]): void
  /** Tells the others, who then know this member as left, not failed. */
  leave(): void
}

/**
 * Group membership: every member knows every other, and notices within seconds who crashed.
 *
 * @throws RangeError when the options make no sense
 */
export function swim(options?: SwimOptions): Overlay<Swim> {
  const definition = swimDefinition(options)
  return {
    attach(host) {
      const listeners = new Listeners<MembershipEvent>()
      const listen = (event: SwimEvent): void => {
        if (isMembershipEvent(event)) listeners.tell(event)
      }
      const core = host.run(definition, { addresses: host.addresses }, listen)
      const api: Swim = {
        members: () => core.members(),
        sample: (count) => core.sample(count),
        subscribe: (listener, subscribeOptions) => listeners.subscribe(listener, subscribeOptions),
        join: (seeds) => core.join(seeds),
        leave: () => core.leave(),
      }
      host.offer('membership', api)
      return api
    },
  }
}

function isMembershipEvent(event: SwimEvent): event is MembershipEvent {
  return event.type !== 'refuted' && event.type !== 'rejected' && event.type !== 'addresses-cut'
}
