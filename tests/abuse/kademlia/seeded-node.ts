import { createHash } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { stockOptions } from '../../live/kademlia/nodes.ts'

export type Node<Dht = unknown> = Libp2p<{ identify: object; ping: object; dht: Dht }>

type Services = NonNullable<Libp2pOptions['services']>

/** @param name the same name makes the same peer id, so that who is near to what does not change from run to run */
export async function seededNode<Dht>(name: string, dht: (components: never) => Dht): Promise<Node<Dht>> {
  const seed = createHash('sha256').update(name).digest()
  const services: Services = { identify: identify(), ping: ping(), dht: dht as Services[string] }
  const node = await createLibp2p({
    ...stockOptions,
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    // All come from one address here, and at once; and who is slow is not to be cut off.
    connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1000 },
    connectionMonitor: { enabled: false },
    services,
  })
  return node as unknown as Node<Dht>
}
