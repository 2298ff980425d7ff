import type { ProtocolDefinition, ProtocolName } from '../../../node/protocol/index.ts'
import { dhtCodec } from './codec.ts'
import { DhtCore, type DhtNeeds } from './dht.ts'
import type { DhtEntry, DhtEvent, DhtTimer } from './events.ts'
import type { DhtMessage } from './messages.ts'
import { resolveDhtOptions, type ChordDhtOptions } from './options.ts'

export const chordDhtName: ProtocolName = '/peerloom/chord-dht/1.0.0'

/** @param successors length of the ring's lists. @throws RangeError when the options make no sense */
export function chordDhtDefinition(
  options: ChordDhtOptions | undefined,
  successors: number,
): ProtocolDefinition<DhtMessage, DhtTimer, DhtEvent, DhtCore, DhtNeeds, DhtEntry> {
  const resolved = resolveDhtOptions(options, successors)
  return {
    name: chordDhtName,
    plane: 'bulk',
    codec: dhtCodec,
    create: (environment, needs) => new DhtCore(environment, resolved, needs),
  }
}
