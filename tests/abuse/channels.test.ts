import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { Libp2p } from 'libp2p'
import type { RejectedReason } from '../../node/libp2p/index.ts'
import {
  ByteWriter,
  type Codec,
  createRandom,
  encodeMessage,
  integer,
  type PeerId,
  type Random,
} from '../../node/protocol/index.ts'
import { figure } from '../figures.ts'
import { fields, names, openByHand, proofOf, scriptedNode, ScriptedStream } from '../live/host/scripted-peer.ts'
import { introduced, toy, toyCodec, type ToyHost, toyHost, type ToyMessage } from '../live/host/toy.ts'

const nodes: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

/** A libp2p node that says what no host of ours would. Its PeerId is the lower one, so it may open channels. */
async function hostile(host: ToyHost): Promise<Libp2p> {
  const node = await scriptedNode('opener', host)
  nodes.push(node)
  return node
}

/** Whatever was done to the host: another peer is still heard. */
async function expectHonestTraffic(host: ToyHost, definition = toy()): Promise<void> {
  await using honest = await toyHost({ definition, network: host.host.network })
  await introduced(honest, host)
  honest.toy.say(host.host.self, 77)
  await host.told.some((event) => event.type === 'heard' && event.from === honest.host.self && event.number === 77)
}

function message(number: number, length = 0): Uint8Array {
  return encodeMessage(toyCodec, { number, payload: new Uint8Array(length) })
}

/** The same for the same seed. */
function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => integer(random, 256))
}

/** A stream of the control plane whose hello is still to come. */
async function silentStream(node: Libp2p, host: ToyHost): Promise<ScriptedStream> {
  const connection = await node.dial(host.node.getMultiaddrs())
  return new ScriptedStream(await connection.newStream('/peerloom/control/1.0.0'))
}

async function expectRejected(host: ToyHost, reason: RejectedReason, count = 1): Promise<void> {
  await host.events.some((event) => event.type === 'rejected' && event.reason === reason, count)
  expect(host.host.counters.rejected[reason]).toBe(count)
}

describe('a frame', () => {
  test('that its codec refuses is counted, and the rest of the channel is heard', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    stream.message(1, message(666))
    stream.message(1, new Uint8Array([...message(1), 0]))
    stream.message(1, new Uint8Array(0))
    stream.message(1, message(2))
    expect(await host.told.type('heard')).toMatchObject([{ number: 2 }])
    await expectRejected(host, 'malformed', 3)
    expect(host.events.events).toContainEqual(
      expect.objectContaining({ reason: 'malformed', protocol: '/test/toy/1.0.0' }),
    )
    await expectHonestTraffic(host)
  })

  test('on which a codec breaks in a way it should not is counted as well', async () => {
    const broken: Codec<ToyMessage> = {
      encode: (value, writer) => toyCodec.encode(value, writer),
      decode(reader) {
        const decoded = toyCodec.decode(reader)
        if (decoded.number === 13) throw new TypeError('planned')
        return decoded
      },
    }
    await using host = await toyHost({ definition: toy('/test/toy/1.0.0', 'control', broken) })
    const { stream } = await openByHand(await hostile(host), host)
    stream.message(1, message(13))
    stream.message(1, message(14))
    expect(await host.told.type('heard')).toMatchObject([{ number: 14 }])
    await expectRejected(host, 'malformed')
  })

  test.each([
    ['1 MiB and a byte', (1 << 20) + 1],
    ['4 GiB', 0xffff_ffff],
  ])('announced with %s ends the channel before anything is kept for it', async (_, length) => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    stream.stream.send(new ByteWriter().u32(length).u32(0).finish())
    await expectRejected(host, 'oversized')
    await stream.closed
    await expectHonestTraffic(host)
  })

  test('that the stream ends in the middle of is counted', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    stream.stream.send(new ByteWriter().u32(100).u32(0).finish())
    await stream.stream.close()
    await expectRejected(host, 'malformed-control')
    await host.told.type('disconnected')
  })

  test('comes whole however the stream is cut', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    const body = new ByteWriter().varint(1).raw(message(5, 300)).finish()
    const bytes = new ByteWriter().u32(body.length).raw(body).finish()
    for (const byte of bytes) stream.stream.send(Uint8Array.of(byte))
    expect(await host.told.type('heard')).toMatchObject([{ number: 5, size: 300 }])
  })

  test('for a protocol nobody announced is counted and skipped', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    for (const index of [2, 65, 2 ** 40]) stream.message(index, message(1))
    stream.message(1, message(6))
    expect(await host.told.type('heard')).toMatchObject([{ number: 6 }])
    await expectRejected(host, 'unknown-protocol', 3)
  })

  test.each([
    ['empty', new Uint8Array(0)],
    ['an index without end', new Uint8Array(12).fill(0xff)],
    ['credit that is no number', Uint8Array.of(0, 1)],
    ['a list of protocols that takes some back', Uint8Array.of(0, 2, ...names('/test/other/1.0.0'))],
    ['a list of protocols that is too long', Uint8Array.of(0, 2, ...names(...Array.from({ length: 65 }, String)))],
  ])('of the channel itself that cannot be read ends it: %s', async (_, frame) => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    stream.frame(frame)
    await expectRejected(host, 'malformed-control')
    await stream.closed
    await expectHonestTraffic(host)
  })

  test('that changes the list of protocols again and again ends the channel', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host)
    for (let time = 0; time < 65; time++) stream.frame(Uint8Array.of(0, 2, ...names('/test/toy/1.0.0')))
    await expectRejected(host, 'too-many-announcements')
  })
})

describe('bulk data', () => {
  test('beyond the credit ends the channel', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    await using host = await toyHost({
      definition: toy('/test/bulk/1.0.0', 'bulk'),
      limits: { openTickets: 1 },
      prepare: (host) => host.keep('/test/bulk/1.0.0', { entries: () => [], append: () => gate }),
    })
    const { stream } = await openByHand(await hostile(host), host, {
      plane: 'bulk',
      introduction: fields([1, names('/test/bulk/1.0.0')]),
    })
    // A disk that does not answer holds the credit back.
    host.toy.onMessage = () => void host.toy.environment.write('entry')
    for (let number = 0; number < 40 && stream.stream.status === 'open'; number++) {
      stream.message(1, message(number, 60_000))
    }
    await expectRejected(host, 'credit-overrun')
    release()
  })
})

describe('a hello', () => {
  test.each<[string, Uint8Array, RejectedReason]>([
    ['garbage', new Uint8Array(200).fill(0xa5), 'hello-oversized'],
    ['garbage in a frame', Uint8Array.from([0, 0, 0, 50, ...new Uint8Array(50).fill(7)]), 'hello-malformed'],
    ['an empty frame', new Uint8Array(4), 'hello-malformed'],
    ['a frame of 9 KiB', new ByteWriter().u32(9 << 10).finish(), 'hello-oversized'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), 'hello-oversized'],
  ])('of %s is refused', async (_, bytes, reason) => {
    await using host = await toyHost()
    const stream = await silentStream(await hostile(host), host)
    stream.stream.send(bytes)
    await expectRejected(host, reason)
    await stream.closed
    await expectHonestTraffic(host)
  })

  test('that never comes is given up, and so is one that comes byte by byte', async () => {
    await using host = await toyHost({ limits: { helloTimeout: 250 } })
    const node = await hostile(host)
    const silent = await silentStream(node, host)
    await expectRejected(host, 'hello-timeout')
    await silent.closed
    const slow = await silentStream(node, host)
    slow.stream.send(Uint8Array.of(0, 0, 0, 38))
    await expectRejected(host, 'hello-timeout', 2)
    await slow.closed
    await expectHonestTraffic(host)
  })

  test('begun on a hundred streams holds one of them, and not the honest peers', async () => {
    await using host = await toyHost()
    const node = await hostile(host)
    const connection = await node.dial(host.node.getMultiaddrs())
    const streams = await Promise.allSettled(
      Array.from({ length: 100 }, () => connection.newStream('/peerloom/control/1.0.0', { maxOutboundStreams: 200 })),
    )
    expect(streams.length).toBe(100)
    await expectHonestTraffic(host)
    const held = host.node
      .getConnections(node.peerId)
      .flatMap(({ streams }) => streams)
      .filter(({ protocol, status }) => protocol === '/peerloom/control/1.0.0' && status === 'open')
    expect(held.length).toBeLessThanOrEqual(1)
  })

  test('with a proof that the host itself made is refused', async () => {
    await using host = await toyHost()
    const stream = await silentStream(await hostile(host), host)
    stream.frame(new ByteWriter().raw(Buffer.from('PLOM')).u8(1).u8(1).raw(randomBytes(32)).finish())
    await stream.read()
    stream.frame((await stream.read()) as Uint8Array)
    await expectRejected(host, 'wrong-network')
  })

  test('with a proof from another stream is refused', async () => {
    await using host = await toyHost()
    const node = await hostile(host)
    const challenge = new ByteWriter().raw(Buffer.from('PLOM')).u8(1).u8(1).raw(new Uint8Array(32)).finish()
    const { secret } = host.host.network
    const hello = {
      secret,
      plane: 'control',
      role: 'opener',
      self: node.peerId.toString(),
      peer: host.host.self,
    } as const
    const first = await silentStream(node, host)
    first.frame(challenge)
    const proof = proofOf('opener', hello, { ours: challenge, theirs: (await first.read()) as Uint8Array })
    const second = await silentStream(node, host)
    second.frame(challenge)
    await second.read()
    second.frame(proof)
    await expectRejected(host, 'wrong-network')
    await second.closed
  })

  test('without protocols, with too many, or with a field twice is refused', async () => {
    await using host = await toyHost()
    const node = await hostile(host)
    const many = names(...Array.from({ length: 65 }, (_, index) => `/test/p${index}/1.0.0`))
    for (const introduction of [
      fields(),
      fields([1, many]),
      fields([1, names()], [1, names()]),
      fields([1, new Uint8Array(0)]),
    ]) {
      await openByHand(node, host, { introduction }).catch(() => {})
    }
    await expectRejected(host, 'hello-malformed', 4)
  })

  test('with names like __proto__ is no more than a hello', async () => {
    await using host = await toyHost()
    const { stream } = await openByHand(await hostile(host), host, {
      introduction: fields([1, names('__proto__', 'constructor', '', '/test/toy/1.0.0')]),
    })
    await host.told.type('connected')
    stream.message(1, message(3))
    expect(await host.told.type('heard')).toMatchObject([{ number: 3 }])
  })

  test('from a peer that should have waited for one is refused', async () => {
    await using host = await toyHost()
    const node = await scriptedNode('acceptor', host)
    nodes.push(node)
    const connection = await node.dial(host.node.getMultiaddrs())
    const stream = await connection.newStream('/peerloom/control/1.0.0').catch(() => undefined)
    await expectRejected(host, 'wrong-opener')
    expect(stream?.status === 'open').toBe(false)
  })

  test('from more peers than are remembered is refused', async () => {
    await using host = await toyHost({ limits: { peers: 1 } })
    const first = await hostile(host)
    await openByHand(first, host)
    const second = await hostile(host)
    await openByHand(second, host).catch(() => {})
    await expectRejected(host, 'too-many-peers')
    expect(host.host.connections('/test/toy/1.0.0')).toEqual([first.peerId.toString()])
  })
})

describe('chance', () => {
  const frames = figure('frames', 10_000, 100_000)

  test(`${frames} random and mutated frames are each heard or counted, and honest traffic goes on`, async () => {
    await using host = await toyHost()
    const random = createRandom('frames')
    const { stream } = await openByHand(await hostile(host), host)
    let sent = 0
    for (; sent < frames; sent++) {
      const body = Uint8Array.from(sent % 2 === 0 ? message(sent, 8) : noise(random, integer(random, 40)))
      for (let flip = integer(random, 3); flip > 0 && body.length > 0; flip--) {
        body[integer(random, body.length)] = integer(random, 256)
      }
      stream.message(1, body)
    }
    stream.message(1, message(123_456))
    await host.told.some((event) => event.type === 'heard' && event.number === 123_456)
    const { framesReceived, rejected } = host.host.counters
    const heard = host.told.events.filter(({ type }) => type === 'heard').length
    expect(framesReceived).toBe(sent + 1)
    expect(heard + rejected.malformed).toBe(sent + 1)
    expect(rejected.malformed).toBeGreaterThan(1000)
    await expectHonestTraffic(host)
  })

  test('channels cut, flipped and filled at random positions never stop the host', async () => {
    await using host = await toyHost()
    const random = createRandom('channels')
    const node = await hostile(host)
    for (let round = 0; round < 150; round++) {
      const { stream } = await openByHand(node, host)
      const frames = new ByteWriter()
      for (let count = 0; count < 5; count++) {
        const body = new ByteWriter()
          .varint(integer(random, 3))
          .raw(message(round, integer(random, 50)))
          .finish()
        frames.u32(body.length).raw(body)
      }
      const bytes = frames.finish().slice(0, 1 + integer(random, frames.length))
      for (let flip = integer(random, 4); flip > 0; flip--) bytes[integer(random, bytes.length)] = integer(random, 256)
      stream.stream.send(bytes)
      stream.stream.abort(new Error('planned'))
    }
    await expectHonestTraffic(host)
  })

  test('a hello of whoever knows all of the secret but a byte is refused, and counted', async () => {
    await using host = await toyHost()
    const random = createRandom('hello')
    const node = await hostile(host)
    for (let round = 0; round < 60; round++) {
      const secret = Uint8Array.from(host.host.network.secret)
      const place = integer(random, 32)
      secret[place] = (secret[place] as number) ^ (1 + integer(random, 255))
      await openByHand(node, host, { secret }).catch(() => {})
    }
    await expectRejected(host, 'wrong-network', 60)
    expect(host.told.events).toEqual([])
  })
})

test('messages to a peer that takes nothing are bounded', async () => {
  await using host = await toyHost({ limits: { queueSize: 1 << 20, streamBuffer: 4 << 20 } })
  const node = await hostile(host)
  const { stream } = await openByHand(node, host)
  stream.stream.pause()
  const self = node.peerId.toString() as PeerId
  for (let number = 0; number < 400; number++) {
    host.toy.say(self, number, new Uint8Array(60_000))
    if (number % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(host.host.counters.dropped['queue-full']).toBeGreaterThan(100)
  await expectHonestTraffic(host)
})
