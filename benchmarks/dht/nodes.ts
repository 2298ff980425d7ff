import { join } from 'node:path'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { EventTypes, kadDHT, passthroughMapper, type KadDHT, type QueryEvent } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { noise } from '@chainsafe/libp2p-noise'
import { NodeDatastore } from '../../node/libp2p/index.ts'
import { createPeer } from '../../node/peer/index.ts'
import { immutableKey, keyOf, type Dht, type Router } from '../../node/protocol/index.ts'
import { openSqliteStore } from '../../node/stores/sqlite/index.ts'
import { chord } from '../../overlays/chord/index.ts'
import { kademlia } from '../../overlays/kademlia/index.ts'
import type { Kind, Operation } from './orders.ts'

/** A peer of any kind, as far as the measurement has to do with it. */
export interface DhtNode {
  readonly node: Libp2p
  /** Does it once; value n is always the same. @throws Error when nothing or too little comes of it */
  act(operation: Operation, number: number): Promise<void>
  /** Peers that it routes to. */
  known(): number
  /** Messages of the overlay that came to it, as far as it tells. */
  messages(): number
}

const listen = ['/ip4/127.0.0.1/tcp/0']
const valueBytes = 256
/** Of Dynamo: as many replicas must have a value on disk, and as many are asked for it. */
const quorum = 2

export function valueOf(number: number): Uint8Array {
  const value = new Uint8Array(valueBytes).fill(7)
  new DataView(value.buffer).setUint32(0, number)
  return value
}

export function createDhtNode(kind: Kind, directory: string): Promise<DhtNode> {
  switch (kind) {
    case 'chord()':
      return createOurs(directory, chord())
    case 'kademlia()':
      return createOurs(directory, kademlia())
    case 'kad-dht, k = 3':
      return createStock(directory, 3)
    case 'kad-dht, k = 20':
      return createStock(directory, 20)
  }
}

async function createOurs(
  directory: string,
  overlay: ReturnType<typeof chord> | ReturnType<typeof kademlia>,
): Promise<DhtNode> {
  const peer = await createPeer({ directory, network: 'bench', listen, mdns: false, overlays: { tested: overlay } })
  const api: Router & Dht = peer.overlays.tested
  return {
    node: peer.libp2p,
    act: (operation, number) => actOurs(api, operation, number),
    known: () => api.neighbours(100).length,
    // Of a peer at rest they are few beside those of an operation.
    messages: () => peer.counters.framesReceived,
  }
}

async function actOurs(api: Router & Dht, operation: Operation, number: number): Promise<void> {
  const value = valueOf(number)
  const key = immutableKey(value)
  switch (operation) {
    case 'put':
      return void (await api.put(key, { kind: 'immutable', value }))
    case 'get':
      return expectAny(await api.get(key))
    case 'lookup':
      return expectAny(await api.lookup(keyOf(`lookup ${number}`)))
    case 'provide':
      return api.provide(key)
    case 'providers':
      return expectAny(await api.providers(key))
  }
}

function expectAny(found: readonly unknown[]): void {
  if (found.length === 0) throw new Error('nothing was found')
}

/** With the settings of a local network, and its records and addresses on the same kind of disk as ours. */
async function createStock(directory: string, replicas: number): Promise<DhtNode> {
  let messages = 0
  const store = await openSqliteStore(join(directory, 'stock'))
  const node = await createLibp2p({
    datastore: await NodeDatastore.open(store),
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 200, maxIncomingPendingConnections: 200 },
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: '/bench/kad/1.0.0',
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        allowQueryWithZeroPeers: true,
        alpha: 3,
        kBucketSize: replicas,
        validators: { bench: async () => {} },
        selectors: { bench: () => 0 },
      }),
    },
  })
  const dht: KadDHT = node.services.dht
  return {
    node,
    act: (operation, number) => actStock(dht, operation, number, () => messages++),
    known: () => tableOf(dht).size,
    messages: () => messages,
  }
}

/** What counts of the events of an operation: with so many it has succeeded. Further ones are not waited for. */
async function enough(
  events: AsyncIterable<QueryEvent>,
  wanted: number,
  counts: (event: QueryEvent) => boolean,
  told: () => void,
): Promise<void> {
  let count = 0
  for await (const event of events) {
    if (event.type === EventTypes.SEND_QUERY || event.type === EventTypes.PEER_RESPONSE) told()
    if (counts(event) && ++count >= wanted) return
  }
  if (count === 0) throw new Error('nothing was found')
}

function actStock(dht: KadDHT, operation: Operation, number: number, told: () => void): Promise<void> {
  const value = valueOf(number)
  const name = immutableKey(value)
  const key = new TextEncoder().encode(`/bench/${name}`)
  const cid = CID.createV1(0x55, createDigest(0x12, Uint8Array.from(Buffer.from(name, 'hex'))))
  switch (operation) {
    case 'put':
      return enough(dht.put(key, value), quorum, (event) => isAnswer(event, 'PUT_VALUE'), told)
    case 'get':
      return enough(dht.get(key), quorum, ({ type }) => type === EventTypes.VALUE, told)
    case 'lookup':
      return enough(
        dht.getClosestPeers(new TextEncoder().encode(`lookup ${number}`)),
        Number.POSITIVE_INFINITY,
        ({ type }) => type === EventTypes.FINAL_PEER,
        told,
      )
    case 'provide':
      // It says nothing of who has taken it: this is when all that are asked have been.
      return enough(dht.provide(cid), Number.POSITIVE_INFINITY, () => true, told)
    case 'providers':
      return enough(dht.findProviders(cid), 1, ({ type }) => type === EventTypes.PROVIDER, told)
  }
}

function isAnswer(event: QueryEvent, message: string): boolean {
  return event.type === EventTypes.PEER_RESPONSE && event.messageName === message
}

/** Public in the class, though the interface that it declares does not name it. */
function tableOf(dht: KadDHT): { readonly size: number } {
  return (dht as unknown as { readonly routingTable: { readonly size: number } }).routingTable
}
