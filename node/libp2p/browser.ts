// The entry point for browsers, which cannot listen. `node.ts` is its counterpart.
import type { Libp2p, ServiceMap } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { assemble, type NodeOptions, type NodeServices } from './assembly.ts'

export { noise } from './noise.ts'
export type { NodeOptions, NodeServices } from './assembly.ts'

/** A libp2p node in a page: dials peers of the local network by WebSocket. */
export function createNode<Services extends ServiceMap = ServiceMap>(
  options: NodeOptions<Services>,
): Promise<Libp2p<Services & NodeServices>> {
  return assemble(options, {
    addresses: { listen: [] },
    transports: [webSockets()],
    connectionManager: { maxConnections: options.maxConnections ?? 100 },
    // In browsers libp2p refuses private addresses and unencrypted WebSockets, which is all a local network has. Noise
    // encrypts either way.
    connectionGater: { denyDialMultiaddr: () => false },
  })
}
