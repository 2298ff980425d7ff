import { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { WindowUpdates } from '../../../node/libp2p/window-updates.ts'
import { networkSecret } from '../../../node/libp2p/index.ts'
import { createNode } from '../../../node/libp2p/node.ts'
import { introduced, toyHost, type ToyHost } from './toy.ts'

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly length: number
}

const dataFrame = 0
const windowUpdate = 1
const finFlag = 4

function encode({ type, flags, stream, length }: Frame): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, stream)
  view.setUint32(8, length)
  return bytes
}

/** @param bytes an array, or a list of them */
function decode(bytes: { subarray(from: number, to: number): Uint8Array }): Frame {
  const header = bytes.subarray(0, 12)
  const view = new DataView(header.buffer, header.byteOffset, 12)
  return { type: view.getUint8(1), flags: view.getUint16(2), stream: view.getUint32(4), length: view.getUint32(8) }
}

/** @returns what is sent on for these frames */
function passed(...frames: Frame[]): Frame[] {
  const sent: Frame[] = []
  const updates = new WindowUpdates({ send: (bytes) => sent.push(decode(bytes)) > 0 })
  for (const frame of frames) expect(updates.send(encode(frame))).toBe(true)
  return sent
}

const update = (stream: number, length: number, flags = 0): Frame => ({ type: windowUpdate, flags, stream, length })

test('window updates are held back until they are worth a packet; nothing of them is lost', () => {
  const small = Array.from({ length: 1000 }, () => update(3, 1000))
  const sent = passed(...small)
  expect(sent.length).toBe(15)
  const given = sent.reduce((sum, { length }) => sum + length, 0)
  expect(given).toBeGreaterThan(1_000_000 - 65_536)
  expect(given).toBeLessThanOrEqual(1_000_000)
  expect(passed(update(3, 65_536))).toEqual([update(3, 65_536)])
})

test('each stream has its own', () => {
  expect(passed(update(1, 40_000), update(2, 40_000), update(1, 40_000))).toEqual([update(1, 80_000)])
})

test('what opens or ends a stream goes at once, and takes with it what was held back', () => {
  expect(passed(update(1, 100), update(1, 0, finFlag))).toEqual([update(1, 100, finFlag)])
  expect(passed(update(1, 262_144, 1))).toEqual([update(1, 262_144, 1)])
})

test('of thousands of streams the latest is sent at once rather than remembered', () => {
  const many = Array.from({ length: 3000 }, (_, stream) => update(stream, 1))
  expect(passed(...many).length).toBe(3000 - 1024)
})

test('data and pings pass as they are', () => {
  const frames = [
    { type: dataFrame, flags: 0, stream: 1, length: 0 },
    { type: 2, flags: 1, stream: 0, length: 7 },
  ]
  expect(passed(...frames)).toEqual(frames)
})

interface Packets {
  readonly byteLength: number
  get(index: number): number
}

const packets = (...bytes: number[]): Packets => ({ byteLength: bytes.length, get: (index) => bytes[index] ?? 0 })

const network = networkSecret('test')

async function ownHost(): Promise<ToyHost> {
  return toyHost({ node: await createNode({ network, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] }) })
}

/** What is private to a connection of libp2p, as far as it is used here. */
interface Inner {
  readonly muxer: {
    readonly maConn: {
      readonly decoder: { readonly lengthDecoder: (bytes: Packets) => number }
      addEventListener(type: 'message', listener: (event: { readonly data: Uint8Array }) => void): void
    }
  }
}

test('a hundred messages between hosts do not bring a window update each, and no error is made for each', async () => {
  await using alice = await ownHost()
  await using bob = await ownHost()
  await introduced(alice, bob)
  const [connection] = bob.node.getConnections(alice.node.peerId)
  const { maConn } = (connection as unknown as Inner).muxer
  // The same error each time: none is made, and no stack written down.
  const refusals = [0, 0].map(() => {
    try {
      return maConn.decoder.lengthDecoder(packets())
    } catch (error) {
      return error
    }
  })
  expect(refusals[0]).toBeInstanceOf(RangeError)
  expect(refusals[0]).toBe(refusals[1])
  expect(maConn.decoder.lengthDecoder(packets(1, 2, 3))).toBe(258)
  bob.toy.say(alice.host.self, 0)
  await alice.told.type('heard')
  let updates = 0
  maConn.addEventListener('message', ({ data }) => {
    if (decode(data).type === windowUpdate) updates++
  })
  for (let number = 1; number <= 100; number++) {
    bob.toy.say(alice.host.self, number, new Uint8Array(100))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await alice.told.type('heard', 101)
  // Streams end, and windows grow.
  expect(updates).toBeLessThan(20)
})

test('the length of a packet is not written by itself', async () => {
  await using alice = await ownHost()
  await using bob = await ownHost()
  await introduced(alice, bob)
  const writes = vi.spyOn(Socket.prototype, 'write')
  bob.toy.say(alice.host.self, 1, new Uint8Array(100))
  await alice.told.type('heard')
  const lengths = writes.mock.calls.map(([bytes]) => (bytes as Uint8Array).length)
  writes.mockRestore()
  expect(lengths.length).toBeGreaterThan(0)
  expect(Math.min(...lengths)).toBeGreaterThan(2)
})
