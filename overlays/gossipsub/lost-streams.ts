import type { Libp2pComponents } from '../../node/libp2p/index.ts'
import type { Router } from './router.ts'

type Libp2pPeerId = ReturnType<Router['getPeers']>[number]

/** Longest pause, in heartbeats, before a stream that is lost again and again is opened once more. */
const pauseMost = 64

interface Lost {
  /** In heartbeats. */
  pause: number
  /** The heartbeat at which the stream is opened, if it is not there by then. */
  due: number
}

/**
 * Opens streams anew. libp2p's router opens one when it is told of a connection, and goes on without it when the stream
 * is lost (a buffer was full, a frame too large) and the connection is not: the two would never hear each other again.
 */
export class LostStreams {
  readonly #components: Libp2pComponents
  readonly #router: Router
  /** Who is connected, speaks gossipsub, and has been let through to it; libp2p limits them, by its connections. */
  readonly #met = new Map<string, Libp2pPeerId>()
  readonly #lost = new Map<string, Lost>()
  #topologies: readonly string[] = []
  #beat = 0

  constructor(components: Libp2pComponents, router: Router) {
    this.#components = components
    this.#router = router
  }

  async start(): Promise<void> {
    const topology = {
      onConnect: (peer: Libp2pPeerId) => void this.#met.set(peer.toString(), peer),
      onDisconnect: (peer: Libp2pPeerId) => this.#forget(peer.toString()),
    }
    const { registrar } = this.#components
    this.#topologies = await Promise.all(
      this.#router.protocols.map((protocol) => registrar.register(protocol, topology)),
    )
  }

  stop(): void {
    for (const id of this.#topologies) this.#components.registrar.unregister(id)
    this.#met.clear()
    this.#lost.clear()
  }

  heartbeat(): void {
    this.#beat++
    for (const [id, peer] of this.#met) {
      const lost = this.#lost.get(id)
      if (this.#router.streamsOutbound.has(id)) {
        if (lost !== undefined && this.#beat >= lost.due + lost.pause) this.#lost.delete(id)
      } else if (lost === undefined) {
        // It may be on its way.
        this.#lost.set(id, { pause: 1, due: this.#beat + 1 })
      } else if (this.#beat >= lost.due) {
        lost.pause = Math.min(lost.pause * 2, pauseMost)
        lost.due = this.#beat + lost.pause
        this.#open(peer)
      }
    }
  }

  /** As libp2p's router itself connects to the peers that it is configured with. */
  #open(peer: Libp2pPeerId): void {
    const { connectionManager, registrar } = this.#components
    const connection = connectionManager.getConnections(peer).findLast(({ status }) => status === 'open')
    if (connection === undefined) return
    const [protocol = ''] = this.#router.protocols
    for (const topology of registrar.getTopologies(protocol)) void topology.onConnect?.(peer, connection)
  }

  #forget(id: string): void {
    this.#met.delete(id)
    this.#lost.delete(id)
  }
}
