import type { Connection, Stream } from '@libp2p/interface'
import { Record as Libp2pRecord } from '@libp2p/kad-dht'
import { afterEach, expect, test } from 'vitest'
import { createRandom, immutableKey, integer, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { all, bytes, service, stock, stockKnows, stopAll, text, type Ours } from '../../live/kademlia/nodes.ts'

afterEach(stopAll)

const protocol = '/peerloom/kad/1.0.0'
const count = figure('frames', 500, 10_000)

/** One frame on a stream of its own. Resolves when our node has answered, or has had enough. */
async function send(connection: Connection, frame: Uint8Array): Promise<void> {
  const stream: Stream = await connection.newStream(protocol)
  const ended = new Promise<void>((resolve) => {
    for (const event of ['message', 'close'] as const) stream.addEventListener(event, () => resolve(), { once: true })
  })
  try {
    stream.send(frame)
    // What is not a whole frame would be waited for: nothing more will come.
    await stream.close()
  } catch {
    // Our node may have reset it already.
  }
  await ended
  stream.abort(new Error('Done'))
}

/** A PUT_VALUE as kad-dht writes it: type (field 1), key (2), record (3). */
function put(key: string, value: Uint8Array): Uint8Array {
  const record = new Libp2pRecord(bytes(key), value, new Date()).serialize()
  return framed(Uint8Array.from([0x08, 0, ...field(0x12, bytes(key)), ...field(0x1a, record)]))
}

function field(tag: number, content: Uint8Array): number[] {
  return [tag, ...varint(content.length), ...content]
}

function framed(message: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint(message.length), ...message])
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => integer(random, 256))
}

/** The same with one to three bytes changed, or cut short. */
function mutated(random: Random, frame: Uint8Array): Uint8Array {
  const copy = frame.slice(0, integer(random, 4) === 0 ? integer(random, frame.length) + 1 : frame.length)
  for (let change = integer(random, 3); change >= 0; change--) copy[integer(random, copy.length)] = integer(random, 256)
  return copy
}

async function expectService(ours: Ours): Promise<void> {
  const honest = await stock()
  await honest.dial(ours.getMultiaddrs())
  await stockKnows(honest, ours.peerId)
  await all(honest.services.dht.put(bytes('/app/honest'), bytes('1:hello')))
  expect(text((await ours.services.dht.getValue('/app/honest'))!)).toBe('1:hello')
}

test('frames of chance, and frames of ours with changed bytes, disturb nothing', { timeout: 300_000 }, async () => {
  const random = createRandom('kademlia/frames')
  const [ours, hostile] = await Promise.all([service({ openTo: 'anyone' }), stock()])
  const connection = await hostile.dial(ours.getMultiaddrs())
  const value = bytes('hello')
  await ours.services.dht.put(immutableKey(value), { kind: 'immutable', value })
  const models = [
    put(`/peerloom/${immutableKey(value)}`, Uint8Array.of(1, 0, value.length, ...value)),
    put('/app/name', bytes('1:hello')),
    framed(Uint8Array.from([0x08, 4, ...field(0x12, bytes('/app/name'))])),
    framed(Uint8Array.from([0x08, 1, ...field(0x12, bytes('/app/name'))])),
  ]
  for (let sent = 0; sent < count; sent++) {
    const model = models[integer(random, models.length)]!
    await send(connection, sent % 2 === 0 ? framed(noise(random, integer(random, 200) + 1)) : mutated(random, model))
  }
  // Whatever was taken is valid.
  const got = await ours.services.dht.get(immutableKey(value))
  expect(got.map((record) => text(record.value))).toEqual(['hello'])
  await expectService(ours)
})
