import { expect, test } from 'vitest'
import { StaleRecordError, ownedKey, type DhtRecord } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { chord, type Chord } from '../../../overlays/chord/index.ts'

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
