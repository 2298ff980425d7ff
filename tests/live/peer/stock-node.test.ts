import { noise } from '@libp2p/noise'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { asService } from '../../../node/libp2p/index.ts'
import { createPeer } from '../../../node/peer/index.ts'
import type { BroadcastMessage } from '../../../node/protocol/index.ts'
import { gossip } from '../../../overlays/gossip/index.ts'
import { swim } from '../../../overlays/swim/index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

/** A node as somebody who has never heard of `createPeer` sets it up, with two of our overlays among its services. */
async function stockNode(network: string) {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/test/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper }),
      members: asService(swim(), { network }),
      broadcast: asService(gossip()),
    },
  })
  cleanups.push(async () => node.stop())
  return node
}

test('a stock libp2p node with our overlays as services takes part beside its own', async () => {
  const peer = await createPeer({ network: 'stock', listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
  cleanups.push(() => peer.stop())
  const node = await stockNode('stock')
  const heardByNode = new Promise<BroadcastMessage>((resolve) => node.services.broadcast.subscribe('news', resolve))
  const heardByPeer = new Promise<BroadcastMessage>((resolve) => peer.overlays.broadcast.subscribe('news', resolve))

  await peer.dial(node.getMultiaddrs()[0]!.toString())
  await peer.ready({ members: 2 })
  expect(peer.members().map((member) => member.peer)).toContain(node.peerId.toString())

  peer.overlays.broadcast.publish('news', Uint8Array.of(1))
  expect((await heardByNode).bytes).toEqual(Uint8Array.of(1))
  node.services.broadcast.publish('news', Uint8Array.of(2))
  expect(await heardByPeer).toMatchObject({ bytes: Uint8Array.of(2), publisher: node.peerId.toString() })
  expect(node.services.members.members().map((member) => member.peer)).toContain(peer.id)

  const left = new Promise((resolve) =>
    peer.overlays.members.subscribe((event) => (event.type === 'left' ? resolve(event.peer) : undefined)),
  )
  await node.stop()
  expect(await left).toBe(node.peerId.toString())
})
