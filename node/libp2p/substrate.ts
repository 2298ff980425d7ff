import type {
  Connection,
  Libp2p,
  Libp2pEvents,
  PeerId as Libp2pPeerId,
  PeerStore,
  PrivateKey,
  StreamHandler,
  StreamHandlerOptions,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ServiceFactoryMap } from 'libp2p'

type EventName =
  'connection:open' | 'peer:disconnect' | 'peer:update' | 'self:peer:update' | 'transport:listening' | 'transport:close'
type Listener<Name extends EventName> = (event: Libp2pEvents[Name]) => void

/** All that `createLibp2p` hands to the factories of its services. */
export type Libp2pComponents = Parameters<ServiceFactoryMap[string]>[0]

/** All that a host uses of libp2p. A node offers it, and so do the components that a node hands to its services. */
export interface Substrate {
  readonly peerId: Libp2pPeerId
  readonly peerStore: PeerStore
  /** For services of libp2p that a host carries. @throws Error when the node does not give them away */
  readonly components: Libp2pComponents
  handle(protocol: string, handler: StreamHandler, options: StreamHandlerOptions): Promise<void>
  unhandle(protocol: string): Promise<void>
  dial(peer: Libp2pPeerId, signal: AbortSignal): Promise<Connection>
  connections(peer?: Libp2pPeerId): readonly Connection[]
  addresses(): readonly Multiaddr[]
  listen<Name extends EventName>(name: Name, listener: Listener<Name>): void
  unlisten<Name extends EventName>(name: Name, listener: Listener<Name>): void
}

export function nodeSubstrate(node: Libp2p): Substrate {
  return {
    peerId: node.peerId,
    peerStore: node.peerStore,
    get components() {
      return componentsOf(node)
    },
    handle: (protocol, handler, options) => node.handle(protocol, handler, options),
    unhandle: (protocol) => node.unhandle(protocol),
    dial: (peer, signal) => node.dial(peer, { signal }),
    connections: (peer) => node.getConnections(peer),
    addresses: () => node.getMultiaddrs(),
    listen: (name, listener) => node.addEventListener(name, listener),
    unlisten: (name, listener) => node.removeEventListener(name, listener),
  }
}

/** They are public in libp2p's class, though its interface does not name them: there is no other way to them. */
function componentsOf(node: Libp2p): Libp2pComponents {
  const { components } = node as { readonly components?: Libp2pComponents }
  if (components !== undefined) return components
  throw new Error('Cannot use a service of libp2p here: the node does not show its components. Use asService() instead')
}

interface EventTargetLike {
  addEventListener(name: string, listener: EventListener): void
  removeEventListener(name: string, listener: EventListener): void
}

/** What `createLibp2p` hands to a service factory, as far as a host uses it. */
export interface ServiceComponents {
  readonly peerId: Libp2pPeerId
  readonly privateKey: PrivateKey
  readonly peerStore: PeerStore
  readonly events: EventTargetLike
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
    unhandle(protocol: string): Promise<void>
  }
  readonly connectionManager: {
    openConnection(peer: Libp2pPeerId, options?: { signal?: AbortSignal }): Promise<Connection>
    getConnections(peer?: Libp2pPeerId): Connection[]
  }
  readonly addressManager: { getAddresses(): Multiaddr[] }
}

export function componentsSubstrate(components: ServiceComponents): Substrate {
  return {
    peerId: components.peerId,
    peerStore: components.peerStore,
    // Those that a host uses itself are a part of what libp2p hands over.
    components: components as Libp2pComponents,
    handle: (protocol, handler, options) => components.registrar.handle(protocol, handler, options),
    unhandle: (protocol) => components.registrar.unhandle(protocol),
    dial: (peer, signal) => components.connectionManager.openConnection(peer, { signal }),
    connections: (peer) => components.connectionManager.getConnections(peer),
    addresses: () => components.addressManager.getAddresses(),
    listen: (name, listener) => components.events.addEventListener(name, listener as EventListener),
    unlisten: (name, listener) => components.events.removeEventListener(name, listener as EventListener),
  }
}
