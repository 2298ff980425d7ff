import { describe, expect, test } from 'vitest'
import { integer } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import { gossip, type Gossip, type Order } from '../../overlays/gossip/index.ts'
import { figure } from '../figures.ts'

/** A message, and what its publisher had heard or said before: what happened before it (Lamport 1978). */
interface Said {
  readonly publisher: number
  readonly before: ReadonlySet<number>
}

const size = 12
const count = 120
const seeds = Array.from({ length: figure('groups', 5, 100) }, (_, index) => index + 1)

/** Everybody talks. @returns what each heard, in order, and what happened before what */
function talk(seed: number, order: Order): { readonly heard: readonly number[][]; readonly said: readonly Said[] } {
  const simulation = new Simulation({ seed, latency: uniformLatency(1, 300), loss: 0.1, reordering: 0.3 })
  const heard: number[][] = Array.from({ length: size }, () => [])
  const known: Set<number>[] = Array.from({ length: size }, () => new Set<number>())
  const peers = Array.from({ length: size }, (_, index) =>
    simulation.addPeer(`p${index}`, (host) => {
      const api = gossip({ order, orderTimeout: 60_000 }).attach(host)
      api.subscribe('talk', ({ bytes }) => {
        const number = Number(new TextDecoder().decode(bytes))
        heard[index]?.push(number)
        known[index]?.add(number)
      })
      return api
    }),
  )
  const [first] = peers as [SimulatedPeer<Gossip>]
  for (const peer of peers.slice(1)) simulation.connect(first, peer)
  simulation.run(20_000)
  const said: Said[] = []
  const random = simulation.random('talk')
  for (let number = 0; number < count; number++) {
    const publisher = integer(random, size)
    said.push({ publisher, before: new Set(known[publisher]) })
    known[publisher]?.add(number)
    peers[publisher]?.api.publish('talk', new TextEncoder().encode(String(number)))
    simulation.run(integer(random, 200))
  }
  simulation.run(60_000)
  return { heard, said }
}

/** How often a listener was told of a message before one that it should have followed. */
function violations(heard: readonly number[][], mustPrecede: (earlier: number, later: number) => boolean): number {
  let violated = 0
  for (const numbers of heard) {
    for (const [index, later] of numbers.entries()) {
      for (const earlier of numbers.slice(index + 1)) if (mustPrecede(earlier, later)) violated++
    }
  }
  return violated
}

describe.each(seeds)('seed %i', (seed) => {
  test('first in first out: messages of one publisher are told in its order, at everybody, and all are', () => {
    const { heard, said } = talk(seed, 'fifo')
    const isEarlier = (earlier: number, later: number): boolean =>
      earlier < later && said[earlier]?.publisher === said[later]?.publisher
    expect(violations(heard, isEarlier)).toBe(0)
    for (const [index, numbers] of heard.entries()) {
      expect(numbers.length).toBe(said.filter(({ publisher }) => publisher !== index).length)
    }
  })

  test('causal: nothing is told before what happened before it, at everybody, and all is', () => {
    const { heard, said } = talk(seed, 'causal')
    const happenedBefore = (earlier: number, later: number): boolean => said[later]?.before.has(earlier) === true
    expect(violations(heard, happenedBefore)).toBe(0)
    for (const [index, numbers] of heard.entries()) {
      expect(numbers.length).toBe(said.filter(({ publisher }) => publisher !== index).length)
    }
  })
})

test('without an order both are violated: the checks can fail', () => {
  const { heard, said } = talk(1, 'none')
  expect(violations(heard, (earlier, later) => said[later]?.before.has(earlier) === true)).toBeGreaterThan(0)
})
