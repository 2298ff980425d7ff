import { describe, expect, test } from 'vitest'
import { networkSecret } from '../../../node/libp2p/index.ts'
import { decodeMessage, encodeMessage } from '../../../node/protocol/index.ts'
import { fields, names, openByHand, sayHello, scriptedNode, ScriptedStream } from './scripted-peer.ts'
import { byId, dial, stockNode, toyCodec, toyHost } from './toy.ts'

const key = new Uint8Array(32).fill(7)

describe('peers of different networks', () => {
  test.each([
    ['another name', networkSecret('other')],
    ['the same name and no key', networkSecret('home')],
    ['the same name and another key', networkSecret({ name: 'home', key: new Uint8Array(32).fill(8) })],
  ])('never hear each other: %s', async (_, network) => {
    await using alice = await toyHost({ network: networkSecret({ name: 'home', key }) })
    await using bob = await toyHost({ network })
    await dial(alice, bob)
    const [opener] = byId(alice, bob)
    const rejected = await opener.events.type('rejected')
    expect(rejected).toMatchObject([{ reason: 'wrong-network', plane: 'control' }])
    alice.toy.say(bob.host.self, 1)
    bob.toy.say(alice.host.self, 2)
    await opener.events.type('dropped')
    expect([...alice.told.events, ...bob.told.events]).toEqual([])
    expect(opener.host.counters.channelsOpened).toBe(0)
  })

  test('are not asked again at once, nor for every new connection', async () => {
    await using alice = await toyHost({ network: networkSecret('one') })
    await using bob = await toyHost({ network: networkSecret('two') })
    const [opener, acceptor] = byId(alice, bob)
    await dial(opener, acceptor)
    await opener.events.type('rejected')
    for (let time = 0; time < 5; time++) await opener.node.dial(acceptor.node.getMultiaddrs(), { force: true })
    // A protocol of libp2p itself goes over the same connections: when it has answered, a channel would have too.
    expect(opener.node.getConnections().length).toBeGreaterThan(5)
    expect(opener.host.counters.rejected['wrong-network']).toBe(1)
  })

  test('tell nothing of themselves: who proves nothing sees no list of protocols', async () => {
    await using host = await toyHost({ network: networkSecret({ name: 'home', key }) })
    const node = await scriptedNode('opener', host)
    const heard = await openByHand(node, host, { secret: networkSecret('home').secret }).catch(() => undefined)
    expect(heard?.introduction).toBeUndefined()
    expect(await host.events.type('rejected')).toMatchObject([{ reason: 'wrong-network' }])
    await node.stop()
  })

  test('are told apart by name, key and mode, and the public tag gives nothing away', () => {
    const secrets = [networkSecret('home'), networkSecret('home2'), networkSecret({ name: 'home', key })]
    expect(new Set(secrets.map(({ secret }) => Buffer.from(secret).toString('hex'))).size).toBe(3)
    expect(new Set(secrets.map(({ tag }) => tag)).size).toBe(3)
    expect(networkSecret({ name: 'home', key })).toEqual(networkSecret({ name: 'home', key }))
    expect(() => networkSecret('')).toThrow(RangeError)
    expect(() => networkSecret('x'.repeat(65))).toThrow(RangeError)
    expect(() => networkSecret({ name: 'home', key: new Uint8Array(16) })).toThrow(RangeError)
  })
})

describe('versions of the format', () => {
  test('1.0, which has neither agent nor window, gets along', async () => {
    await using host = await toyHost()
    const node = await scriptedNode('opener', host)
    const { stream, introduction } = await openByHand(node, host, { minor: 0 })
    expect(introduction).toBeDefined()
    stream.message(1, encodeMessage(toyCodec, { number: 10, payload: new Uint8Array(0) }))
    expect(await host.told.type('heard')).toMatchObject([{ number: 10, from: node.peerId.toString() }])
    await node.stop()
  })

  test('a later minor one with fields and bytes nobody knows gets along', async () => {
    await using host = await toyHost()
    const node = await scriptedNode('opener', host)
    const { stream } = await openByHand(node, host, {
      minor: 9,
      extra: new Uint8Array(20),
      introduction: fields(
        [200, new Uint8Array(30)],
        [1, names('/future/thing/3.0.0', '/test/toy/1.0.0')],
        [77, new Uint8Array(0)],
      ),
    })
    await host.told.type('connected')
    host.toy.say(node.peerId.toString() as never, 4)
    // The place is that of the receiver's list, where the toy protocol is the second.
    const frame = await stream.read()
    expect(frame?.[0]).toBe(2)
    expect(decodeMessage(toyCodec, frame?.subarray(1) ?? new Uint8Array(0))).toMatchObject({ number: 4 })
    // Frames for protocols that were never announced, and control frames of a kind to come, are skipped.
    stream.message(2, new Uint8Array(3))
    stream.message(0, Uint8Array.of(99, 1, 2, 3))
    stream.message(1, encodeMessage(toyCodec, { number: 11, payload: new Uint8Array(0) }))
    expect(await host.told.type('heard')).toMatchObject([{ number: 11 }])
    expect(host.host.counters.rejected).toMatchObject({ 'unknown-protocol': 1, 'malformed-control': 0 })
    await node.stop()
  })

  test('a later major one is refused', async () => {
    await using host = await toyHost()
    const node = await scriptedNode('opener', host)
    await openByHand(node, host, { major: 2 }).catch(() => {})
    expect(await host.events.type('rejected')).toMatchObject([{ reason: 'unsupported-version' }])
    expect(host.told.events).toEqual([])
    await node.stop()
  })

  test('a host as opener gets along with an acceptor of 1.0', async () => {
    await using host = await toyHost()
    const node = await scriptedNode('acceptor', host)
    const accepted = new Promise<ScriptedStream>((resolve) => {
      void node.handle('/peerloom/control/1.0.0', (stream) => resolve(new ScriptedStream(stream)))
    })
    await host.node.dial(node.getMultiaddrs())
    const stream = await accepted
    await sayHello(stream, {
      secret: host.host.network.secret,
      minor: 0,
      introduction: fields([1, names('/test/toy/1.0.0')]),
      plane: 'control',
      role: 'acceptor',
      self: node.peerId.toString(),
      peer: host.host.self,
    })
    stream.message(1, encodeMessage(toyCodec, { number: 12, payload: new Uint8Array(0) }))
    expect(await host.told.type('heard')).toMatchObject([{ number: 12 }])
    await node.stop()
  })
})

describe('a stock libp2p peer', () => {
  test('that speaks nothing of ours is left in peace, and connected', async () => {
    await using host = await toyHost()
    const node = await stockNode()
    await host.node.dial(node.getMultiaddrs())
    await node.dial(host.node.getMultiaddrs())
    host.toy.say(node.peerId.toString() as never, 1)
    expect(host.told.events).toEqual([])
    expect(host.node.getConnections(node.peerId)).toHaveLength(1)
    await node.stop()
  })
})
