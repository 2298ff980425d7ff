// The entry point for Node: TCP and WebSocket listeners, mDNS. `browser.ts` is its counterpart.
import { type Connection, type Libp2p, type PeerId, type ServiceMap } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { ip, isLoopback } from './address-book.ts'
import { assemble, type NodeOptions as SharedOptions, type NodeServices } from './assembly.ts'
import type { LanDiscoveryOptions } from './lan-discovery.ts'

export { nearestFirst } from './address-sorter.ts'
export { noise } from './noise.ts'
export type { NodeServices } from './assembly.ts'

const maxConnections = 500

export interface NodeOptions<Services extends ServiceMap = ServiceMap> extends SharedOptions<Services> {
  /** @default every interface, TCP and WebSockets, ports of the system's choice */
  readonly listen?: readonly string[]
  /** Find peers of the network on the local network. @default true */
  readonly mdns?: boolean | Omit<LanDiscoveryOptions, 'network' | 'connections'>
}

/** A libp2p node for the local network, made to be the base of a host. */
export async function createNode<Services extends ServiceMap = ServiceMap>(
  options: NodeOptions<Services>,
): Promise<Libp2p<Services & NodeServices>> {
  const { network, listen = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws'], mdns = true } = options
  const most = options.maxConnections ?? maxConnections
  let created: Libp2p | undefined
  const node = await assemble(options, {
    addresses: { listen: [...listen] },
    transports: [tcp(), webSockets()],
    peerDiscovery: await discoveryOf(mdns, { network, connections: Math.ceil(most / 2) }),
    connectionManager: { maxConnections: most },
    connectionGater: {
      // Identify passes on all addresses of a peer, its loopback ones included.
      filterMultiaddrForPeer: (peer, address) =>
        !isLoopback(address) || created === undefined || mayBeHere(created, peer),
    },
  })
  created = node
  return node
}

/** Loaded by those alone that want it. */
async function discoveryOf(
  mdns: NonNullable<NodeOptions['mdns']>,
  options: Pick<LanDiscoveryOptions, 'network' | 'connections'>,
): Promise<NonNullable<Libp2pOptions['peerDiscovery']>> {
  if (mdns === false) return []
  const { lanDiscovery } = await import('./lan-discovery.ts')
  return [lanDiscovery({ ...options, ...(mdns === true ? {} : mdns) })]
}

/** Whether a peer runs on this host, as far as its connections tell. */
function mayBeHere(node: Libp2p, peer: PeerId): boolean {
  const connections = node.getConnections(peer)
  if (connections.length === 0) return true
  const here = new Set(node.getMultiaddrs().map((address: Multiaddr) => ip(address)))
  return connections.some(({ remoteAddr }: Connection) => isLoopback(remoteAddr) || here.has(ip(remoteAddr)))
}
