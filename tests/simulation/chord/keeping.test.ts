import { expect, test } from 'vitest'
import { immutableKey, sharedKey } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { chord, type Chord, type ChordDhtOptions } from '../../../overlays/chord/index.ts'

const minute = 60_000

type Peer = SimulatedPeer<Chord>

/** More than there are replicas. */
function ringOf(count: number, dht: ChordDhtOptions = {}) {
  const simulation = new Simulation({ seed: 1 })
  const add = (name: string): Peer => {
    const peer = simulation.addPeer(name, (host) => chord({ dht }).attach(host))
    for (const other of peers.slice(-2)) simulation.connect(peer, other)
    peers.push(peer)
    return peer
  }
  const peers: Peer[] = []
  for (let index = 0; index < count; index++) {
    add(`peer-${index}`)
    simulation.run(300)
  }
  simulation.run(30_000)
  const done = async <Value>(promise: Promise<Value>, time = 5000): Promise<Value> => {
    promise.catch(() => {})
    simulation.run(time)
    return promise
  }
  const holders = (): number => peers.filter(({ state, api }) => state === 'running' && api.held().records > 0).length
  return { simulation, peers, add, done, holders }
}

function valuesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, number) => Uint8Array.of(number, 1, 2))
}

function putAll(peers: readonly Peer[], values: readonly Uint8Array[]): Promise<unknown> {
  return Promise.all(
    values.map((value, number) =>
      (peers[number % peers.length] as Peer).api.put(immutableKey(value), { kind: 'immutable', value }),
    ),
  )
}

test('what nobody puts again expires at all its replicas, and none of them brings it back', async () => {
  const { simulation, peers, done, holders } = ringOf(10, { recordLifetime: 3 * minute, republishInterval: minute })
  const [writer] = peers as [Peer]
  await done(putAll([writer], valuesOf(20)))
  simulation.crash(writer)
  simulation.run(2 * minute)
  expect(holders()).toBeGreaterThan(2)
  // Each looks for what has expired twice a minute.
  simulation.run(2 * minute)
  expect(holders()).toBe(0)
})

test('what its writer puts again and again outlives its lifetime many times', async () => {
  const { simulation, peers, done } = ringOf(10, { recordLifetime: 3 * minute, republishInterval: minute })
  const values = valuesOf(60)
  await done(putAll([peers[0] as Peer], values))
  simulation.run(30 * minute)
  const found = await done(Promise.all(values.map((value) => (peers[5] as Peer).api.get(immutableKey(value)))))
  expect(found.every((records) => records.length === 1)).toBe(true)
})

test('a shared value that somebody has replaced does not come back when its writer goes on putting', async () => {
  const { simulation, peers, done } = ringOf(10, { recordLifetime: 3 * minute, republishInterval: minute })
  const [first, second, reader] = peers as [Peer, Peer, Peer]
  const key = sharedKey('name')
  const write = (value: number) => ({ kind: 'shared', name: 'name', value: Uint8Array.of(value) }) as const
  await done(first.api.put(key, write(1)))
  await done(second.api.put(key, write(2)))
  simulation.crash(second)
  // The second value has expired by then; the first one's writer has been there all along.
  simulation.run(10 * minute)
  expect(await done(reader.api.get(key))).toEqual([])
})

test('a writer that may put no more things again says so', async () => {
  const { peers, done } = ringOf(10, { publishedLimit: 5 })
  const [writer] = peers as [Peer]
  let unpublished = 0
  writer.api.subscribe(({ type }) => void (unpublished += Number(type === 'unpublished')))
  await done(putAll([writer], valuesOf(8)))
  expect(unpublished).toBe(3)
})

test('who has handed over may go at once, one after the other, and nothing is lost', async () => {
  const { simulation, peers, done } = ringOf(10)
  const values = valuesOf(100)
  await done(putAll(peers, values))
  for (const leaver of peers.slice(0, 8)) {
    // Not as long as one who left is still taken for one who should have something.
    let attempts = 0
    while (!(await done(leaver.api.handOver(), 10_000))) expect(++attempts).toBeLessThan(5)
    simulation.stop(leaver)
    simulation.run(3000)
  }
  const found = await done(Promise.all(values.map((value) => (peers[9] as Peer).api.get(immutableKey(value)))), 30_000)
  expect(found.filter((records) => records.length === 1).length).toBe(100)
})

test('nobody to hand over to: that is said', async () => {
  const { peers, done } = ringOf(1)
  const [{ api }] = peers as [Peer]
  await done(putAll(peers, valuesOf(3)))
  expect(await done(api.handOver())).toBe(false)
})

test('while newcomers outnumber those who hold something, no read finds less than there is', async () => {
  const { simulation, peers, add, done } = ringOf(4)
  const values = valuesOf(60)
  const [reader] = peers as [Peer]
  await done(putAll(peers, values))
  for (let index = 0; index < 12; index++) add(`newcomer-${index}`)
  let missed = 0
  for (let time = 0; time < 100; time++) {
    const value = values[time % values.length] as Uint8Array
    void reader.api.get(immutableKey(value)).then(
      (records) => (missed += Number(records.length === 0)),
      () => undefined,
    )
    simulation.run(100)
    await Promise.resolve()
  }
  simulation.run(10_000)
  await Promise.resolve()
  expect(missed).toBe(0)
})
