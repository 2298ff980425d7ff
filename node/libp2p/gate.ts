import type { Connection, PeerId as Libp2pPeerId, Topology } from '@libp2p/interface'
import type { PeerId } from '../protocol/index.ts'
import type { Admission } from './admission.ts'
import type { Libp2pComponents } from './substrate.ts'

type Registrar = Libp2pComponents['registrar']

export interface GateOwner {
  readonly admission: Admission
  connections(peer: Libp2pPeerId): readonly Connection[]
  /** A peer outside the network has opened a stream. */
  refused(peer: PeerId): void
}

/**
 * libp2p's registrar as a service of the network sees it: nobody connects, and nobody opens streams, but peers that
 * have proven the network. To a stranger the service is there by name, and takes nothing.
 */
export class Gate {
  readonly registrar: Registrar
  readonly #topologies = new Map<string, GatedTopology>()

  constructor(registrar: Registrar, owner: GateOwner) {
    this.registrar = {
      getProtocols: () => registrar.getProtocols(),
      getHandler: (protocol) => registrar.getHandler(protocol),
      unhandle: (protocol, options) => registrar.unhandle(protocol, options),
      use: (protocol, middleware) => registrar.use(protocol, middleware),
      unuse: (protocol) => registrar.unuse(protocol),
      getMiddleware: (protocol) => registrar.getMiddleware(protocol),
      getTopologies: (protocol) => registrar.getTopologies(protocol),
      handle: (protocol, handler, options) => {
        const gated: typeof handler = (stream, connection) => {
          const peer = connection.remotePeer.toString() as PeerId
          if (owner.admission.isProven(peer)) return handler(stream, connection)
          owner.refused(peer)
          stream.abort(new Error('This peer has not proven the network'))
        }
        return registrar.handle(protocol, gated, options)
      },
      register: async (protocol, topology, options) => {
        const gated = new GatedTopology(owner, topology)
        const id = await registrar.register(protocol, gated, options)
        this.#topologies.set(id, gated)
        return id
      },
      unregister: (id) => {
        this.#topologies.delete(id)
        registrar.unregister(id)
      },
    }
  }

  /** The peer takes streams of the service from here on, or says so again. */
  admitted(peer: PeerId): void {
    for (const topology of this.#topologies.values()) topology.admitted(peer)
  }

  left(peer: PeerId): void {
    for (const topology of this.#topologies.values()) topology.left(peer)
  }
}

/** A topology of which the service hears once both is true: the peer is connected, and it is admitted. */
class GatedTopology implements Topology {
  readonly notifyOnLimitedConnection: boolean
  readonly #owner: GateOwner
  readonly #topology: Topology
  /** Who is connected and speaks the protocol; libp2p limits them, by its connections. */
  readonly #met = new Map<PeerId, Libp2pPeerId>()
  /** Of whom the service has been told. */
  readonly #told = new Set<PeerId>()

  constructor(owner: GateOwner, topology: Topology) {
    this.#owner = owner
    this.#topology = topology
    this.notifyOnLimitedConnection = topology.notifyOnLimitedConnection ?? false
  }

  readonly onConnect = (libp2pId: Libp2pPeerId, connection: Connection): void => {
    const peer = libp2pId.toString() as PeerId
    this.#met.set(peer, libp2pId)
    if (this.#owner.admission.isAdmitted(peer)) this.#tell(peer, libp2pId, connection)
  }

  readonly onDisconnect = (libp2pId: Libp2pPeerId): void => {
    const peer = libp2pId.toString() as PeerId
    this.left(peer)
    this.#met.delete(peer)
  }

  admitted(peer: PeerId): void {
    const libp2pId = this.#met.get(peer)
    if (libp2pId === undefined) return
    const connection = this.#owner.connections(libp2pId).findLast(({ status }) => status === 'open')
    if (connection !== undefined) this.#tell(peer, libp2pId, connection)
  }

  left(peer: PeerId): void {
    const libp2pId = this.#met.get(peer)
    if (libp2pId !== undefined && this.#told.delete(peer)) void this.#topology.onDisconnect?.(libp2pId)
  }

  #tell(peer: PeerId, libp2pId: Libp2pPeerId, connection: Connection): void {
    this.#told.add(peer)
    this.#topology.filter?.add(libp2pId)
    void this.#topology.onConnect?.(libp2pId, connection)
  }
}
