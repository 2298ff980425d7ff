import { describe, expect, test } from 'vitest'
import { keyOf, type LookupTrace, type PeerId } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer, type SimulationOptions } from '../../../node/simulation/index.ts'
import {
  LiveSuccessorChecker,
  chord,
  chordName,
  ringFaults,
  type Chord,
  type ChordOverlayOptions,
} from '../../../overlays/chord/index.ts'

type Peer = SimulatedPeer<Chord>

/** Peers that each have dialled the two before them. */
class Ring {
  readonly simulation: Simulation
  readonly peers: Peer[] = []
  readonly #options: ChordOverlayOptions

  constructor(options: ChordOverlayOptions, simulation: SimulationOptions = {}) {
    this.#options = options
    this.simulation = new Simulation(simulation)
  }

  get living(): Peer[] {
    return this.peers.filter(({ state }) => state === 'running')
  }

  add(count = 1, pause = 200): void {
    for (; count > 0; count--) {
      const peer = this.simulation.addPeer(`peer-${this.peers.length}`, (host) => chord(this.#options).attach(host))
      for (const other of this.living.slice(-2)) this.simulation.connect(peer, other)
      this.peers.push(peer)
      this.simulation.run(pause)
    }
  }

  places() {
    return this.living.flatMap(({ api }) => api.places())
  }

  get members(): number {
    return this.places().filter(({ isMember }) => isMember).length
  }

  /** Until the ring is ideal and has so many members. */
  settle(members: number, limit = 120_000): void {
    const { successors = 8 } = this.#options
    const isIdeal = (): boolean => this.members === members && ringFaults(this.places(), successors).length === 0
    expect(this.simulation.runUntil(isIdeal, limit) ? [] : ringFaults(this.places(), successors)).toEqual([])
    expect(this.members).toBe(members)
  }

  /** What all living peers find for some keys, one lookup each at a time. */
  async lookups(count: number): Promise<LookupTrace[]> {
    const begun = Array.from({ length: count }, (_, number) => {
      const from = this.living[number % this.living.length] as Peer
      return from.api.trace(keyOf(`key ${number}`))
    })
    const ended = Promise.all(begun)
    for (let waited = 0; waited < 15; waited++) {
      this.simulation.run(1000)
      await new Promise<void>((resolve) => void setImmediate(resolve))
    }
    return ended
  }

  owner(key: string): PeerId {
    const nodes = this.places().map(({ node }) => node)
    nodes.sort((left, right) => (left.point < right.point ? -1 : 1))
    return (nodes.find(({ point }) => point >= key) ?? nodes[0])?.peer as PeerId
  }
}

describe('from one peer to many, and back', () => {
  test('up to r peers know each other completely; r + 1 are a ring; with r it is none again', () => {
    const ring = new Ring({ successors: 3 })
    for (let size = 1; size <= 3; size++) {
      ring.add(1, 5000)
      expect([ring.members, ...ring.living.map(({ api }) => api.neighbours(9).length)]).toEqual([
        0,
        ...Array.from({ length: size }, () => size - 1),
      ])
    }
    ring.add(1, 5000)
    ring.settle(4)
    ring.add(2, 5000)
    ring.settle(6)
    for (const peer of ring.peers.slice(0, 3)) {
      ring.simulation.stop(peer)
      ring.simulation.run(20_000)
    }
    expect([ring.members, ...ring.living.map(({ api }) => api.neighbours(9).length)]).toEqual([0, 2, 2, 2])
    ring.add(2, 10_000)
    ring.settle(5)
  })

  test.each([1, 2, 3])('twenty peers that all start at once are one ring in the end (seed %i)', (seed) => {
    const ring = new Ring({}, { seed })
    ring.add(20, 0)
    ring.settle(20)
  })

  test('so are they where one message in five is lost, and one in ten comes twice or late', () => {
    const ring = new Ring(
      { requestAttempts: 6 },
      { loss: 0.2, duplication: 0.1, reordering: 0.1, encodeMessages: true },
    )
    ring.add(20)
    ring.settle(20, 600_000)
  })
})

test('a hundred that all meet at once, more than each remembers, are one ring before long', () => {
  const simulation = new Simulation({ seed: 1 })
  const peers = Array.from({ length: 100 }, (_, index) =>
    simulation.addPeer(`peer-${index}`, (host) => chord().attach(host)),
  )
  for (const peer of peers) for (const other of peers) if (peer !== other) simulation.connect(peer, other)
  simulation.run(40_000)
  expect(
    ringFaults(
      peers.flatMap(({ api }) => api.places()),
      8,
    ),
  ).toEqual([])
  // Some two hundred a second for each until there is a ring; next to nothing after it.
  expect(simulation.traffic(chordName).messages).toBeLessThan(300_000)
})

test.each([1, 2, 3])(
  'who comes back finds a place, however few there are and whoever still remembers it (seed %i)',
  (seed) => {
    const ring = new Ring({}, { seed })
    ring.add(10)
    ring.settle(10)
    for (const peer of ring.peers.slice(2, 5)) {
      ring.simulation.crash(peer)
      ring.simulation.run(700)
      ring.simulation.restart(peer)
    }
    ring.settle(10)
  },
)

describe('a ring of thirty', () => {
  test('doubles within a second, as in a join storm, and every look-up stays right', async () => {
    const ring = new Ring({})
    ring.add(30)
    ring.settle(30)
    ring.simulation.addChecker(new LiveSuccessorChecker(() => ring.places()))
    ring.add(30, 30)
    ring.settle(60)
    for (const { key, peers } of await ring.lookups(60)) expect(peers[0]).toBe(ring.owner(key))
  })

  test.each([1, 2, 3, 4, 5])('heals after a third of all has crashed at once (seed %i)', async (seed) => {
    const ring = new Ring({}, { seed })
    ring.add(30)
    ring.settle(30)
    ring.simulation.addChecker(new LiveSuccessorChecker(() => ring.places()))
    for (const peer of ring.peers.slice(0, 10)) ring.simulation.crash(peer)
    const traces = await ring.lookups(40)
    // Nobody has noticed yet. Only what is owned by the dead may be found at them.
    for (const { key, peers } of traces) expect(peers.includes(ring.owner(key))).toBe(true)
    ring.settle(20)
    for (const { key, peers } of await ring.lookups(40)) expect(peers[0]).toBe(ring.owner(key))
  })

  test('parts in two and becomes one again', () => {
    const ring = new Ring({ successors: 4 })
    ring.add(30)
    ring.settle(30)
    const [left, right] = [ring.peers.slice(0, 12), ring.peers.slice(12)]
    ring.simulation.partition(left, right)
    ring.simulation.run(60_000)
    const isIdeal = (peers: Peer[]): boolean =>
      ringFaults(
        peers.flatMap(({ api }) => api.places()),
        4,
      ).length === 0
    expect([isIdeal(left), isIdeal(right)]).toEqual([true, true])
    ring.simulation.heal()
    ring.settle(30, 300_000)
  })

  test('with five virtual nodes each has a hundred and fifty places', async () => {
    const ring = new Ring({ virtualNodes: 5 })
    ring.add(30)
    ring.settle(150)
    for (const { key, peers } of await ring.lookups(60)) expect(peers[0]).toBe(ring.owner(key))
  })
})

test('recursive lookups find the same in about half the time', async () => {
  const durations: number[] = []
  for (const routing of ['iterative', 'recursive'] as const) {
    const ring = new Ring({ routing })
    ring.add(60)
    ring.settle(60)
    ring.simulation.run(30_000)
    const traces = await ring.lookups(120)
    for (const { key, peers } of traces) expect(peers[0]).toBe(ring.owner(key))
    durations.push(traces.reduce((sum, { duration }) => sum + duration, 0))
  }
  const [iterative, recursive] = durations as [number, number]
  expect(recursive / iterative).toBeGreaterThan(0.4)
  expect(recursive / iterative).toBeLessThan(0.85)
})

test('the same seed gives the same run', () => {
  const hashes = [1, 1, 2].map((seed) => {
    const ring = new Ring({}, { seed })
    ring.add(15)
    ring.simulation.run(20_000)
    return ring.simulation.traceHash
  })
  expect(hashes[0]).toBe(hashes[1])
  expect(hashes[2]).not.toBe(hashes[0])
})
