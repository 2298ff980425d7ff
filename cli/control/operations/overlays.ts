import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { GossipReport, OverlayItem, OverlayReport, SwimReport } from '../requests.ts'
import type { Operation } from '../server.ts'
import { memberItems } from './membership.ts'
import { topicNames } from './topic-names.ts'

interface InspectedOverlay extends Omit<OverlayItem, 'overlay'> {
  readonly report: (running: RunningPeer) => OverlayReport
}

/** The overlays of a peer of the command line. A further one needs a line here, and a view in cli/overlays. */
const overlays: Readonly<Record<string, InspectedOverlay>> = {
  swim: { role: 'membership', report: swimReport },
  gossip: { role: 'broadcast', report: gossipReport },
}

export function overlayOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'overlays': async (call) => {
      for (const [overlay, { role }] of Object.entries(overlays)) await call.item({ overlay, role })
    },
    'overlay.show': async ({ fields }) => find(fields.text('overlay')).report(running),
  }
}

function find(name: string): InspectedOverlay {
  const found = Object.hasOwn(overlays, name) ? overlays[name] : undefined
  if (found !== undefined) return found
  throw new Failure('not-found', `No overlay named ${JSON.stringify(name)} runs in this peer`, {
    hint: `There are: ${Object.keys(overlays).join(', ')}`,
  })
}

function swimReport({ peer }: RunningPeer): SwimReport {
  return { overlay: 'swim', peer: peer.id, members: memberItems(peer) }
}

function gossipReport(running: RunningPeer): GossipReport {
  const { peer } = running
  const { broadcast } = peer.overlays
  const neighbours = broadcast.neighbours()
  const trees = new Map(broadcast.trees().map((tree) => [tree.topic, tree]))
  const listening = new Set(broadcast.topics())
  const counted = broadcast.figures().topics.map(({ topic }) => topic)
  const topics = topicNames(running, [...listening, ...counted, ...trees.keys()]).map((name) => {
    // Of a topic without a tree all links are branches.
    const { eager, lazy } = trees.get(name.wire) ?? { eager: neighbours, lazy: [] }
    return { ...name, listening: listening.has(name.wire), eager, lazy }
  })
  return { overlay: 'gossip', peer: peer.id, neighbours, reserves: broadcast.reserves(), topics }
}
