import { gossipsub as stockGossipsub, type GossipSub, type Message } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { asService, type ServiceOptions } from '../../../node/libp2p/index.ts'
import { createPeer, type Peer } from '../../../node/peer/index.ts'
import type { Broadcast, BroadcastMessage, Overlay } from '../../../node/protocol/index.ts'
import type { Libp2pHost } from '../../../node/libp2p/index.ts'
import { gossipsub, type Gossipsub, type GossipsubOptions } from '../../../overlays/gossipsub/index.ts'

/** Quicker than the default, so that what is mended at a heartbeat is mended sooner. */
export const quick: GossipsubOptions = { heartbeatInterval: 100, keptHeartbeats: 30, announcedHeartbeats: 20 }

export const stockOptions = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
} satisfies Libp2pOptions

type Stock = Libp2p<{ identify: object; pubsub: GossipSub }>
type Ours = Libp2p<{ identify: object; pubsub: Gossipsub }>

const cleanups: (() => Promise<unknown>)[] = []

/** Stops whatever was started here, the last first. */
export async function stopAll(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

/** A node of somebody who has never heard of Peerloom, with libp2p's own gossipsub. */
export async function stock(): Promise<Stock> {
  const pubsub = stockGossipsub({ allowPublishToZeroTopicPeers: true, heartbeatInterval: 100 })
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify(), pubsub } })
  cleanups.push(async () => node.stop())
  return node
}

/** A node of somebody's own, with ours in the place of libp2p's. */
export async function service(options: GossipsubOptions, network: ServiceOptions = {}): Promise<Ours> {
  const pubsub = asService(gossipsub({ ...quick, ...options }), network)
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify(), pubsub } })
  cleanups.push(async () => node.stop())
  return node
}

export async function peer(
  network: string | { readonly name: string; readonly key: Uint8Array },
  options: GossipsubOptions = {},
): Promise<Peer<{ readonly all: Overlay<Gossipsub, Libp2pHost> }>> {
  const overlays = { all: gossipsub({ ...quick, ...options }) }
  const created = await createPeer({ network, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, overlays })
  cleanups.push(() => created.stop())
  return created
}

/** What is heard, and a way to wait for it. */
export class Ears {
  readonly texts: string[] = []
  readonly messages: BroadcastMessage[] = []
  #waiting: (() => void)[] = []

  static of(api: Broadcast, topic: string): Ears {
    const ears = new Ears()
    api.subscribe(topic, (message) => {
      ears.messages.push(message)
      ears.#hear(message.bytes)
    })
    return ears
  }

  static ofStock(router: GossipSub, topic: string): Ears {
    const ears = new Ears()
    router.addEventListener('message', ({ detail }: CustomEvent<Message>) => {
      if (detail.topic === topic) ears.#hear(detail.data)
    })
    router.subscribe(topic)
    return ears
  }

  /** Resolves when the text has been heard. */
  async hear(text: string): Promise<void> {
    while (!this.texts.includes(text)) await new Promise<void>((resolve) => void this.#waiting.push(resolve))
  }

  #hear(bytes: Uint8Array): void {
    this.texts.push(new TextDecoder().decode(bytes))
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Resolves when a stock router knows that somebody subscribes to the topic. */
export async function subscriberOf(router: GossipSub, topic: string): Promise<void> {
  while (router.getSubscribers(topic).length === 0) await heartbeat(router)
}

export async function heartbeat(router: GossipSub): Promise<void> {
  await new Promise((resolve) => router.addEventListener('gossipsub:heartbeat', resolve, { once: true }))
}
