import { expect, test } from 'vitest'
import {
  ByteWriter,
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

test('one peer that begins sessions of reconciliation by the thousand takes nobody else’s room', () => {
  const { begin, refused } = sessionsOfLonePeer()
  for (let session = 0; session < 1000; session++) begin(stranger, session)
  begin('another' as PeerId, 0)
  expect(refused()).toEqual([])
})

test('sessions of reconciliation that nobody goes on with are few, and end', () => {
  const { simulation, begin, refused } = sessionsOfLonePeer()
  const crowd = Array.from({ length: 100 }, (_, number) => `stranger ${number}` as PeerId)
  const beginAll = (): void => crowd.forEach((peer) => [0, 1, 2, 3].forEach((session) => begin(peer, session)))
  beginAll()
  expect(refused().length).toBe(400 - 256)
  // No earlier than the next look at them.
  simulation.run(45_000)
  begin('another' as PeerId, 0)
  expect(refused()).not.toContain('another')
})

/** A peer with records that others want to compare. */
function sessionsOfLonePeer() {
  const { simulation, events, store } = lonePeer()
  const values = Array.from({ length: 50 }, (_, index) => ({ kind: 'immutable', value: Uint8Array.of(index) }) as const)
  store(values)
  const [peer] = simulation.peers
  const begin = (from: PeerId, session: number): void => {
    const ranges = [{ kind: 'fingerprint', upper: 'end', fingerprint: '00'.repeat(8) }]
    const message = { round: 0, nonce: '00'.repeat(8), ranges }
    const question = { type: 'reconcile', number: session, session, from: '', to: '', message }
    peer?.host?.deliver(chordDhtName, question, from)
  }
  const refused = (): PeerId[] =>
    events.flatMap((event) => (event.type === 'rejected' && event.reason === 'session' ? [event.from] : []))
  return { simulation, begin, refused }
}

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
