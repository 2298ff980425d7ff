import { identify } from '@libp2p/identify'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT, type KadDHTInit, type QueryEvent } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { asService, type Libp2pHost, type ServiceOptions } from '../../../node/libp2p/index.ts'
import { createPeer, type Peer, type PeerOptions } from '../../../node/peer/index.ts'
import type { Overlay } from '../../../node/protocol/index.ts'
import { kademlia, type Kademlia, type KademliaOptions, type Namespace } from '../../../overlays/kademlia/index.ts'

const protocol = '/peerloom/kad/1.0.0'

/** Values of a network that has nothing to do with Peerloom: a number and a text, of which the greatest number wins. */
export const numbered: Namespace = {
  validate(_key, value) {
    if (!/^\d+:/.test(text(value))) throw new Error('A value without a number')
  },
  select: (_key, values) => values.reduce((best, value, at) => (number(value) > number(values[best]!) ? at : best), 0),
}

/** Quicker than the default, so that what is mended is mended sooner. */
export const quick: KademliaOptions = { upkeepInterval: 50, stragglers: 200, namespaces: { app: numbered } }

export const stockOptions = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
} satisfies Libp2pOptions

/** As libp2p's class has it, beyond its interface. */
type StockDht = KadDHT & { readonly routingTable: EventTarget & { find(peer: Libp2pPeerId): Promise<unknown> } }
export type Stock = Libp2p<{ identify: object; ping: object; dht: StockDht }>
export type Ours = Libp2p<{ identify: object; ping: object; dht: Kademlia }>
export type Created = Peer<{ readonly dht: Overlay<Kademlia, Libp2pHost> }>

const cleanups: (() => Promise<unknown>)[] = []

/** Stops whatever was started here, the last first. */
export async function stopAll(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

/** A node of somebody who has never heard of Peerloom, with libp2p's own DHT set up for a local network. */
export async function stock(init: KadDHTInit = {}): Promise<Stock> {
  const dht = kadDHT({
    protocol,
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    allowQueryWithZeroPeers: true,
    validators: { app: (key, value) => numbered.validate(text(key), value) },
    selectors: { app: (key, values) => numbered.select(text(key), values) },
    ...init,
  })
  const services = { identify: identify(), ping: ping(), dht }
  const node = await createLibp2p({ ...stockOptions, services })
  cleanups.push(async () => node.stop())
  return node as unknown as Stock
}

/** A node of somebody's own, with ours in the place of libp2p's. */
export async function service(options: KademliaOptions, network: ServiceOptions = {}): Promise<Ours> {
  const dht = asService(kademlia({ ...quick, ...options }), network)
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify(), ping: ping(), dht } })
  cleanups.push(async () => node.stop())
  return node
}

export async function peer(
  network: string | { readonly name: string; readonly key: Uint8Array },
  options: KademliaOptions = {},
): Promise<Created> {
  return start({ network }, options)
}

/** One that keeps what it holds in a directory. */
export async function keptPeer(network: string, directory: string, options: KademliaOptions = {}): Promise<Created> {
  return start({ network, directory }, options)
}

async function start(where: Pick<PeerOptions, 'network' | 'directory'>, options: KademliaOptions): Promise<Created> {
  const overlays = { dht: kademlia({ ...quick, ...options }) }
  const created = await createPeer({ ...where, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, overlays })
  cleanups.push(() => created.stop())
  return created
}

/** Resolves when the peers are in the routing table of ours. Nothing tells of it, so it is looked at in every turn. */
export async function knows(api: Kademlia, ...peers: readonly { toString(): string }[]): Promise<void> {
  const wanted = peers.map(String)
  const isThere = (): boolean => {
    const known = new Set<string>(api.neighbours(100))
    return wanted.every((peer) => known.has(peer))
  }
  while (!isThere()) await new Promise((resolve) => void setImmediate(resolve))
}

/** Resolves when nobody is in the routing table of ours. */
export async function knowsNobody(api: Kademlia): Promise<void> {
  while (api.neighbours(1).length > 0) await new Promise((resolve) => void setImmediate(resolve))
}

/** Resolves when the peers are in the routing table of a stock node. */
export async function stockKnows({ services }: Stock, ...peers: readonly Libp2pPeerId[]): Promise<void> {
  const { routingTable } = services.dht
  for (const peer of peers) {
    while ((await routingTable.find(peer)) === undefined) {
      await new Promise((resolve) => routingTable.addEventListener('peer:add', resolve, { once: true }))
    }
  }
}

export async function all<Event extends QueryEvent>(events: AsyncIterable<Event>): Promise<Event[]> {
  const found: Event[] = []
  for await (const event of events) found.push(event)
  return found
}

export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content)
}

function number(value: Uint8Array): number {
  return Number.parseInt(text(value), 10)
}
