import type { AuthorKey, Libp2pComponents, Libp2pHost } from '../../node/libp2p/index.ts'
import { assert, keyOf, type Dht, type Overlay, type ProtocolName } from '../../node/protocol/index.ts'
import type { Key, PeerId, RequestOptions, Router } from '../../node/protocol/index.ts'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { KademliaCounters } from './counters.ts'
import { KademliaNode } from './kademlia-node.ts'
import { resolveKademliaOptions, type KademliaOptions } from './options.ts'
import type { Bucket } from './routing.ts'
import { getForeignValue, putForeignValue } from './foreign-values.ts'
import { ownWrite } from './writes.ts'

const name: ProtocolName = '/peerloom/kademlia/1.0.0'

/** The roles `Router` and `Dht` over libp2p's Kademlia. */
export interface Kademlia extends Router, Dht {
  /**
   * As of every router, but at most k (`bucketSize`), however many are asked for and the network has: no others should hold
   * the record, and a lookup finds no others, as each peer names the k nearest that it knows.
   *
   * @throws LookupFailedError
   */
  replicas(key: Key, count: number, options?: RequestOptions): Promise<readonly PeerId[]>
  /** The routing table, by how near its peers are to this one. */
  buckets(): readonly Bucket[]
  /**
   * Puts a value that is no record of Peerloom's, as stock peers do, under a key `/NAME/…` of one of the option's
   * `namespaces`.
   *
   * @throws RangeError when there is no such namespace, or the value is too large; what its `validate` throws
   * @throws RegressionError when this peer holds a better one
   * @throws QuorumFailedError, LookupFailedError as `put`
   */
  putValue(key: string, value: Uint8Array, options?: RequestOptions): Promise<void>
  /** @returns the best of the values found; undefined if there is none. @throws as `get`, or RangeError as `putValue` */
  getValue(key: string, options?: RequestOptions): Promise<Uint8Array | undefined>
  /** A snapshot. */
  readonly counters: KademliaCounters
}

/**
 * Routing and storage by libp2p's kad-dht: k replicas of a record on the peers that are nearest to its key by XOR.
 *
 * @throws RangeError when the options make no sense
 */
export function kademlia(options?: KademliaOptions): Overlay<Kademlia, Libp2pHost> {
  const resolved = resolveKademliaOptions(options)
  return {
    attach(host) {
      const { author } = host
      assert(author !== undefined, 'a host that carries kademlia() is created with an author key: it signs records')
      const node = host.mount({
        name,
        openTo: resolved.openTo,
        // It tells who speaks the protocol; contacts are pinged before they are taken into the routing table.
        requires: ['@libp2p/identify', '@libp2p/ping'],
        create: (components, ports) => new KademliaNode(dhtComponents(components), resolved, author, ports),
      })
      const api = createApi(node, author)
      host.offer('router', api)
      host.offer('dht', api)
      return api
    },
  }
}

function createApi(node: KademliaNode, author: AuthorKey): Kademlia {
  const { requests, routing, records, providing } = node
  const trace: Router['trace'] = (key, options = {}) =>
    requests.run(key, options, (signal) => routing.trace(key, signal))
  return {
    author: author.publicKey.slice(),
    trace,
    lookup: async (key, options) => (await trace(key, options)).peers,
    replicas: async (key, count, options) => (await trace(key, options)).peers.slice(0, Math.max(0, count)),
    neighbours: (count) => routing.neighbours(count),
    buckets: () => routing.buckets(),
    put: async (key, write, options = {}) => {
      const own = ownWrite(key, write, author.publicKey)
      return requests.run(key, options, (signal) => records.put(key, own, signal))
    },
    get: (key, options = {}) => requests.run(key, options, (signal) => records.get(key, signal)),
    provide: (key, options = {}) => requests.run(key, options, (signal) => providing.provide(key, signal)),
    // It is about no one key, and takes as long as it takes: each of the records has its time.
    handOver: (options = {}) => requests.run(keyOf(author.publicKey), options, node.handOver, Infinity),
    withdraw: (key) => providing.withdraw(key),
    providers: (key, options = {}) => requests.run(key, options, (signal) => providing.providers(key, signal)),
    putValue: async (key, value, options = {}) => {
      const own = value.slice()
      return requests.run(keyOf(key), options, (signal) => putForeignValue(node, key, own, signal))
    },
    getValue: (key, options = {}) => requests.run(keyOf(key), options, (signal) => getForeignValue(node, key, signal)),
    get counters() {
      return { ...node.counters }
    },
  }
}

/** Those of libp2p's that kad-dht asks for: whoever has the services that the overlay requires has all of them. */
function dhtComponents(components: Libp2pComponents): KadDHTComponents {
  return components as unknown as KadDHTComponents
}
