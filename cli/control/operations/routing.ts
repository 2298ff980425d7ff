import { keyOf } from '../../../node/protocol/index.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { LookupReport, TraceReport } from '../requests.ts'
import type { Operation } from '../server.ts'
import { chooseOverlay, readKey } from './structured.ts'

export function routingOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  const { id } = running.peer
  return {
    lookup: async ({ fields, signal }): Promise<LookupReport> => {
      const { name, api } = chooseOverlay(running, fields)
      const key = readKey(fields, keyOf)
      return { overlay: name, peer: id, key, peers: await api.lookup(key, { signal }) }
    },
    trace: async ({ fields, signal }): Promise<TraceReport> => {
      const { name, api } = chooseOverlay(running, fields)
      return { overlay: name, peer: id, ...(await api.trace(readKey(fields, keyOf), { signal })) }
    },
  }
}
