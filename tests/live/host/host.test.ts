import { noise as formerNoise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, test } from 'vitest'
import type { Ed25519PrivateKey, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { authorKey } from '../../../node/libp2p/index.ts'
import type { Codec, PeerId, Signed } from '../../../node/protocol/index.ts'
import {
  byId,
  dial,
  introduced,
  stockNode,
  Story,
  toy,
  toyCodec,
  type ToyEvent,
  toyHost,
  type ToyMessage,
} from './toy.ts'

function controlStreams(...hosts: { readonly node: Awaited<ReturnType<typeof stockNode>> }[]): number[] {
  return hosts.map(
    ({ node }) =>
      node
        .getConnections()
        .flatMap(({ streams }) => streams)
        .filter(({ protocol }) => protocol === '/peerloom/control/1.0.0').length,
  )
}

/** Yamux that overhears every stream of its first connection, as if the network had swallowed it. */
function deafOnce(): () => StreamMuxerFactory {
  let connections = 0
  return () => {
    const factory = yamux()()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      if (connections++ === 0) Object.assign(muxer, { onRemoteStream: () => {} })
      return muxer
    }
    return factory
  }
}

describe('two hosts', () => {
  test('exchange messages of a protocol in both directions', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    await introduced(alice, bob)
    alice.toy.say(bob.host.self, 1, new Uint8Array(100))
    bob.toy.say(alice.host.self, 2)
    expect(await bob.told.type('heard')).toMatchObject([{ from: alice.host.self, number: 1, size: 100 }])
    expect(await alice.told.type('heard')).toMatchObject([{ from: bob.host.self, number: 2, size: 0 }])
    expect(alice.host.connections('/test/toy/1.0.0')).toEqual([bob.host.self])
  })

  test('keep the order of messages, of whatever length, when each is cut into many packets', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    await introduced(alice, bob)
    const sizes = Array.from({ length: 200 }, (_, number) => (number * 7919) % 20_000)
    sizes.forEach((size, number) => alice.toy.say(bob.host.self, number, new Uint8Array(size)))
    const heard = await bob.told.type('heard', sizes.length)
    expect(heard.map(({ number }) => number)).toEqual(sizes.map((_, number) => number))
    expect(heard.map(({ size }) => size)).toEqual(sizes)
  })

  test('give a codec bytes of which it can take a copy, never a Buffer', async () => {
    const seen = new Set<string>()
    const codec: Codec<ToyMessage> = {
      encode: (message, writer) => toyCodec.encode(message, writer),
      decode: (reader) => {
        const message = { number: reader.varint(), payload: reader.bytes(1 << 20) }
        seen.add(message.payload.constructor.name)
        return message
      },
    }
    await using alice = await toyHost({ definition: toy('/test/toy/1.0.0', 'control', codec) })
    await using bob = await toyHost()
    await introduced(alice, bob)
    for (const length of [0, 10, 100_000]) bob.toy.say(alice.host.self, length, new Uint8Array(length))
    await alice.told.type('heard', 3)
    expect([...seen]).toEqual(['Uint8Array'])
  })

  test('get along when one uses @chainsafe/libp2p-noise and the other @libp2p/noise', async () => {
    await using alice = await toyHost({ node: await stockNode({ connectionEncrypters: [formerNoise()] }) })
    await using bob = await toyHost({ node: await stockNode() })
    await introduced(alice, bob)
    alice.toy.say(bob.host.self, 1)
    await bob.told.type('heard')
  })

  test('get along when the minor versions of a protocol differ, and not when the major ones do', async () => {
    await using alice = await toyHost({ definition: toy('/test/toy/1.0.0') })
    await using bob = await toyHost({ definition: toy('/test/toy/1.3.0') })
    await using carol = await toyHost({ definition: toy('/test/toy/2.0.0') })
    await introduced(alice, bob)
    await dial(alice, carol)
    await alice.events.some((event) => event.type === 'opened' && event.peer === carol.host.self)
    alice.toy.say(carol.host.self, 1)
    expect(await alice.events.type('dropped')).toMatchObject([{ peer: carol.host.self, reason: 'not-spoken' }])
    expect(alice.told.events).toEqual([{ type: 'connected', peer: bob.host.self }])
    expect(carol.told.events).toEqual([])
  })

  test('learn of a protocol that one of them runs only later', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    await introduced(alice, bob)
    const later = new Story<ToyEvent>()
    alice.host.run(toy('/test/late/1.0.0'), undefined, later.tell)
    const other = new Story<ToyEvent>()
    const late = bob.host.run(toy('/test/late/1.0.0'), undefined, other.tell)
    await Promise.all([later.type('connected'), other.type('connected')])
    late.say(alice.host.self, 5)
    expect(await later.type('heard')).toMatchObject([{ number: 5 }])
  })

  test('find each other when a host is started on nodes that are connected already', async () => {
    const [left, right] = [await stockNode(), await stockNode()]
    await left.dial(right.getMultiaddrs())
    await using alice = await toyHost({ node: left, limits: { retryLeast: 10, retryMost: 100 } })
    await using bob = await toyHost({ node: right, limits: { retryLeast: 10, retryMost: 100 } })
    await Promise.all([alice.told.type('connected'), bob.told.type('connected')])
  })
})

describe('channels', () => {
  test('there is one per plane however many connections two peers have, and it does not flap', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    await introduced(alice, bob)
    await Promise.all([
      alice.node.dial(bob.node.getMultiaddrs(), { force: true }),
      bob.node.dial(alice.node.getMultiaddrs(), { force: true }),
    ])
    alice.toy.say(bob.host.self, 1)
    bob.toy.say(alice.host.self, 2)
    await Promise.all([bob.told.type('heard'), alice.told.type('heard')])
    expect(alice.node.getConnections().length).toBeGreaterThan(1)
    expect(controlStreams(alice, bob)).toEqual([1, 1])
    expect([...alice.told.events, ...bob.told.events].filter(({ type }) => type === 'disconnected')).toEqual([])
  })

  test('move to another connection when theirs is closed', async () => {
    await using alice = await toyHost({ limits: { retryLeast: 1 } })
    await using bob = await toyHost({ limits: { retryLeast: 1 } })
    await introduced(alice, bob)
    await alice.node.dial(bob.node.getMultiaddrs(), { force: true })
    const used = alice.node
      .getConnections()
      .find(({ streams }) => streams.some(({ protocol }) => protocol.includes('peerloom')))
    await used?.close()
    await Promise.all([alice.told.type('connected', 2), bob.told.type('connected', 2)])
    alice.toy.say(bob.host.self, 3)
    expect(await bob.told.type('heard')).toMatchObject([{ number: 3 }])
  })

  test('are opened on a newer connection when an older one answers nothing', async () => {
    const limits = { helloTimeout: 100, retryLeast: 1 }
    await using alice = await toyHost({ node: await stockNode({ streamMuxers: [deafOnce()] }), limits })
    await using bob = await toyHost({ node: await stockNode({ streamMuxers: [deafOnce()] }), limits })
    await dial(alice, bob)
    await alice.node.dial(bob.node.getMultiaddrs(), { force: true })
    await Promise.all([alice.told.type('connected'), bob.told.type('connected')])
    expect(alice.node.getConnections()).toHaveLength(2)
  })

  test('come back after their stream was reset', async () => {
    await using alice = await toyHost({ limits: { retryLeast: 1 } })
    await using bob = await toyHost({ limits: { retryLeast: 1 } })
    await introduced(alice, bob)
    for (const { streams } of alice.node.getConnections()) {
      for (const stream of streams) if (stream.protocol.includes('peerloom')) stream.abort(new Error('planned'))
    }
    await Promise.all([alice.told.type('connected', 2), bob.told.type('connected', 2)])
    expect(await alice.told.type('disconnected')).toHaveLength(1)
    alice.toy.say(bob.host.self, 3)
    bob.toy.say(alice.host.self, 4)
    await Promise.all([bob.told.type('heard'), alice.told.type('heard')])
  })

  test('a new one of the same peer takes the place of an old one that hangs', async () => {
    const [left, right] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    await using bob = await toyHost({ node: await stockNode({ privateKey: left }) })
    await using alice = await toyHost({ node: await stockNode({ privateKey: right }) })
    const keys = new Map([
      [bob, left],
      [alice, right],
    ])
    const [opener, acceptor] = byId(alice, bob)
    await introduced(opener, acceptor)
    // A second process with the same key: the acceptor cannot know yet that the first is gone.
    await using again = await toyHost({ node: await stockNode({ privateKey: keys.get(opener) as Ed25519PrivateKey }) })
    await dial(again, acceptor)
    await acceptor.told.type('connected', 2)
    expect(acceptor.told.events.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected'])
    acceptor.toy.say(opener.host.self, 9)
    expect(await again.told.type('heard')).toMatchObject([{ number: 9 }])
  })
})

describe('a message', () => {
  test('to the peer itself is delivered later, not while it is sent', async () => {
    await using alice = await toyHost()
    alice.toy.say(alice.host.self, 1)
    expect(alice.told.events).toEqual([])
    expect(await alice.told.type('heard')).toMatchObject([{ from: alice.host.self, number: 1 }])
  })

  test('to a peer that is known by its addresses only makes the host dial', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    alice.host.addresses.learn(bob.host.self, bob.host.addresses.own())
    await alice.node.peerStore.get(bob.node.peerId)
    alice.toy.say(bob.host.self, 1)
    alice.toy.say(bob.host.self, 2)
    expect(await bob.told.type('heard', 2)).toMatchObject([{ number: 1 }, { number: 2 }])
    expect(alice.host.counters.dials).toBe(1)
  })

  test('to a peer that cannot be reached is dropped, and those after it at once', async () => {
    await using alice = await toyHost()
    const dead = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString() as PeerId
    alice.toy.say(dead, 1)
    await alice.events.some((event) => event.type === 'dropped' && event.reason === 'unreachable')
    for (let number = 0; number < 100; number++) alice.toy.say(dead, number)
    await alice.events.some((event) => event.type === 'dropped' && event.reason === 'backing-off', 100)
    expect(alice.host.counters).toMatchObject({
      dials: 1,
      dialsFailed: 1,
      dropped: { 'unreachable': 1, 'backing-off': 100 },
    })
  })

  test('to what is no peer is dropped', async () => {
    await using alice = await toyHost()
    expect(alice.toy.say('nobody' as PeerId, 1)).toBe(true)
    expect(await alice.events.type('dropped')).toMatchObject([{ peer: 'nobody' }])
  })

  test('longer than a frame is dropped and counted', async () => {
    await using alice = await toyHost({ limits: { frameSize: 1000 } })
    await using bob = await toyHost()
    await introduced(alice, bob)
    alice.toy.say(bob.host.self, 1, new Uint8Array(2000))
    alice.toy.say(bob.host.self, 2)
    expect(await bob.told.type('heard')).toMatchObject([{ number: 2 }])
    expect(alice.host.counters.dropped.oversized).toBe(1)
  })
})

describe('a timer', () => {
  test('expires in the order of the times that were asked for, equal ones in the order they were set', async () => {
    await using alice = await toyHost()
    const { environment } = alice.toy
    for (const [timer, delay] of [
      ['c', 20],
      ['a', 5],
      ['b', 5],
      ['now', 0],
      ['d', 25],
    ] as const) {
      environment.schedule(timer, delay)
    }
    expect((await alice.told.type('expired', 5)).map(({ timer }) => timer)).toEqual(['now', 'a', 'b', 'c', 'd'])
  })

  test('expires not before its time by the host’s own clock', async () => {
    await using alice = await toyHost()
    const { environment } = alice.toy
    const start = environment.now()
    environment.schedule('late', 30)
    await alice.told.type('expired')
    expect(environment.now() - start).toBeGreaterThanOrEqual(30)
    expect(Number.isInteger(start)).toBe(true)
  })
})

describe('a failing protocol', () => {
  test('is stopped and reported while the others go on', async () => {
    const fatal = new Story<Error>()
    await using alice = await toyHost({ onFatal: fatal.tell })
    await using bob = await toyHost()
    const other = new Story<ToyEvent>()
    alice.host.run(toy('/test/other/1.0.0'), undefined, other.tell)
    const sender = bob.host.run(toy('/test/other/1.0.0'), undefined)
    await introduced(alice, bob)
    alice.toy.onMessage = () => {
      throw new Error('planned')
    }
    bob.toy.say(alice.host.self, 1)
    expect(await alice.events.type('failed')).toMatchObject([
      { protocol: '/test/toy/1.0.0', stopped: true, error: { message: 'planned' } },
    ])
    expect(fatal.events).toHaveLength(1)
    bob.toy.say(alice.host.self, 2)
    sender.say(alice.host.self, 3)
    expect(await other.type('heard')).toMatchObject([{ number: 3 }])
    expect(alice.told.events.filter(({ type }) => type === 'heard')).toEqual([])
  })

  test('is not one whose listener throws: that is reported, and the protocol goes on', async () => {
    await using alice = await toyHost({ onFatal: () => {} })
    let thrown = 0
    const core = alice.host.run(toy('/test/other/1.0.0'), undefined, () => {
      thrown++
      throw new Error('planned')
    })
    core.say(alice.host.self, 1)
    expect(await alice.events.type('failed')).toMatchObject([{ stopped: false }])
    core.say(alice.host.self, 2)
    await alice.events.type('failed', 2)
    expect(thrown).toBe(2)
  })
})

describe('entries', () => {
  test('are told as written once the storage has them, and share appends', async () => {
    const appended: (readonly string[])[] = []
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    await using alice = await toyHost({
      prepare: (host) =>
        host.keep<string>('/test/toy/1.0.0', {
          entries: () => ['from before'],
          append: async (entries) => {
            appended.push(entries)
            await gate
          },
        }),
    })
    expect(await alice.told.type('restored')).toEqual([{ type: 'restored', entries: ['from before'] }])
    const first = alice.toy.environment.write('one')
    await Promise.resolve()
    await Promise.resolve()
    alice.toy.environment.write('two')
    alice.toy.environment.write('three')
    expect(alice.told.events.filter(({ type }) => type === 'written')).toEqual([])
    release()
    expect(await alice.told.type('written', 3)).toMatchObject([{ ticket: first }, {}, {}])
    expect(appended).toEqual([['one'], ['two', 'three']])
    expect(alice.host.counters.entriesWritten).toBe(3)
  })

  test('that cannot be kept stop the protocol', async () => {
    await using alice = await toyHost({
      onFatal: () => {},
      prepare: (host) =>
        host.keep('/test/toy/1.0.0', { entries: () => [], append: () => Promise.reject(new Error('disk full')) }),
    })
    alice.toy.environment.write('one')
    expect(await alice.events.type('failed')).toMatchObject([{ stopped: true, error: { message: 'disk full' } }])
    alice.toy.say(alice.host.self, 1)
    expect(alice.told.events.filter(({ type }) => type === 'written')).toEqual([])
  })
})

describe('signatures', () => {
  test('are made with the author’s key and checked by whoever gets them', async () => {
    const author = authorKey(await generateKeyPair('Ed25519'))
    await using alice = await toyHost({ author })
    const bytes = new TextEncoder().encode('a change')
    alice.toy.environment.sign(bytes)
    await alice.told.type('signed')
    const signature = await author.sign(bytes)
    const claim: Signed = { key: alice.toy.environment.author, bytes, signature }
    const right = alice.toy.verify(claim)
    const wrong = alice.toy.verify({ ...claim, bytes: new TextEncoder().encode('another') })
    const verified = await alice.told.type('verified', 2)
    expect(Object.fromEntries(verified.map(({ ticket, valid }) => [ticket, valid]))).toEqual({
      [right]: true,
      [wrong]: false,
    })
    expect(alice.host.counters).toMatchObject({ signaturesVerified: 1, signaturesRefused: 1 })
  })

  test('are each answered once when many are asked for', async () => {
    const author = authorKey(await generateKeyPair('Ed25519'))
    await using alice = await toyHost({ author, limits: { signatures: 4 } })
    const signature = await author.sign(new Uint8Array(1))
    const tickets = Array.from({ length: 300 }, () =>
      alice.toy.verify({ key: author.publicKey, bytes: new Uint8Array(1), signature }),
    )
    const verified = await alice.told.type('verified', 300)
    expect(new Set(verified.map(({ ticket }) => ticket))).toEqual(new Set(tickets))
  })
})
