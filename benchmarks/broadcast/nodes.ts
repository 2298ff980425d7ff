import { noise } from '@chainsafe/libp2p-noise'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { createHost, networkSecret } from '../../node/libp2p/index.ts'
import { createNode } from '../../node/libp2p/node.ts'
import { gossip } from '../../overlays/gossip/index.ts'

export type Kind = 'gossip()' | 'StrictNoSign' | 'StrictSign'

/** Neighbours of a peer: our active view, gossipsub's mesh. */
export const degree = 5
const topic = 'broadcast'
const listen = ['/ip4/127.0.0.1/tcp/0']

/** A peer of either side, as far as the measurement has to do with it. */
export interface BroadcastNode {
  readonly node: Libp2p
  publish(bytes: Uint8Array): void
  /** Copies of messages that came, the first ones and the others, since the start. */
  copies(): number
  /** Peers that messages are exchanged with at this moment. */
  neighbours(): number
}

type Heard = (bytes: Uint8Array) => void

export function createBroadcastNode(kind: Kind, heard: Heard): Promise<BroadcastNode> {
  return kind === 'gossip()' ? createOurs(heard) : createStock(kind, heard)
}

async function createOurs(heard: Heard): Promise<BroadcastNode> {
  const network = networkSecret('bench')
  const node = await createNode({ network, listen, mdns: false })
  const host = createHost({ node, network })
  const overlay = gossip({ activeViewSize: degree }).attach(host)
  overlay.subscribe(topic, ({ bytes }) => heard(bytes))
  await host.start()
  return {
    node,
    publish: (bytes) => overlay.publish(topic, bytes),
    copies() {
      const figures = overlay.figures().topics[0]
      return figures === undefined ? 0 : figures.delivered.messages + figures.duplicates.messages
    },
    neighbours: () => overlay.neighbours().length,
  }
}

/** As its own documents have it, but for the degree and what would keep fifty peers of one address from talking. */
async function createStock(kind: 'StrictNoSign' | 'StrictSign', heard: Heard): Promise<BroadcastNode> {
  let copies = 0
  const pubsub = gossipsub({
    globalSignaturePolicy: kind,
    D: degree,
    Dlo: degree,
    Dhi: degree,
    Dscore: degree - 1,
    // As the specification wants it: at most half of the degree.
    Dout: 2,
    scoreParams: { IPColocationFactorWeight: 0 },
    // It is called for every copy before that is known to be one.
    dataTransform: {
      inboundTransform(_topic, data) {
        copies++
        return data
      },
      outboundTransform: (_topic, data) => data,
    },
  })
  const node = await createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 200, maxIncomingPendingConnections: 200 },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), identifyPush: identifyPush(), ping: ping(), pubsub },
  })
  const router: GossipSub = node.services.pubsub
  router.addEventListener('message', ({ detail }) => heard(detail.data))
  router.subscribe(topic)
  return {
    node,
    // It rejects when nobody subscribes yet: the message is then missing at every peer, which is counted there.
    publish: (bytes) => void router.publish(topic, bytes).catch(() => {}),
    copies: () => copies,
    neighbours: () => mesh(router).get(topic)?.size ?? 0,
  }
}

/** Public in the router's class, though the interface that it declares does not name it. */
function mesh(router: GossipSub): ReadonlyMap<string, ReadonlySet<string>> {
  return (router as unknown as { readonly mesh: ReadonlyMap<string, ReadonlySet<string>> }).mesh
}
