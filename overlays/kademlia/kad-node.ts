import type { PeerId as Libp2pPeerId, PeerInfo } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT, type KadDHTComponents, type QueryEvent } from '@libp2p/kad-dht'
import type { CID } from 'multiformats/cid'
import { toString } from 'uint8arrays'
import type { KadId } from './distance.ts'
import { datastorePrefix } from './held-records.ts'
import type { Namespaces } from './namespaces.ts'
import type { ResolvedKademliaOptions } from './options.ts'
import type { QueryFunction } from './search.ts'

interface QueryOptions {
  readonly signal: AbortSignal
}

/** How a write of this peer's own goes through kad-dht. It hands the options on to its datastore, and others' come without. */
export interface OwnPutOptions extends QueryOptions {
  readonly isOwn: true
}

export function isOwnPut(options: object | undefined): boolean {
  return options !== undefined && 'isOwn' in options
}

/** What libp2p's class has in public beyond the interface it declares, as far as it is used here. */
export interface KadNode extends KadDHT, EventTarget {
  start(): Promise<void>
  stop(): Promise<void>
  readonly routingTable: KadRoutingTable
  /** As `get`, without corrections: one of those that fails makes `get` lose what it has found. */
  readonly contentFetching: { getMany(key: Uint8Array, options: QueryOptions): AsyncIterable<QueryEvent> }
  /** Those that this peer remembers. */
  readonly providers: { getProviders(key: CID, options: QueryOptions): Promise<Libp2pPeerId[]> }
  /** A refresh that is under way when the node stops would set its next timer all the same. */
  readonly routingTableRefresh: { refreshTable: () => void }
  /** All that asks one peer after another goes through it: lookups, reads, writes, refreshes. */
  readonly queryManager: {
    run: (key: Uint8Array, ask: QueryFunction, options?: Partial<QueryOptions>) => AsyncGenerator<QueryEvent>
  }
  /** What happens when a peer is connected, or told of by whomever. */
  onPeerConnect: (peer: PeerInfo & { readonly protocols?: readonly string[] }) => Promise<void>
  readonly network: {
    sendRequest(to: Libp2pPeerId, message: PutMessage | GetMessage, options: QueryOptions): AsyncIterable<QueryEvent>
  }
}

interface GetMessage {
  readonly type: 'GET_PROVIDERS' | 'GET_VALUE'
  readonly key: Uint8Array
}

interface PutMessage {
  readonly type: 'PUT_VALUE'
  readonly key: Uint8Array
  readonly record: Uint8Array
  readonly closer: []
  readonly providers: []
}

interface KadRoutingTable extends EventTarget {
  readonly size: number
  readonly kb: { toIterable(): Iterable<{ readonly peerId: Libp2pPeerId; readonly kadId: KadId }> }
  closestPeers(target: KadId, options?: { readonly count?: number }): Libp2pPeerId[]
  add(peer: Libp2pPeerId, options?: QueryOptions): Promise<void>
  remove(peer: Libp2pPeerId): Promise<void>
  /** As `add`, in its turn. */
  queueRoutingTableUpdate(peer: Libp2pPeerId): void
}

/** Streams of one connection that a peer may have open to this one. Twice what stock peers take. */
const streamLimit = 64
/** Peers that wait to be pinged before they come into the routing table. */
const updateLimit = 1024
/** How long a peer may take for an answer at first, and most; libp2p adapts in between. */
const answerTimeout = { minTimeout: 2000, maxTimeout: 10_000 }

export function createKadNode(
  components: KadDHTComponents,
  options: ResolvedKademliaOptions,
  namespaces: Namespaces,
): KadNode {
  const { providerLifetime, bucketSize, parallelism } = options
  const validate = (key: Uint8Array, value: Uint8Array): Promise<void> => namespaces.validate(key, value)
  const select = (key: Uint8Array, values: Uint8Array[]): number => namespaces.select(key, values)
  const node = kadDHT({
    protocol: options.protocol,
    datastorePrefix,
    // On a local network every peer can be dialled, at private addresses, and one may be alone.
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    allowQueryWithZeroPeers: true,
    kBucketSize: bucketSize,
    alpha: parallelism,
    validators: Object.fromEntries(namespaces.names.map((name) => [name, validate])),
    selectors: Object.fromEntries(namespaces.names.map((name) => [name, select])),
    // As libp2p's own, 24 of 48 hours and every hour, in proportion.
    reprovide: {
      validity: providerLifetime,
      threshold: Math.floor(providerLifetime / 2),
      interval: Math.max(1, Math.floor(providerLifetime / 48)),
    },
    maxInboundStreams: streamLimit,
    maxOutboundStreams: streamLimit,
    routingTableUpdateMaxQueueSize: updateLimit,
    networkDialTimeout: answerTimeout,
    pingNewContactTimeout: answerTimeout,
    pingOldContactTimeout: answerTimeout,
  })(components)
  return node as KadNode
}

/** What a peer says to a record that it is handed; silent: nothing, or it was not reached. */
export type Answer = 'taken' | 'refused' | 'silent'

/** Hands one record to one peer. */
export async function handRecord(
  node: KadNode,
  to: Libp2pPeerId,
  { key, value, bytes }: { readonly key: Uint8Array; readonly value: Uint8Array; readonly bytes: Uint8Array },
  signal: AbortSignal,
): Promise<Answer> {
  const message: PutMessage = { type: 'PUT_VALUE', key, record: bytes, closer: [], providers: [] }
  const sent = toString(value, 'base64')
  for await (const event of node.network.sendRequest(to, message, { signal })) {
    // Whoever takes it sends it back.
    if (event.name === 'QUERY_ERROR' && isReset(event.error)) return 'refused'
    if (event.name !== 'PEER_RESPONSE') continue
    const isTaken = event.record !== undefined && toString(event.record.value, 'base64') === sent
    return isTaken ? 'taken' : 'refused'
  }
  return 'silent'
}

/** kad-dht answers with a reset what its validator, or ours, does not let in. */
function isReset(error: unknown): boolean {
  const cause: unknown = error instanceof Event && 'error' in error ? error.error : error
  return cause instanceof Error && cause.name === 'StreamResetError'
}

/** @returns the value that one peer holds under a key, as it says; undefined if none, or without an answer */
export async function valueOf(
  node: KadNode,
  from: Libp2pPeerId,
  key: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for await (const event of node.network.sendRequest(from, { type: 'GET_VALUE', key }, { signal })) {
    if (event.name === 'PEER_RESPONSE') return event.record?.value
  }
  return undefined
}
