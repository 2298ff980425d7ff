import { expect, test } from 'vitest'
import {
  ByteWriter,
  immutableKey,
  ownedBytes,
  ownedKey,
  sharedKey,
  VectorClock,
  type DhtRecord,
  type PeerId,
} from '../../../node/protocol/index.ts'
import { Simulation } from '../../../node/simulation/index.ts'
import { chord, chordDhtName, dhtCodec, type ChordEvent, type DhtEvent } from '../../../overlays/chord/index.ts'

const stranger = 'stranger' as PeerId
const bytes = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill)

function lonePeer(limits: { recordLimit?: number } = {}) {
  const simulation = new Simulation({ seed: 1 })
  const peer = simulation.addPeer('lone', (host) => chord({ dht: limits }).attach(host))
  const events: (ChordEvent | DhtEvent)[] = []
  peer.api.subscribe((event) => void events.push(event))
  simulation.run(3000)
  const store = (records: readonly DhtRecord[]): void => {
    const leases = records.map((record) => ({ record, lifetime: 1_000_000 }))
    peer.host?.deliver(chordDhtName, { type: 'store', number: 1, asOwner: false, isFresh: true, leases }, stranger)
    simulation.run(1000)
  }
  return { simulation, api: peer.api, events, store }
}

test('records whose signature is not that of their writer are not kept', async () => {
  const { simulation, api, events, store } = lonePeer()
  const owned = {
    kind: 'owned',
    owner: api.author,
    name: 'n',
    sequence: 5,
    value: bytes(3),
    signature: bytes(64),
  } as const
  const shared = {
    kind: 'shared',
    name: 'n',
    writer: api.author,
    version: VectorClock.from([['lone', 5]]),
    value: bytes(3),
    signature: bytes(64),
  } as const
  store([owned, shared, { ...owned, signature: ownedBytes(owned).slice(0, 64) }])
  const found = [api.get(ownedKey(api.author, 'n')), api.get(sharedKey('n'))]
  simulation.run(5000)
  expect(await Promise.all(found)).toEqual([[], []])
  expect(api.held().records).toBe(0)
  expect(events.filter((event) => event.type === 'rejected').map((event) => event.reason)).toContain('forged')
})

test('an earlier version of an owned record, rightly signed, takes nobody back', async () => {
  const { simulation, api, store } = lonePeer()
  const key = ownedKey(api.author, 'n')
  const put = (value: number): Promise<DhtRecord> => api.put(key, { kind: 'owned', name: 'n', value: bytes(3, value) })
  const first = put(1)
  simulation.run(3000)
  const earlier = await first
  const second = put(2)
  simulation.run(3000)
  await second
  store([earlier])
  const found = api.get(key)
  simulation.run(3000)
  expect((await found).map(({ value }) => value[0])).toEqual([2])
})

test('of records by the thousand as many are kept as there is room for, and the rest is refused', () => {
  const { api, events, store } = lonePeer({ recordLimit: 100 })
  for (let batch = 0; batch < 20; batch++) {
    store(
      Array.from({ length: 50 }, (_, index) => ({ kind: 'immutable', value: Uint8Array.of(batch, index) }) as const),
    )
  }
  expect(api.held().records).toBe(100)
  expect(events.some((event) => event.type === 'rejected' && event.reason === 'full')).toBe(true)
})

test('sessions of reconciliation that nobody goes on with are few, and end', async () => {
  const { simulation, api, events } = lonePeer()
  const [peer] = simulation.peers
  for (let session = 0; session < 1000; session++) {
    const message = {
      round: 0,
      nonce: '00'.repeat(8),
      ranges: [{ kind: 'fingerprint', upper: 'end', fingerprint: '00'.repeat(8) }],
    }
    peer?.host?.deliver(
      chordDhtName,
      { type: 'reconcile', number: session, session, from: '', to: '', message },
      stranger,
    )
  }
  expect(events.filter((event) => event.type === 'rejected' && event.reason === 'session').length).toBeGreaterThan(900)
  const value = bytes(3)
  const put = api.put(immutableKey(value), { kind: 'immutable', value })
  simulation.run(3000)
  expect((await put).kind).toBe('immutable')
})

test('of siblings larger than one message has room for as many are read as fit: nobody makes a key unreadable', async () => {
  const { simulation, api } = lonePeer()
  const key = sharedKey('n')
  const puts = Array.from({ length: 16 }, (_, number) =>
    api.put(key, { kind: 'shared', name: 'n', value: bytes(65_536, number), replaces: [] }),
  )
  simulation.run(5000)
  await Promise.all(puts)
  const found = api.get(key)
  simulation.run(5000)
  const records = await found
  expect(records.length).toBe(15)
  const leases = records.map((record) => ({ record, lifetime: 1 }))
  const writer = new ByteWriter()
  dhtCodec.encode({ type: 'fetched', number: 1, isComplete: true, leases }, writer)
  // A frame takes a mebibyte.
  expect(writer.finish().length).toBeLessThan(1_048_576 - 1024)
})
