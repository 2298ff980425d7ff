import type { ProtocolDefinition, ProtocolName } from '../../node/protocol/index.ts'
import { ChordCore, type ChordNeeds } from './chord.ts'
import { chordCodec } from './codec.ts'
import type { ChordEvent } from './events.ts'
import type { ChordMessage } from './messages.ts'
import { resolveChordOptions, type ChordOptions } from './options.ts'
import type { ChordTimer } from './timers.ts'

/** What keeps the ring, and finds on it, on the wire (docs/formats/chord.md). */
export const chordName: ProtocolName = '/peerloom/chord/1.0.0'

/** @throws RangeError when the options make no sense */
export function chordDefinition(
  options?: ChordOptions,
): ProtocolDefinition<ChordMessage, ChordTimer, ChordEvent, ChordCore, ChordNeeds> {
  const resolved = resolveChordOptions(options)
  return {
    name: chordName,
    plane: 'control',
    codec: chordCodec,
    create: (environment, needs) => new ChordCore(environment, resolved, needs),
  }
}
