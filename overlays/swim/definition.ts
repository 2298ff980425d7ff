import type { ProtocolDefinition, ProtocolName } from '../../node/protocol/index.ts'
import { swimCodec } from './codec.ts'
import type { SwimEvent } from './events.ts'
import type { SwimMessage } from './messages.ts'
import { resolveSwimOptions, type SwimOptions } from './options.ts'
import { SwimCore, type SwimNeeds } from './swim.ts'
import type { SwimTimer } from './timers.ts'

export const swimName: ProtocolName = '/peerloom/swim/1.0.0'

/** @throws RangeError when the options make no sense */
export function swimDefinition(
  options?: SwimOptions,
): ProtocolDefinition<SwimMessage, SwimTimer, SwimEvent, SwimCore, SwimNeeds> {
  const resolved = resolveSwimOptions(options)
  return {
    name: swimName,
    plane: 'control',
    codec: swimCodec,
    create: (environment, needs) => new SwimCore(environment, resolved, needs),
  }
}
