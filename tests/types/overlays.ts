// Compiled, never run: each line marked as an error must be one.
import type { Libp2pHost } from '../../node/libp2p/index.ts'
import { createPeer } from '../../node/peer/index.ts'
import type { Environment, Membership, Overlay, PeerId, ProtocolName } from '../../node/protocol/index.ts'
import { Simulation } from '../../node/simulation/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { gossipsub } from '../../overlays/gossipsub/index.ts'
import { kademlia } from '../../overlays/kademlia/index.ts'
import { swim } from '../../overlays/swim/index.ts'

declare const needsLibp2p: Overlay<Membership, Libp2pHost>

// What needs a live libp2p node cannot be simulated; what needs any host can.
new Simulation().addPeer('a', (host) => swim().attach(host))
// @ts-expect-error a simulated host is no libp2p host
new Simulation().addPeer('a', (host) => needsLibp2p.attach(host))
// @ts-expect-error gossipsub is libp2p's own router, with clocks and timers of its own
new Simulation().addPeer('a', (host) => gossipsub().attach(host))
// @ts-expect-error so is Kademlia: libp2p's own DHT
new Simulation().addPeer('a', (host) => kademlia().attach(host))

// Overlays are found under the names they were given, with their own API.
const peer = await createPeer({
  overlays: { who: swim(), all: gossip(), any: needsLibp2p, pubsub: gossipsub(), dht: kademlia() },
})
peer.overlays.who.join(['x' as PeerId])
peer.overlays.all.publish('topic', new Uint8Array())
peer.overlays.any.members()
peer.overlays.dht.buckets()
peer.overlays.pubsub.neighbours('topic')
// @ts-expect-error there is no overlay of that name
peer.overlays.members.members()
// @ts-expect-error gossip is no membership
peer.overlays.all.join([])

const named: ProtocolName = '/peerloom/swim/1.0.0'
// @ts-expect-error a protocol has a version
const unversioned: ProtocolName = '/peerloom/swim'
// @ts-expect-error a PeerId is not just any text
const identity: PeerId = 'somebody'

// The environment of a core has neither clock nor timer handles.
declare const environment: Environment<string, string, string>
// @ts-expect-error nothing that was scheduled can be cancelled
const handle: string = environment.schedule('timer', 10)

export { named, unversioned, identity, handle }
