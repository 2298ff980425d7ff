import { expect, test } from 'vitest'
import { StaleRecordError, immutableKey, ownedKey, type DhtRecord } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { chord, chordDhtName, isOwned, ringNode, type Chord } from '../../../overlays/chord/index.ts'

/** A ring of ten, more than there are replicas. */
function ringOfTen(): { simulation: Simulation; peers: SimulatedPeer<Chord>[] } {
  const simulation = new Simulation({ seed: 1 })
  const peers: SimulatedPeer<Chord>[] = []
  for (let index = 0; index < 10; index++) {
    const peer = simulation.addPeer(`peer-${index}`, (host) => chord().attach(host))
    for (const other of peers.slice(-2)) simulation.connect(peer, other)
    peers.push(peer)
    simulation.run(300)
  }
  simulation.run(30_000)
  return { simulation, peers }
}

test('an older record finds no quorum further along the ring, where nobody knows the newer one', async () => {
  const { simulation, peers } = ringOfTen()
  const [{ api }] = peers as [SimulatedPeer<Chord>]
  const key = ownedKey(api.author, 'name')
  const put = async (sequence: number, value: number = sequence): Promise<DhtRecord> => {
    const begun = api.put(key, { kind: 'owned', name: 'name', sequence, value: Uint8Array.of(value) })
    begun.catch(() => {})
    simulation.run(5000)
    return begun
  }
  await put(5)
  // Whichever of the two has the lower id: in the simulator that is a matter of the value.
  for (let value = 6; value < 16; value++) await expect(put(5, value)).rejects.toThrow(StaleRecordError)
  await expect(put(4)).rejects.toThrow(StaleRecordError)
  // One of the three replicas is silent: the two that know are outvoted by nobody.
  const holder = peers.find((peer) => peer !== peers[0] && peer.api.held().records > 0)
  if (holder === undefined) throw new Error('nobody holds it')
  simulation.crash(holder)
  await expect(put(3)).rejects.toThrow(StaleRecordError)
  const found = api.get(key)
  simulation.run(5000)
  expect((await found).map(({ value }) => value[0])).toEqual([5])
})

test('what a peer held it holds again after a restart with its disk', async () => {
  const { simulation, peers } = ringOfTen()
  const [{ api }] = peers as [SimulatedPeer<Chord>]
  const begun = api.put(ownedKey(api.author, 'name'), { kind: 'owned', name: 'name', value: Uint8Array.of(1) })
  simulation.run(20_000)
  await begun
  const holder = peers.find((peer) => peer.api.held().records > 0) as SimulatedPeer<Chord>
  simulation.crash(holder)
  simulation.restart(holder)
  expect(holder.api.held().records).toBe(1)
})

test('a newcomer of whom most have not heard yet is given what belongs to it', async () => {
  const { simulation, peers } = ringOfTen()
  const newcomer = simulation.addPeer('newcomer', (host) => chord().attach(host))
  simulation.connect(newcomer, peers[0] as SimulatedPeer<Chord>)
  const { self, point } = { self: newcomer.id, point: ringNode(newcomer.id).point }
  const isFollowed = (): boolean =>
    peers.some(({ api }) => api.places()[0]?.successors[0]?.peer === self) &&
    peers.some(({ api }) => api.places()[0]?.predecessor?.peer === self)
  simulation.runUntil(isFollowed, 60_000)
  const knowing = peers.filter(({ api }) => api.places()[0]?.successors.some(({ peer }) => peer === self))
  expect(knowing.length).toBeLessThan(5)
  const predecessor = peers.find(({ api }) => api.places()[0]?.successors[0]?.peer === self)
  const values = Array.from({ length: 2000 }, (_, number) => Uint8Array.of(number >> 8, number & 255))
  const own = values
    .filter((value) => isOwned(ringNode(predecessor?.id ?? self).point, immutableKey(value), point))
    .slice(0, 20)
  expect(own.length).toBeGreaterThan(10)
  const puts = own.map((value, number) =>
    (peers[number % 10] as SimulatedPeer<Chord>).api.put(immutableKey(value), { kind: 'immutable', value }),
  )
  // Too short for the walk of repair, which would bring them there in the end.
  simulation.run(300)
  expect(newcomer.api.held().records).toBe(own.length)
  simulation.run(5000)
  await Promise.all(puts)
})

test('at rest every peer compares each of its arcs once in a round, wherever on the ring it is', async () => {
  const { simulation, peers } = ringOfTen()
  const values = Array.from({ length: 200 }, (_, number) => Uint8Array.of(number))
  const puts = values.map((value, number) =>
    (peers[number % 10] as SimulatedPeer<Chord>).api.put(immutableKey(value), { kind: 'immutable', value }),
  )
  simulation.run(30_000)
  await Promise.all(puts)
  const before = simulation.traffic(chordDhtName).messages
  simulation.run(60_000)
  // Of three arcs two others are compared with for the own one, and one for each of the others: four questions in ten
  // seconds, four answers.
  const messages = (simulation.traffic(chordDhtName).messages - before) / 10 / 6
  expect(messages).toBeGreaterThan(6)
  expect(messages).toBeLessThan(10)
})
