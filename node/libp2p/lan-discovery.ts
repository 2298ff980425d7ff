import {
  KEEP_ALIVE,
  type PeerDiscovery,
  type PeerDiscoveryEvents,
  type PeerId,
  type PeerInfo,
  type PeerStore,
  peerDiscoverySymbol,
  type Startable,
  TypedEventEmitter,
} from '@libp2p/interface'
import { mdns, type MulticastDNSComponents } from '@libp2p/mdns'
import { createRandom } from '../protocol/index.ts'
import { dialable } from './address-book.ts'
import { BackOff } from './back-off.ts'
import { defaultHostLimits } from './limits.ts'
import type { NetworkSecret } from './network.ts'
import { monotonicNow } from './timers.ts'

/** Peers whose failed dials are remembered. */
const peerLimit = 1024

export interface LanDiscoveryOptions {
  readonly network: NetworkSecret
  /** Nobody is dialled while there are so many connections. @default 250 */
  readonly connections?: number
  /** The port of mDNS; another one only in tests. @default 5353 */
  readonly port?: number
  /** Between two queries. @default 10_000 */
  readonly interval?: number
}

/** The multicast DNS service of a network: short enough for RFC 6335, and giving neither name nor key away. */
export function serviceTag(network: NetworkSecret): string {
  return `_loom-${network.tag.slice(0, 8)}._udp.local`
}

interface Components extends MulticastDNSComponents {
  readonly peerStore: PeerStore
  readonly connectionManager: {
    openConnection(peer: PeerId): Promise<unknown>
    getConnections(peer?: PeerId): readonly unknown[]
  }
}

/**
 * Finds peers of the same network by mDNS, and does what libp2p leaves to its user: leaves out addresses that mean
 * another host's loopback, dials who is found, and tags it so that libp2p reconnects when the connection is lost.
 */
export function lanDiscovery(options: LanDiscoveryOptions): (components: Components) => PeerDiscovery {
  return (components) => new LanDiscovery(components, options)
}

class LanDiscovery extends TypedEventEmitter<PeerDiscoveryEvents> implements PeerDiscovery, Startable {
  readonly [peerDiscoverySymbol]: PeerDiscovery = this
  readonly #components: Components
  readonly #connections: number
  readonly #mdns: PeerDiscovery & Startable
  readonly #failed = new Map<string, BackOff>()
  readonly #dialing = new Set<string>()
  readonly #random = createRandom(globalThis.crypto.getRandomValues(new Uint32Array(2)).join('/'))
  #started = false

  constructor(components: Components, { network, connections = 250, port, interval }: LanDiscoveryOptions) {
    super()
    this.#components = components
    this.#connections = connections
    this.#mdns = mdns({
      serviceTag: serviceTag(network),
      ...(port === undefined ? {} : { port }),
      ...(interval === undefined ? {} : { interval }),
    })(components) as PeerDiscovery & Startable
    this.#mdns.addEventListener('peer', ({ detail }) => this.#found(detail))
  }

  async start(): Promise<void> {
    this.#started = true
    await this.#mdns.start()
  }

  async stop(): Promise<void> {
    this.#started = false
    await this.#mdns.stop()
  }

  #found({ id, multiaddrs }: PeerInfo): void {
    const { addressManager, connectionManager, peerStore } = this.#components
    const known = dialable(multiaddrs, addressManager.getAddresses())
    if (!this.#started || known.length === 0) return
    // The node puts these addresses into the peer store; the dial below waits until they are there.
    this.safeDispatchEvent('peer', { detail: { id, multiaddrs: known } })
    const name = id.toString()
    if (connectionManager.getConnections(id).length > 0 || this.#dialing.has(name)) return
    if (connectionManager.getConnections().length >= this.#connections) return
    if ((this.#failed.get(name)?.until ?? 0) > monotonicNow()) return
    this.#dialing.add(name)
    void peerStore
      .merge(id, { multiaddrs: known })
      .then(() => connectionManager.openConnection(id))
      .then(() => peerStore.merge(id, { tags: { [`${KEEP_ALIVE}-lan`]: { value: 10 } } }))
      .then(
        () => this.#failed.delete(name),
        () => this.#pause(name),
      )
      .finally(() => this.#dialing.delete(name))
  }

  #pause(name: string): void {
    const [oldest] = this.#failed.keys()
    if (!this.#failed.has(name) && this.#failed.size >= peerLimit && oldest !== undefined) this.#failed.delete(oldest)
    const backOff = this.#failed.get(name) ?? new BackOff()
    this.#failed.set(name, backOff)
    backOff.failed(monotonicNow(), this.#random, { ...defaultHostLimits, retryLeast: 1_000 })
  }
}
