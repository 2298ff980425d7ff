import type { Key } from '../../../node/protocol/index.ts'
import { ringNode, type RingNode } from '../../../overlays/chord/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type {
  ChordReport,
  GossipReport,
  KademliaReport,
  OverlayItem,
  OverlayReport,
  PlaceItem,
  SwimReport,
} from '../requests.ts'
import type { Operation } from '../server.ts'
import { memberItems } from './membership.ts'
import { topicNames } from './topic-names.ts'

interface InspectedOverlay extends Omit<OverlayItem, 'overlay'> {
  /** Undefined where it does not run. */
  readonly report: (running: RunningPeer) => OverlayReport | undefined
}

/** The overlays of a peer of the command line. A further one needs a line here, and a view in cli/overlays. */
const overlays: Readonly<Record<string, InspectedOverlay>> = {
  swim: { role: 'membership', report: swimReport },
  gossip: { role: 'broadcast', report: gossipReport },
  chord: { role: 'dht', report: chordReport },
  kademlia: { role: 'dht', report: kademliaReport },
}

export function overlayOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'overlays': async (call) => {
      for (const item of runningOverlays(running)) await call.item(item)
    },
    'overlay.show': async ({ fields }) => report(running, fields.text('overlay')),
  }
}

function runningOverlays(running: RunningPeer): OverlayItem[] {
  return Object.entries(overlays)
    .filter(([, { report }]) => report(running) !== undefined)
    .map(([overlay, { role }]) => ({ overlay, role }))
}

function report(running: RunningPeer, name: string): OverlayReport {
  const found = Object.hasOwn(overlays, name) ? overlays[name]?.report(running) : undefined
  if (found !== undefined) return found
  const names = runningOverlays(running).map(({ overlay }) => overlay)
  throw new Failure('not-found', `No overlay named ${JSON.stringify(name)} runs in this peer`, {
    hint: `There are: ${names.join(', ')}`,
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

function chordReport({ peer }: RunningPeer): ChordReport | undefined {
  const { chord } = peer.overlays
  if (chord === undefined) return undefined
  const places = chord.places().map(({ node, isMember, predecessor, successors, fingers }) => ({
    ...placeItem(node),
    onRing: isMember,
    ...(predecessor === undefined ? {} : { predecessor: placeItem(predecessor) }),
    successors: successors.map(placeItem),
    fingers: fingers.map(({ target, node: finger }) => ({ from: target, ...placeItem(finger) })),
  }))
  const isGathering = places.every(({ onRing }) => !onRing)
  const gathered = isGathering ? chord.neighbours(Number.POSITIVE_INFINITY).map((known) => ringNode(known)) : []
  const clockwise = gathered.map(placeItem).toSorted(clockwiseFrom(ringNode(peer.id).point))
  return { overlay: 'chord', peer: peer.id, held: chord.held(), places, gathered: clockwise }
}

function placeItem({ peer, index, point }: RingNode): PlaceItem {
  return { peer, index, point }
}

/** Points up to the one given come after those beyond it. */
function clockwiseFrom(start: Key): (left: PlaceItem, right: PlaceItem) => number {
  return ({ point: left }, { point: right }) => {
    if (left <= start !== right <= start) return left <= start ? 1 : -1
    return left < right ? -1 : Number(left > right)
  }
}

function kademliaReport({ peer }: RunningPeer): KademliaReport | undefined {
  const { kademlia } = peer.overlays
  return kademlia === undefined ? undefined : { overlay: 'kademlia', peer: peer.id, buckets: kademlia.buckets() }
}
