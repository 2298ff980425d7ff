import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, test } from 'vitest'
import { InvalidTopicError, MessageTooLargeError } from '../../../node/protocol/index.ts'
import { gossipsub, resolveGossipsubOptions, type GossipsubOptions } from '../../../overlays/gossipsub/index.ts'
import { bytes, Ears, heartbeat, peer, service, stock, stopAll, subscriberOf } from './nodes.ts'

afterEach(stopAll)

test.each<[GossipsubOptions, string]>([
  [{ meshSize: 0 }, 'Cannot use meshSize = 0 for gossipsub: it must be an integer of at least 1'],
  [{ meshLeast: 7 }, 'Cannot use meshLeast = 7 for gossipsub: it must be at most meshSize = 6'],
  [{ meshMost: 5 }, 'Cannot use meshMost = 5 for gossipsub: it must be at least meshSize = 6'],
  [{ heartbeatInterval: 0.5 }, 'Cannot use heartbeatInterval = 0.5'],
  [{ heartbeatInterval: 10_001 }, 'Cannot use heartbeatInterval = 10001 for gossipsub: it must be at most 10000'],
  [{ announcedHeartbeats: 5 }, 'it must be less than keptHeartbeats = 5'],
  [{ seenFor: 9999 }, 'Cannot use seenFor = 9999'],
  [{ messageLimitBytes: 4_194_304 }, 'Cannot use frameLimitBytes = 4194304'],
  [{ frameLimitBytes: 8_388_609 }, 'it must be at least frameLimitBytes = 8388609'],
  [{ openTo: 'all' as 'anyone' }, 'Cannot use openTo = all for gossipsub: it must be network or anyone'],
  [{ floodPublish: 1 as unknown as boolean }, 'Cannot use floodPublish = 1'],
])('options that make no sense are refused: %o', (options, message) => {
  expect(() => gossipsub(options)).toThrow(RangeError)
  expect(() => gossipsub(options)).toThrow(message)
})

test('what is too large, and a topic that is none, is refused as by the other overlay', async () => {
  const { all } = (await peer('home')).overlays
  const { messageLimitBytes } = resolveGossipsubOptions()
  expect(() => all.publish('news', new Uint8Array(messageLimitBytes + 1))).toThrow(MessageTooLargeError)
  for (const topic of ['', 'x'.repeat(257), 'ä'.repeat(129)]) {
    expect(() => all.publish(topic, bytes('hello'))).toThrow(InvalidTopicError)
    expect(() => all.subscribe(topic, () => {})).toThrow(InvalidTopicError)
  }
  all.subscribe('x'.repeat(256), () => {}, { signal: AbortSignal.abort() })
  expect(all.topics()).toEqual([])
})

test('a message of the largest size is heard', async () => {
  const [alice, bob] = await Promise.all([peer('home'), peer('home')])
  const heard = Ears.of(alice.overlays.all, 'news')
  await bob.dial(alice.addresses[0]!)
  const text = 'x'.repeat(resolveGossipsubOptions().messageLimitBytes)
  bob.overlays.all.publish('news', bytes(text))
  await heard.hear(text)
})

describe('of what stock nodes send', () => {
  test('a message that is too large is neither told nor held against its sender', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone', messageLimitBytes: 1000 })])
    const { pubsub } = theirs.services
    const heard = Ears.of(ours.services.pubsub, 'news')
    await ours.dial(theirs.getMultiaddrs())
    await subscriberOf(pubsub, 'news')
    for (let count = 0; count < 20; count++) await pubsub.publish('news', new Uint8Array(1001))
    await pubsub.publish('news', bytes('small'))
    await heard.hear('small')
    expect(heard.texts).toEqual(['small'])
    expect(ours.services.pubsub.counters).toMatchObject({ tooLarge: 20, heard: 1 })
  })

  test('a message of a topic that nobody here listens to is not kept', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    const { pubsub } = theirs.services
    const heard = Ears.of(ours.services.pubsub, 'news')
    await ours.dial(theirs.getMultiaddrs())
    await subscriberOf(pubsub, 'news')
    const topics = Reflect.get(pubsub, 'topics') as Map<string, Set<string>>
    topics.set('made up', new Set([ours.peerId.toString()]))
    await pubsub.publish('made up', bytes('keep this'))
    await pubsub.publish('news', bytes('hello'))
    await heard.hear('hello')
    expect(ours.services.pubsub.counters).toMatchObject({ unwanted: 1, heard: 1 })
  })

  test('a message whose signature is wrong is not told, and who sends many is not heard any more', async () => {
    const [theirs, ours, other] = await Promise.all([stock(), service({ openTo: 'anyone' }), stock()])
    const heard = Ears.of(ours.services.pubsub, 'news')
    await ours.dial(theirs.getMultiaddrs())
    await ours.dial(other.getMultiaddrs())
    await Promise.all([theirs, other].map((node) => subscriberOf(node.services.pubsub, 'news')))
    const { pubsub } = theirs.services
    const config = Reflect.get(pubsub, 'publishConfig') as { privateKey: unknown }
    const { privateKey } = config
    config.privateKey = await generateKeyPair('Ed25519')
    // libp2p looks at the score of a peer in good standing after 128 of its frames, or a second.
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 150; count++) await pubsub.publish('news', bytes('forged'))
      for (let count = 0; count < 3; count++) await heartbeat(other.services.pubsub)
    }
    config.privateKey = privateKey
    await pubsub.publish('news', bytes('too late'))
    // Several heartbeats later all that came before has been looked at.
    for (let count = 0; count < 5; count++) await heartbeat(other.services.pubsub)
    await other.services.pubsub.publish('news', bytes('honest'))
    await heard.hear('honest')
    expect(heard.texts).toEqual(['honest'])
  })
})

test('a stream that was lost while the connection was not is opened anew', async () => {
  const [alice, bob] = await Promise.all([peer('home'), peer('home')])
  const heard = Ears.of(alice.overlays.all, 'news')
  const connection = await bob.libp2p.dial(alice.libp2p.getMultiaddrs())
  bob.overlays.all.publish('news', bytes('one'))
  await heard.hear('one')
  // More than once, since libp2p itself tells of a peer anew once, a second after the start.
  for (const text of ['two', 'three', 'four']) {
    const streams = connection.streams.filter(({ protocol }) => protocol.startsWith('/meshsub/'))
    for (const stream of streams) stream.abort(new Error('Lost'))
    bob.overlays.all.publish('news', bytes(text))
    await heard.hear(text)
  }
})

test('a listener that throws is told as a failure of the host, and the others hear', async () => {
  const [alice, bob] = await Promise.all([peer('home'), peer('home')])
  const failed = new Promise((resolve) => {
    alice.subscribe((event) => (event.type === 'failed' ? resolve(event) : undefined))
  })
  alice.overlays.all.subscribe('news', () => {
    throw new Error('Listeners may be wrong')
  })
  const heard = Ears.of(alice.overlays.all, 'news')
  await bob.dial(alice.addresses[0]!)
  bob.overlays.all.publish('news', bytes('hello'))
  await heard.hear('hello')
  expect(await failed).toMatchObject({ protocol: '/peerloom/gossipsub/1.0.0', stopped: false })
})
