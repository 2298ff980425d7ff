import { describe, expect, test } from 'vitest'
import type { MemberState } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer, type SimulationOptions } from '../../node/simulation/index.ts'
import { swim, swimPresets, type Swim, type SwimOptions } from '../../overlays/swim/index.ts'

type Peer = SimulatedPeer<Swim>

/** Members that know one seed; nothing else introduces them. */
function startGroup(count: number, options: SimulationOptions, swimOptions?: SwimOptions): [Simulation, Peer[]] {
  const simulation = new Simulation({ latency: uniformLatency(1, 50), ...options })
  const peers: Peer[] = []
  for (let index = 0; index < count; index++) {
    const peer = simulation.addPeer(`m${index}`, (host) => {
      const api = swim(swimOptions).attach(host)
      const [seed] = peers
      if (seed !== undefined) api.join([seed.id])
      return api
    })
    peers.push(peer)
  }
  return [simulation, peers]
}

function statesAt(peer: Peer): Map<string, MemberState> {
  return new Map(peer.api.members().map(({ peer, state }) => [peer, state]))
}

function agree(peers: readonly Peer[], expected: (peer: Peer) => readonly (MemberState | undefined)[]): boolean {
  return peers.every((peer) => {
    const states = statesAt(peer)
    return peers.every((other) => expected(other).includes(states.get(other.id)))
  })
}

function allAlive(peers: readonly Peer[]): boolean {
  return agree(peers, () => ['alive'])
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

describe.each([
  { loss: 0, within: 5000 },
  { loss: 0.1, within: 40_000 },
  { loss: 0.3, within: 120_000 },
])('with $loss of the messages lost', ({ loss, within }) => {
  test('every member comes to know every other', () => {
    for (const seed of seeds) {
      const [simulation, peers] = startGroup(25, { seed, loss })
      const allKnown = (): boolean => peers.every((peer) => statesAt(peer).size === peers.length)
      expect(simulation.runUntil(allKnown, within), `seed ${seed}`).toBe(true)
    }
  })

  test('crashes are noticed by all, and no live member stays failed once messages arrive again', () => {
    for (const seed of seeds) {
      const [simulation, peers] = startGroup(25, { seed, loss })
      simulation.run(within)
      const crashed = peers.slice(0, 3)
      for (const peer of crashed) simulation.crash(peer)
      simulation.run(60_000)
      simulation.network.configure({ loss: 0 })
      const alive = peers.slice(3)
      const settled = (): boolean =>
        allAlive(alive) &&
        alive.every((peer) => crashed.every(({ id }) => ['failed', undefined].includes(statesAt(peer).get(id))))
      expect(simulation.runUntil(settled, 60_000), `seed ${seed}`).toBe(true)
    }
  })
})

test.for(Object.entries(swimPresets))(
  'with the preset %s members find each other, and a crash is noticed',
  ([, preset]) => {
    for (const seed of seeds.slice(0, 5)) {
      const [simulation, peers] = startGroup(16, { seed, latency: uniformLatency(1, 20) }, preset)
      expect(
        simulation.runUntil(() => allAlive(peers), 120_000),
        `seed ${seed}`,
      ).toBe(true)
      const [, crashed, ...others] = peers as [Peer, Peer, ...Peer[]]
      simulation.crash(crashed)
      const noticed = (): boolean => others.every((peer) => statesAt(peer).get(crashed.id) === 'failed')
      expect(simulation.runUntil(noticed, 300_000), `seed ${seed}`).toBe(true)
      expect(allAlive(others), `seed ${seed}`).toBe(true)
    }
  },
)

test('without loss nobody is ever suspected', () => {
  for (const seed of seeds) {
    const [simulation, peers] = startGroup(25, { seed, duplication: 0.1, reordering: 0.1 })
    let accused = 0
    for (const { api } of peers) {
      api.subscribe(({ type }) => {
        if (type === 'suspected' || type === 'failed') accused++
      })
    }
    simulation.run(120_000)
    expect([accused, allAlive(peers)], `seed ${seed}`).toEqual([0, true])
  }
})

test('two halves that took each other for failed find together again after a long partition', () => {
  for (const seed of seeds) {
    const [simulation, peers] = startGroup(12, { seed, loss: 0.1 })
    simulation.run(30_000)
    const [left, right] = [peers.slice(0, 4), peers.slice(4)]
    simulation.partition(left, right)
    simulation.run(180_000)
    const parted = left.every((peer) => right.every(({ id }) => statesAt(peer).get(id) === 'failed'))
    expect(parted, `seed ${seed}`).toBe(true)
    simulation.heal()
    expect(
      simulation.runUntil(() => allAlive(peers), 180_000),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test('whoever crashes and comes back at once, or after it was declared failed, is alive to all', () => {
  for (const seed of seeds) {
    const [simulation, peers] = startGroup(10, { seed, loss: 0.1 })
    simulation.run(30_000)
    const [, quick, slow] = peers as [Peer, Peer, Peer]
    simulation.crash(quick)
    simulation.crash(slow)
    simulation.run(500)
    simulation.restart(quick)
    simulation.run(60_000)
    simulation.restart(slow)
    expect(
      simulation.runUntil(() => allAlive(peers), 120_000),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test('nobody is alive and failed at one incarnation for long: members that hear the same believe the same', () => {
  for (const seed of seeds) {
    const [simulation, peers] = startGroup(15, { seed, loss: 0.2, duplication: 0.1, reordering: 0.2 })
    simulation.run(30_000)
    for (const peer of peers.slice(0, 3)) peer.api.leave()
    for (const peer of peers.slice(3, 6)) simulation.crash(peer)
    simulation.run(20_000)
    simulation.network.configure({ loss: 0 })
    simulation.run(120_000)
    const observers = peers.slice(6)
    for (const subject of peers) {
      const beliefs = observers.map((peer) => {
        const member = peer.api.members().find(({ peer }) => peer === subject.id)
        return `${subject.id} ${member?.state} ${member?.incarnation}`
      })
      expect(new Set(beliefs).size, `seed ${seed}: ${[...new Set(beliefs)].join(', ')}`).toBe(1)
    }
  }
})

test('the same seed gives the same run', () => {
  const hash = (seed: number): string => {
    const [simulation] = startGroup(20, { seed, loss: 0.2, encodeMessages: true })
    simulation.run(20_000)
    return simulation.traceHash
  }
  for (const seed of seeds.slice(0, 5)) expect(hash(seed)).toBe(hash(seed))
  expect(hash(1)).not.toBe(hash(2))
})
