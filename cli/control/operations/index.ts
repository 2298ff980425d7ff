import type { RunningPeer } from '../../peer/running-peer.ts'
import type { Operation } from '../server.ts'
import { dhtOperations } from './dht.ts'
import { documentDifferenceOperations } from './document-differences.ts'
import { documentFileOperations } from './document-files.ts'
import { documentOperations } from './documents.ts'
import { editOperations } from './document-edits.ts'
import { convergenceOperations } from './convergence.ts'
import { membershipOperations } from './membership.ts'
import { overlayOperations } from './overlays.ts'
import { routingOperations } from './routing.ts'
import { statusOperations } from './status.ts'
import { statusViewOperations } from './status-view.ts'
import { topicOperations } from './topics.ts'

/** Every verb that the control socket knows. */
export function operations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    ...statusOperations(running),
    ...statusViewOperations(running),
    ...membershipOperations(running),
    ...topicOperations(running),
    ...overlayOperations(running),
    ...routingOperations(running),
    ...dhtOperations(running),
    ...documentOperations(running),
    ...editOperations(running),
    ...documentFileOperations(running),
    ...documentDifferenceOperations(running),
    ...convergenceOperations(running),
  }
}
