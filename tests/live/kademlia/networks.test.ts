import { afterEach, describe, expect, test } from 'vitest'
import type { PeerEvent } from '../../../node/peer/index.ts'
import { immutableKey, keyOf } from '../../../node/protocol/index.ts'
import { all, bytes, knows, peer, service, stock, stopAll, text } from './nodes.ts'

afterEach(stopAll)

const key = new Uint8Array(32).fill(7)
const home = { name: 'home', key }

type Heard = { subscribe(listener: (event: PeerEvent) => void): void }

/** Resolves with the peer that was refused for the reason. */
function refusal(of: Heard, reason: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    of.subscribe((event) => {
      if (event.type === 'rejected' && event.reason === reason) resolve(event.peer)
    })
  })
}

describe('Kademlia that is open to the network', () => {
  test('peers of a network with a key put and get, services of somebody’s own node included', async () => {
    const [alice, bob, node] = await Promise.all([peer(home), peer(home), service({}, { network: home })])
    await alice.dial(bob.addresses[0]!)
    await node.dial(bob.libp2p.getMultiaddrs())
    await knows(bob.overlays.dht, alice.id, node.peerId)
    const value = bytes('among us')
    await alice.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
    const got = await node.services.dht.get(immutableKey(value))
    expect(got.map((record) => text(record.value))).toEqual(['among us'])
  })

  test('peers that were told of each other dial and prove the network before they ask', async () => {
    const [left, middle, right] = await Promise.all([peer(home), peer(home), peer(home)])
    await left.dial(middle.addresses[0]!)
    await right.dial(middle.addresses[0]!)
    await knows(middle.overlays.dht, left.id, right.id)
    // Its own neighbourhood is looked up whenever there are new contacts.
    await knows(left.overlays.dht, middle.id, right.id)
    expect((await left.overlays.dht.lookup(keyOf('anything'))).toSorted()).toEqual(
      [left.id, middle.id, right.id].toSorted(),
    )
    expect(left.counters.rejected['not-proven'] ?? 0).toBe(0)
  })

  test.each([
    ['the same name and no key', 'home'],
    ['the same name and another key', { name: 'home', key: new Uint8Array(32).fill(8) }],
    ['another name and the same key', { name: 'office', key }],
  ])('finds nothing of, and gives nothing to, a peer with %s', async (_, network) => {
    const [alice, bob, stranger] = await Promise.all([peer(home), peer(home), peer(network)])
    const refused = Promise.race([refusal(alice, 'wrong-network'), refusal(stranger, 'wrong-network')])
    await stranger.dial(alice.addresses[0]!)
    await refused
    await alice.dial(bob.addresses[0]!)
    await knows(alice.overlays.dht, bob.id)
    const value = bytes('among us')
    await alice.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
    await alice.overlays.dht.provide(immutableKey(value))
    expect(await stranger.overlays.dht.get(immutableKey(value))).toEqual([])
    expect(await stranger.overlays.dht.providers(immutableKey(value))).toEqual([])
    expect(await stranger.overlays.dht.lookup(keyOf('anything'))).toEqual([stranger.id])
    expect(await alice.overlays.dht.lookup(keyOf('anything'))).not.toContain(stranger.id)
  })

  test('answers no stock node, however it insists', async () => {
    const [alice, stranger] = await Promise.all([peer(home), stock()])
    const refused = refusal(alice, 'not-proven')
    await alice.overlays.dht.putValue('/app/secret', bytes('1:among us'))
    await stranger.dial(alice.libp2p.getMultiaddrs())
    expect(await refused).toBe(stranger.peerId.toString())
    const { routingTable } = stranger.services.dht as unknown as {
      routingTable: { kb: { _add(peer: object): unknown } }
    }
    // It would not take in a peer that does not answer: it is made to ask all the same.
    const kadId = new Uint8Array(await crypto.subtle.digest('SHA-256', alice.libp2p.peerId.toMultihash().bytes))
    await routingTable.kb._add({ peerId: alice.libp2p.peerId, kadId, lastPing: Date.now() })
    const events = await all(stranger.services.dht.get(bytes('/app/secret')))
    expect(events.filter(({ name }) => name === 'VALUE')).toEqual([])
    expect(events.map(({ name }) => name)).toContain('QUERY_ERROR')
    expect(await alice.overlays.dht.lookup(keyOf('anything'))).toEqual([alice.id])
  })
})
