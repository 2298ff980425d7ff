import { describe, expect, test } from 'vitest'
import { Simulation, uniformLatency, type SimulatedPeer, type SimulationOptions } from '../../node/simulation/index.ts'
import { gossip, type Gossip } from '../../overlays/gossip/index.ts'
import { swim } from '../../overlays/swim/index.ts'
import { figure } from '../figures.ts'

type Peer = SimulatedPeer<Gossip>

/** Peers that find each other through SWIM; how often each heard which message. */
class GossipNetwork {
  readonly simulation: Simulation
  readonly peers: Peer[] = []
  readonly #heard = new Map<string, number>()

  constructor(count: number, options: SimulationOptions) {
    this.simulation = new Simulation({ latency: uniformLatency(1, 50), ...options })
    for (let index = 0; index < count; index++) this.#add(`p${index}`)
  }

  /** Lets everybody find neighbours. */
  settle(): void {
    this.simulation.run(20_000)
    const settled = this.simulation.runUntil(() => this.peers.every(({ api }) => api.neighbours().length > 0), 60_000)
    if (!settled) throw new Error(`A peer found no neighbours (seed ${this.simulation.seed})`)
  }

  publish(peer: Peer | undefined, text: string): void {
    peer?.api.publish('news', new TextEncoder().encode(text))
  }

  /** How often each of these heard that message. */
  counts(peers: readonly Peer[], text: string): number[] {
    return peers.map(({ id }) => this.#heard.get(`${id} ${text}`) ?? 0)
  }

  reached(peers: readonly Peer[], text: string): boolean {
    return this.counts(peers, text).every((count) => count > 0)
  }

  #add(name: string): void {
    const seed = this.peers[0]?.id
    const peer = this.simulation.addPeer(name, (host) => {
      const members = swim().attach(host)
      if (seed !== undefined) members.join([seed])
      const api = gossip().attach(host)
      api.subscribe('news', ({ bytes }) => {
        const key = `${name} ${new TextDecoder().decode(bytes)}`
        this.#heard.set(key, (this.#heard.get(key) ?? 0) + 1)
      })
      return api
    })
    this.peers.push(peer)
  }
}

const seeds = Array.from({ length: figure('groups', 20, 500) }, (_, index) => index + 1)

describe.each([
  { loss: 0, count: 30, within: 2000 },
  { loss: 0.3, count: 30, within: 20_000 },
  { loss: 0.3, count: 2, within: 20_000 },
])('$count peers with $loss of the messages lost', ({ loss, count, within }) => {
  test('every message reaches every other peer exactly once', () => {
    for (const seed of seeds) {
      const network = new GossipNetwork(count, { seed, loss, duplication: 0.1, reordering: 0.1 })
      const { simulation, peers } = network
      network.settle()
      const texts = Array.from({ length: 5 }, (_, index) => `${index}`)
      for (const [index, text] of texts.entries()) network.publish(peers[index % count], text)
      const allReached = (): boolean =>
        texts.every((text, index) => network.reached(peers.toSpliced(index % count, 1), text))
      expect(simulation.runUntil(allReached, within), `seed ${seed}`).toBe(true)
      simulation.run(20_000)
      for (const [index, text] of texts.entries()) {
        const expected = peers.map((_, peer) => (peer === index % count ? 0 : 1))
        expect(network.counts(peers, text), `seed ${seed}`).toEqual(expected)
      }
    }
  })
})

test('the neighbour relation is symmetric once the network is quiet, and nobody has too many or too few', () => {
  for (const seed of seeds) {
    const network = new GossipNetwork(40, { seed, loss: 0.2 })
    const { simulation, peers } = network
    network.settle()
    simulation.network.configure({ loss: 0 })
    const views = (): Map<string, readonly string[]> => new Map(peers.map(({ id, api }) => [id, api.neighbours()]))
    const isSymmetric = (): boolean => {
      const all = views()
      return [...all].every(([id, view]) => view.every((other) => all.get(other)?.includes(id) === true))
    }
    expect(simulation.runUntil(isSymmetric, 30_000), `seed ${seed}`).toBe(true)
    for (const view of views().values()) {
      expect(view.length).toBeGreaterThanOrEqual(3)
      expect(view.length).toBeLessThanOrEqual(12)
    }
  }
})

test('after a third crashed the others still hear every message', () => {
  for (const seed of seeds) {
    const network = new GossipNetwork(30, { seed, loss: 0.1 })
    const { simulation, peers } = network
    network.settle()
    for (const peer of peers.slice(0, 10)) simulation.crash(peer)
    const [publisher, ...others] = peers.slice(10)
    network.publish(publisher, 'still there')
    expect(
      simulation.runUntil(() => network.reached(others, 'still there'), 20_000),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test('two halves that were apart hear each other again, and what was said shortly before', () => {
  for (const seed of seeds) {
    const network = new GossipNetwork(20, { seed, loss: 0.1 })
    const { simulation, peers } = network
    network.settle()
    const [left, right] = [peers.slice(0, 8), peers.slice(8)]
    simulation.partition(left, right)
    simulation.run(60_000)
    network.publish(left[0], 'shortly before')
    simulation.run(1000)
    expect(network.reached(right, 'shortly before')).toBe(false)
    simulation.heal()
    expect(
      simulation.runUntil(() => network.reached(right, 'shortly before'), 29_000),
      `seed ${seed}`,
    ).toBe(true)
    network.publish(right[0], 'after')
    expect(
      simulation.runUntil(() => network.reached(left, 'after'), 20_000),
      `seed ${seed}`,
    ).toBe(true)
  }
})
