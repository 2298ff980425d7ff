import type { ProtocolDefinition } from '../../node/protocol/index.ts'
import type { ReplicatorNeeds } from './assembly.ts'
import type { ReplicatorEntry, ReplicatorEvent, ReplicatorTimer } from './events.ts'
import { replicatorCodec, type ReplicatorMessage } from './messages.ts'
import { resolveReplicatorOptions, type ReplicatorOptions } from './options.ts'
import { Replicator } from './replicator.ts'
import { replicatorParts } from './snapshot.ts'

/** `/peerloom/documents/1.0.0`, on the bulk plane. */
export function replicatorDefinition(
  options: ReplicatorOptions = {},
): ProtocolDefinition<
  ReplicatorMessage,
  ReplicatorTimer,
  ReplicatorEvent,
  Replicator,
  ReplicatorNeeds,
  ReplicatorEntry
> {
  const resolved = resolveReplicatorOptions(options)
  return {
    name: '/peerloom/documents/1.0.0',
    plane: 'bulk',
    codec: replicatorCodec,
    parts: replicatorParts,
    create: (environment, needs) => new Replicator(environment, needs, resolved),
  }
}
