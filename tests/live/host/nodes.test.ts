import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { createNode as createBrowserNode } from '../../../node/libp2p/browser.ts'
import { networkSecret } from '../../../node/libp2p/index.ts'
import { serviceTag } from '../../../node/libp2p/lan-discovery.ts'
import { createNode, nearestFirst } from '../../../node/libp2p/node.ts'
import type { PeerId } from '../../../node/protocol/index.ts'
import { dial, stockNode, toyHost } from './toy.ts'

const network = networkSecret('test')

async function somebody(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString() as PeerId
}

describe('a node for the local network', () => {
  test('listens on TCP and on WebSockets, and a browser’s node talks to it', async () => {
    const node = await createNode({ network, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] })
    await using server = await toyHost({ node })
    await using page = await toyHost({ node: await createBrowserNode({ network }) })
    const webSocket = server.node.getMultiaddrs().filter((address) => address.toString().includes('/ws'))
    expect(server.node.getMultiaddrs()).toHaveLength(2)
    await page.node.dial(webSocket)
    await Promise.all([server.told.type('connected'), page.told.type('connected')])
    server.toy.say(page.host.self, 1)
    page.toy.say(server.host.self, 2)
    await Promise.all([server.told.type('heard'), page.told.type('heard')])
  })

  test('dials its bootstrap peers at the start', async () => {
    await using first = await toyHost({
      node: await createNode({ network, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] }),
    })
    const node = await createNode({
      network,
      mdns: false,
      listen: [],
      bootstrap: first.node.getMultiaddrs().map(String),
    })
    await using second = await toyHost({ node })
    await second.told.type('connected')
  })

  test('has an mDNS service of its own for each network and key, which tells neither', () => {
    const tags = [
      networkSecret('home'),
      networkSecret('office'),
      networkSecret({ name: 'home', key: new Uint8Array(32) }),
    ].map(serviceTag)
    expect(new Set(tags).size).toBe(3)
    for (const tag of tags) expect(tag).toMatch(/^_loom-[0-9a-f]{8}\._udp\.local$/)
  })

  test('dials the nearest address first, and TCP before WebSockets', () => {
    const addresses = [
      '/ip4/192.168.1.2/tcp/1/ws',
      '/ip4/8.8.8.8/tcp/1',
      '/ip4/127.0.0.1/tcp/1/ws',
      '/ip4/192.168.1.2/tcp/1/p2p/12D3KooWGC6tVLhgCqHcXpDqHn6CaNMUFPT1mnjPVZj3mCyvbVJz/p2p-circuit',
      '/ip4/10.0.0.1/tcp/1',
      '/dns4/example.org/tcp/1/wss',
      '/ip6/::1/tcp/1',
    ].map((text) => ({ multiaddr: multiaddr(text), isCertified: false }))
    expect(addresses.toSorted(nearestFirst).map(({ multiaddr }) => multiaddr.toString().slice(0, 20))).toEqual([
      '/ip6/::1/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
      '/ip4/10.0.0.1/tcp/1',
      '/ip4/192.168.1.2/tcp',
      '/ip4/8.8.8.8/tcp/1',
      '/dns4/example.org/tc',
      '/ip4/192.168.1.2/tcp',
    ])
  })
})

describe('the address book', () => {
  test('gives loopback addresses only where there are no others', async () => {
    await using everywhere = await toyHost({
      node: await stockNode({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'], appendAnnounce: ['/ip4/10.0.0.9/tcp/4001'] },
      }),
    })
    expect(everywhere.node.getMultiaddrs()).toHaveLength(2)
    expect(everywhere.host.addresses.own()).toEqual(['/ip4/10.0.0.9/tcp/4001'])
    await using here = await toyHost()
    expect(here.host.addresses.own()).toHaveLength(1)
    expect(here.host.addresses.own()[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
  })

  test('learns what can be dialled, and leaves out the rest', async () => {
    await using alice = await toyHost()
    const peer = await somebody()
    const updated = new Promise<string[]>((resolve) => {
      alice.node.addEventListener('peer:update', ({ detail }) => {
        if (detail.peer.id.toString() === peer)
          resolve(detail.peer.addresses.map(({ multiaddr }) => multiaddr.toString()))
      })
    })
    alice.host.addresses.learn(peer, [
      'not an address',
      '/ip4/10.1.2.3/tcp/4001',
      `/ip4/10.1.2.4/tcp/4001/p2p/${peer}`,
      `/ip4/10.1.2.5/tcp/4001/p2p/${await somebody()}`,
      '/ip4/0.0.0.0/tcp/4001',
      '/ip4/127.0.0.1/tcp/4001',
      `/ip4/10.1.2.6/tcp/4001/${'p2p-circuit/'.repeat(100)}`,
    ])
    expect((await updated).toSorted()).toEqual(['/ip4/10.1.2.3/tcp/4001', '/ip4/10.1.2.4/tcp/4001'])
  })

  test('takes no more than sixteen addresses of a peer at once', async () => {
    await using alice = await toyHost()
    const peer = await somebody()
    const updated = new Promise<number>((resolve) => {
      alice.node.addEventListener('peer:update', ({ detail }) => {
        if (detail.peer.id.toString() === peer) resolve(detail.peer.addresses.length)
      })
    })
    alice.host.addresses.learn(
      peer,
      Array.from({ length: 1000 }, (_, index) => `/ip4/10.1.${index >> 8}.${index & 255}/tcp/4001`),
    )
    expect(await updated).toBe(16)
  })

  test('makes nothing of a peer that is none, or of this peer itself', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    alice.host.addresses.learn('nobody' as PeerId, ['/ip4/10.1.2.3/tcp/1'])
    alice.host.addresses.learn(alice.host.self, ['/ip4/10.1.2.3/tcp/1'])
    await dial(alice, bob)
    const { addresses } = await alice.node.peerStore.get(alice.node.peerId).catch(() => ({ addresses: [] }))
    expect(addresses.map(({ multiaddr }) => multiaddr.toString())).not.toContain('/ip4/10.1.2.3/tcp/1')
  })
})
