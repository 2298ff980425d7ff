import type { ProtocolDefinition, ProtocolName } from '../../node/protocol/index.ts'
import { gossipCodec } from './codec.ts'
import type { GossipEvent } from './events.ts'
import { GossipCore, type GossipNeeds } from './gossip.ts'
import type { GossipMessage } from './messages.ts'
import { resolveGossipOptions, type GossipOptions } from './options.ts'
import type { GossipTimer } from './timers.ts'

export const gossipName: ProtocolName = '/peerloom/gossip/2.0.0'

/** @throws RangeError when the options make no sense */
export function gossipDefinition(
  options?: GossipOptions,
): ProtocolDefinition<GossipMessage, GossipTimer, GossipEvent, GossipCore, GossipNeeds> {
  const resolved = resolveGossipOptions(options)
  return {
    name: gossipName,
    plane: 'broadcast',
    codec: gossipCodec(resolved.messageLimitBytes),
    create: (environment, needs) => new GossipCore(environment, resolved, needs),
  }
}
