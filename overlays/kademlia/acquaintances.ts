import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'

type Peers = KadDHTComponents

/** Most addresses of a peer that somebody tells; a host has a few. */
const addressLimit = 32
/** Peers whose addresses are being written. */
const learningLimit = 256
/** How long a peer that was dialled may take to prove the network. */
const proofPatience = 3000

interface Waiter {
  readonly peer: string
  readonly wake: () => void
}

/**
 * Whom this peer can ask: those that are connected, speak the protocol and, in an overlay that is open to the network
 * only, have proven it. Others are dialled first, at addresses that peers tell of each other.
 */
export class Acquaintances {
  readonly #components: Peers
  readonly #protocol: string
  readonly #mustProve: boolean
  readonly #met = new Map<string, Libp2pPeerId>()
  readonly #learning = new Map<string, Promise<unknown>>()
  #waiters: readonly Waiter[] = []
  #topology: string | undefined

  /** @param mustProve the registrar among the components tells only of peers that have proven the network */
  constructor(components: Peers, protocol: string, mustProve: boolean) {
    this.#components = components
    this.#protocol = protocol
    this.#mustProve = mustProve
  }

  /** Peers that can be asked without a dial. */
  get met(): readonly Libp2pPeerId[] {
    return [...this.#met.values()]
  }

  async start(): Promise<void> {
    this.#topology = await this.#components.registrar.register(this.#protocol, {
      onConnect: (peer) => {
        this.#met.set(peer.toString(), peer)
        for (const waiter of this.#waiters) if (waiter.peer === peer.toString()) waiter.wake()
      },
      onDisconnect: (peer) => void this.#met.delete(peer.toString()),
    })
  }

  stop(): void {
    if (this.#topology !== undefined) this.#components.registrar.unregister(this.#topology)
    this.#met.clear()
    for (const { wake } of this.#waiters) wake()
  }

  hasMet(peer: Libp2pPeerId): boolean {
    return this.#met.has(peer.toString())
  }

  /** Whether there is a connection to the peer still, over which it can be asked. */
  isThere(peer: Libp2pPeerId): boolean {
    const connections = this.#components.connectionManager.getConnections(peer)
    return this.hasMet(peer) && connections.some(({ status }) => status === 'open')
  }

  /** Somebody tells where a peer is. libp2p itself would keep this only for a service that it knows. */
  learn(peer: Libp2pPeerId, multiaddrs: readonly Multiaddr[]): void {
    const id = peer.toString()
    if (multiaddrs.length === 0 || this.#learning.size >= learningLimit || this.#learning.has(id)) return
    const learnt = this.#components.peerStore
      .merge(peer, { multiaddrs: multiaddrs.slice(0, addressLimit) })
      .catch(() => undefined)
      .finally(() => this.#learning.delete(id))
    this.#learning.set(id, learnt)
  }

  /** @returns undefined for a peer that libp2p has forgotten */
  async addressesOf(peer: Libp2pPeerId): Promise<readonly Multiaddr[] | undefined> {
    if (!(await this.#components.peerStore.has(peer))) return undefined
    const { addresses } = await this.#components.peerStore.get(peer)
    return addresses.map(({ multiaddr }) => multiaddr)
  }

  /** Resolves when streams to the peer will be taken. @throws when it cannot be reached, or does not prove the network */
  async reach(peer: Libp2pPeerId, signal: AbortSignal | undefined): Promise<void> {
    if (this.hasMet(peer)) return
    await this.#learning.get(peer.toString())
    const patience = AbortSignal.timeout(proofPatience)
    const ending = signal === undefined ? patience : AbortSignal.any([signal, patience])
    const connection = await this.#components.connectionManager.openConnection(peer, { signal: ending })
    if (this.#mustProve) await this.#proof(peer, connection, ending)
  }

  /** The components of libp2p as kad-dht is to see them. */
  seenBy(datastore: Peers['datastore']): Peers {
    const { connectionManager, peerStore } = this.#components
    const seen: Partial<Peers> = {
      datastore,
      connectionManager: overriding(connectionManager, {
        openStream: async (peer, protocol, options) => {
          if (isPeerId(peer)) await this.reach(peer, options?.signal)
          return connectionManager.openStream(peer, protocol, options)
        },
      }),
      ping: {
        ping: async (peer, options) => {
          if (isPeerId(peer)) await this.reach(peer, options?.signal)
          // Looked up when it is needed: that there is none libp2p itself finds later, and says better.
          return this.#components.ping.ping(peer, options)
        },
      },
      // Of a provider kad-dht keeps as many addresses as fit into a message.
      peerStore: overriding(peerStore, {
        merge: (peer, { multiaddrs, ...data }, options) =>
          peerStore.merge(
            peer,
            multiaddrs === undefined ? data : { ...data, multiaddrs: multiaddrs.slice(0, addressLimit) },
            options,
          ),
      }),
    }
    return overriding(this.#components, seen)
  }

  /** Who is about to leave has taken its proof back, and gives none before it hangs up. */
  async #proof(peer: Libp2pPeerId, connection: Connection, signal: AbortSignal): Promise<void> {
    while (!this.hasMet(peer)) {
      signal.throwIfAborted()
      if (connection.status !== 'open') throw new Error('The peer hung up before it proved the network')
      let waiter: Waiter | undefined
      await new Promise<void>((wake) => {
        waiter = { peer: peer.toString(), wake }
        this.#waiters = [...this.#waiters, waiter]
        connection.addEventListener('close', () => wake(), { once: true })
        signal.addEventListener('abort', () => wake(), { once: true })
      })
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
    }
  }
}

/** The same object, but for some of its parts. libp2p looks its components up when they are used, so a copy would not do. */
function overriding<Target extends object>(target: Target, parts: Partial<Target>): Target {
  return new Proxy(target, {
    get(original, name) {
      const part: unknown = Reflect.get(parts, name)
      if (part !== undefined) return part
      const value: unknown = Reflect.get(original, name)
      return typeof value === 'function' ? (value.bind(original) as unknown) : value
    },
  })
}

function isPeerId(target: unknown): target is Libp2pPeerId {
  return typeof target === 'object' && target !== null && 'toMultihash' in target
}
