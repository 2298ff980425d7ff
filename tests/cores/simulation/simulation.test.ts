import { expect, test } from 'vitest'
import {
  CheckFailedError,
  Simulation,
  constantLatency,
  uniformLatency,
  type SimulatedPeer,
} from '../../../node/simulation/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { world, type Echo } from './world.ts'

test('a message takes the latency of the wire, its answer as long again', () => {
  const { simulation, peers } = world({ latency: constantLatency(40) }, 2)
  peers[0].api.core.ask(peers[1].id, 7)
  simulation.run(79)
  expect(peers[0].api.core.answers).toEqual([])
  simulation.run(1)
  expect(peers[0].api.core.answers).toEqual([7])
})

test('a message to oneself and a timer are queued, never called back at once', () => {
  const { simulation, peers } = world({}, 1)
  const { core } = peers[0].api
  core.ask(peers[0].id, 1)
  core.askLater(2, 30)
  expect(core.answers).toEqual([])
  simulation.run(29)
  expect(core.answers).toEqual([1])
  simulation.run(1)
  expect(core.answers).toEqual([1, 2])
})

function noisyRun(seed: number, encodeMessages = true): string {
  const { simulation, peers } = world({ seed, loss: 0.3, duplication: 0.1, reordering: 0.2, encodeMessages }, 5)
  const random = createRandom(seed)
  for (let number = 0; number < 200; number++) {
    simulation.at(integer(random, 1000), () => {
      const from = peers[integer(random, 5)]!
      if (from.state === 'running') from.api.core.ask(peers[integer(random, 5)]!.id, number)
    })
  }
  simulation.at(300, () => simulation.crash(peers[1]))
  simulation.at(600, () => simulation.restart(peers[1]))
  simulation.run(2000)
  return simulation.traceHash
}

test('the same seed gives the same trace hash, another seed another', () => {
  const hashes = Array.from({ length: 20 }, (_, seed) => noisyRun(seed))
  expect(Array.from({ length: 20 }, (_, seed) => noisyRun(seed))).toEqual(hashes)
  expect(new Set(hashes).size).toBe(20)
})

test('the trace hash of a seed is the same in every process and on every machine', () => {
  expect([noisyRun(1), noisyRun(1, false)]).toMatchInlineSnapshot(`
    [
      "a20ffe8c856246ae",
      "54a01c4c9991707f",
    ]
  `)
})

test('loss and duplication have the shares that were asked for', () => {
  const { simulation, peers } = world({ loss: 0.3, duplication: 0.5 }, 2)
  const heard: number[] = []
  for (let number = 0; number < 4000; number++) peers[0].api.core.ask(peers[1].id, number)
  simulation.run(1000)
  heard.push(...peers[0].api.core.answers)
  // Each way 0.7 arrive, as 1.5 copies on average.
  expect(heard.length / 4000).toBeGreaterThan(0.7 * 0.7 * 1.5 * 1.5 - 0.1)
  expect(heard.length / 4000).toBeLessThan(0.7 * 0.7 * 1.5 * 1.5 + 0.1)
  expect(new Set(heard).size).toBeLessThan(4000)
})

test('reordering lets later messages overtake earlier ones', () => {
  const { simulation, peers } = world({ reordering: 0.3, latency: constantLatency(10) }, 2)
  for (let number = 0; number < 50; number++) simulation.at(number, () => peers[0].api.core.ask(peers[1].id, number))
  simulation.run(1000)
  const { answers } = peers[0].api.core
  expect(answers.length).toBe(50)
  expect(answers).not.toEqual(answers.toSorted((left, right) => left - right))
})

test('nothing passes a partition until it heals; a cut link is noticed after its time-out', () => {
  const { simulation, peers } = world({ linkTimeout: 500 }, 4)
  const [first, second, third] = peers as typeof peers & { 2: SimulatedPeer<Echo> }
  first.api.core.ask(third.id, 1)
  simulation.run(100)
  simulation.partition([first, second], [third])
  first.api.core.ask(second.id, 2)
  first.api.core.ask(third.id, 3)
  simulation.run(600)
  expect(first.api.core.answers).toEqual([1, 2])
  expect(first.api.events.at(-1)).toEqual({ type: 'disconnected', value: third.id })
  simulation.heal()
  first.api.core.ask(third.id, 4)
  simulation.run(100)
  expect(first.api.core.answers).toEqual([1, 2, 4])
  expect(first.api.events.filter((event) => event.type === 'connected' && event.value === third.id)).toHaveLength(2)
})

test('a link blocked one way lets the other way through', () => {
  const { simulation, peers } = world({}, 2)
  simulation.block(peers[1], peers[0])
  peers[0].api.core.ask(peers[1].id, 1)
  simulation.run(100)
  expect(peers[0].api.core.answers).toEqual([])
  expect(simulation.counters['lost']).toBe(1)
})

test('both ends hear of a connection, and the survivor of its end', () => {
  const { simulation, peers } = world({}, 2)
  simulation.connect(peers[0], peers[1])
  simulation.run(100)
  simulation.crash(peers[1])
  simulation.run(100)
  expect(peers[0].api.events).toEqual([
    { type: 'connected', value: 'peer1' },
    { type: 'disconnected', value: 'peer1' },
  ])
  expect(peers[1].api.events).toEqual([{ type: 'connected', value: 'peer0' }])
})

test('what was acknowledged survives a crash; what was not is a prefix at the most', () => {
  const lengths = new Set<number>()
  for (let seed = 0; seed < 40; seed++) {
    const { simulation, peers } = world({ seed, flushDelay: 50 }, 1)
    const [peer] = peers
    for (let number = 0; number < 10; number++) simulation.at(number * 6, () => peer.api.core.keep(number))
    simulation.run(60)
    const acknowledged = peer.api.events.map((event) => event.value)
    simulation.crash(peer)
    simulation.restart(peer)
    const restored = peer.api.events.filter((event) => event.type === 'restored').map((event) => event.value)
    expect(restored).toEqual(Array.from({ length: restored.length }, (_, number) => number))
    expect(restored.slice(0, acknowledged.length)).toEqual(acknowledged)
    lengths.add(restored.length - acknowledged.length)
    simulation.run(100)
    expect(peer.api.events.filter((event) => event.type === 'kept')).toEqual([])
  }
  expect(lengths.size).toBeGreaterThan(1)
})

test('a crash may tear the entry that was being written, and none before or after it', () => {
  const torn = new Set<number>()
  for (let seed = 0; seed < 40; seed++) {
    const tear = (_protocol: string, entry: unknown): number | undefined =>
      entry === 3 ? undefined : -(entry as number) - 1
    const { simulation, peers } = world({ seed, flushDelay: 50, tear }, 1)
    const [peer] = peers
    for (let number = 0; number < 10; number++) simulation.at(number * 6, () => peer.api.core.keep(number))
    simulation.run(60)
    simulation.crash(peer)
    simulation.restart(peer)
    const restored = peer.api.events.map((event) => event.value as number)
    const whole = restored.filter((value) => value >= 0)
    expect(whole).toEqual(Array.from({ length: whole.length }, (_, number) => number))
    expect(restored.slice(whole.length)).toEqual(whole.length === 3 || whole.length === 10 ? [] : [-whole.length - 1])
    torn.add(whole.length)
  }
  expect(torn.size).toBeGreaterThan(3)
})

test('a clean stop flushes, a restart without the disk begins empty', () => {
  const { simulation, peers } = world({}, 1)
  const [peer] = peers
  peer.api.core.keep(5)
  simulation.stop(peer)
  simulation.restart(peer)
  expect(peer.api.events).toEqual([{ type: 'restored', value: 5 }])
  simulation.crash(peer)
  simulation.restart(peer, { disk: false })
  expect(peer.api.events).toEqual([])
})

test('timers and answers of an earlier session never reach a later one', () => {
  const { simulation, peers } = world({}, 1)
  const [peer] = peers
  peer.api.core.askLater(1, 50)
  simulation.crash(peer)
  simulation.restart(peer)
  const { core } = peer.api
  simulation.run(200)
  expect(core.answers).toEqual([])
})

test('a signature verifies for its bytes and key alone', () => {
  const { simulation, peers } = world({}, 1)
  peers[0].api.core.signAndVerify(Uint8Array.of(1, 2, 3))
  simulation.run(50)
  expect(peers[0].api.events.map((event) => event.value).sort()).toEqual([false, false, true])
})

test('bulk messages run out of credit, and credit comes back', () => {
  const { simulation, peers } = world({ latency: uniformLatency(5, 5) }, 2, 'bulk')
  let sent = 0
  while (peers[0].api.core.ask(peers[1].id, sent)) sent++
  expect(sent).toBeGreaterThan(10)
  for (let number = 0; number < 1000; number++) peers[0].api.core.ask(peers[1].id, number)
  expect(simulation.counters['queue-full']).toBeGreaterThan(0)
  simulation.run(100)
  expect(peers[0].api.core.ask(peers[1].id, 0)).toBe(true)
})

test('a finding of a checker ends the run and names the seed', () => {
  const { simulation, peers } = world({ seed: 42 }, 2)
  simulation.addChecker({
    name: 'no answers',
    interval: 10,
    check: () => (peers[0].api.core.answers.length > 0 ? 'there is one' : undefined),
  })
  simulation.run(100)
  peers[0].api.core.ask(peers[1].id, 1)
  expect(() => simulation.run(100)).toThrow(CheckFailedError)
  expect(() => simulation.run(100)).toThrow(/no answers: there is one \(seed 42, after \d+ ms\)/)
})

test('shares that are none are refused', () => {
  expect(() => new Simulation({ loss: 1.5 })).toThrow(RangeError)
  expect(() => new Simulation({ duplication: Number.NaN })).toThrow(RangeError)
})
