import { afterEach, describe, expect, test } from 'vitest'
import type { PeerEvent } from '../../../node/peer/index.ts'
import { bytes, Ears, heartbeat, peer, service, stock, stopAll, subscriberOf } from './nodes.ts'

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

describe('gossipsub that is open to the network', () => {
  test('exchanges messages among peers of a network with a key, services of somebody’s own node included', async () => {
    const [alice, bob, node] = await Promise.all([peer(home), peer(home), service({}, { network: home })])
    const heard = [Ears.of(alice.overlays.all, 'news'), Ears.of(node.services.pubsub, 'news')]
    await alice.dial(bob.addresses[0]!)
    await bob.dial(node.getMultiaddrs()[0]!.toString())
    await alice.dial(node.getMultiaddrs()[0]!.toString())
    bob.overlays.all.publish('news', bytes('among us'))
    await Promise.all(heard.map((ears) => ears.hear('among us')))
    expect(bob.overlays.all.neighbours().toSorted()).toEqual([alice.id, node.peerId.toString()].toSorted())
  })

  test.each([
    ['the same name and no key', 'home'],
    ['the same name and another key', { name: 'home', key: new Uint8Array(32).fill(8) }],
    ['another name and the same key', { name: 'office', key }],
  ])('neither hears nor is heard by a peer with %s', async (_, network) => {
    const [alice, bob, stranger] = await Promise.all([peer(home), peer(home), peer(network)])
    const [atAlice, atStranger] = [Ears.of(alice.overlays.all, 'news'), Ears.of(stranger.overlays.all, 'news')]
    const refused = Promise.race([refusal(alice, 'wrong-network'), refusal(stranger, 'wrong-network')])
    await stranger.dial(alice.addresses[0]!)
    await stranger.dial(bob.addresses[0]!)
    await refused
    stranger.overlays.all.publish('news', bytes('from outside'))
    await alice.dial(bob.addresses[0]!)
    bob.overlays.all.publish('news', bytes('among us'))
    await atAlice.hear('among us')
    expect([atAlice.texts, atStranger.texts]).toEqual([['among us'], []])
    expect(stranger.overlays.all.neighbours()).toEqual([])
  })

  test('takes nothing of a stock node, however it insists, and tells it nothing', async () => {
    const [alice, bob, stranger, accomplice] = await Promise.all([peer(home), peer(home), stock(), stock()])
    const [atAlice, atStranger] = [Ears.of(alice.overlays.all, 'news'), Ears.ofStock(stranger.services.pubsub, 'news')]
    // It does send: somebody who listens to anyone hears it.
    const atAccomplice = Ears.ofStock(accomplice.services.pubsub, 'news')
    const refused = refusal(alice, 'not-proven')
    await stranger.dial(accomplice.getMultiaddrs())
    await stranger.dial(alice.libp2p.getMultiaddrs())
    await stranger.dial(bob.libp2p.getMultiaddrs())
    expect(await refused).toBe(stranger.peerId.toString())
    await subscriberOf(stranger.services.pubsub, 'news')
    Reflect.get(stranger.services.pubsub, 'topics').get('news').add(alice.id)
    await stranger.services.pubsub.publish('news', bytes('from outside'))
    await atAccomplice.hear('from outside')

    await alice.dial(bob.addresses[0]!)
    bob.overlays.all.publish('news', bytes('among us'))
    await atAlice.hear('among us')
    await heartbeat(stranger.services.pubsub)
    expect([atAlice.texts, atStranger.texts]).toEqual([['among us'], []])
    expect(alice.counters.rejected['not-proven']).toBeGreaterThan(0)
    expect(stranger.services.pubsub.getSubscribers('news').map(String)).not.toContain(bob.id)
  })

  test('loses a peer with its proof, and takes it back with a new one', async () => {
    const [alice, bob] = await Promise.all([peer(home), peer(home)])
    const heard = Ears.of(alice.overlays.all, 'news')
    const connection = await bob.libp2p.dial(alice.libp2p.getMultiaddrs())
    bob.overlays.all.publish('news', bytes('one'))
    await heard.hear('one')
    const closed = new Promise<void>((resolve) =>
      alice.subscribe((event) => (event.type === 'closed' && event.plane === 'control' ? resolve() : undefined)),
    )
    for (const stream of connection.streams) {
      if (stream.protocol === '/peerloom/control/1.0.0') stream.abort(new Error('The proof is gone'))
    }
    await closed
    bob.overlays.all.publish('news', bytes('two'))
    await heard.hear('two')
    expect(heard.texts).toEqual(['one', 'two'])
  })
})
