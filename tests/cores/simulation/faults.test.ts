import { describe, expect, test } from 'vitest'
import { constantLatency, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { world, type Echo } from './world.ts'

function answers(peer: SimulatedPeer<Echo>): readonly number[] {
  return peer.api.core.answers
}

describe('a suspended peer', () => {
  test('gets what was held back at once and in order when it is resumed, and what it sent then goes out', () => {
    const { simulation, peers } = world({ latency: constantLatency(10) }, 2)
    const [asker, suspended] = peers
    simulation.suspend(suspended)
    for (let number = 0; number < 5; number++) asker.api.core.ask(suspended.id, number)
    suspended.api.core.ask(asker.id, 9)
    simulation.run(1000)
    expect([answers(asker), answers(suspended)]).toEqual([[], []])
    simulation.resume(suspended)
    simulation.run(9)
    expect(answers(asker)).toEqual([])
    simulation.run(1)
    expect(answers(asker)).toEqual([0, 1, 2, 3, 4])
    simulation.run(10)
    expect(answers(suspended)).toEqual([9])
  })

  test('has timers that run on, unless the whole process stands still: then they expire when it goes on', () => {
    const { simulation, peers } = world({}, 2)
    const [running, still] = peers
    const asked: string[] = []
    simulation.observe(
      ({ kind, ...rest }) => {
        if (kind === 'delivered' && 'from' in rest) asked.push(`${rest.time} ${rest.from}`)
      },
      { messages: true },
    )
    simulation.suspend(running)
    simulation.suspend(still, { timers: false })
    for (const peer of [running, still]) peer.api.core.askLater(1, 50)
    simulation.run(200)
    expect(simulation.handled).toBe(1)
    simulation.resume(still)
    simulation.run(10)
    expect(simulation.handled).toBe(4)
    expect(asked).toEqual(['200 peer1', '200 peer1'])
  })

  test('that stands still hears of its links when it goes on', () => {
    const { simulation, peers } = world({}, 2)
    simulation.suspend(peers[0], { timers: false })
    simulation.connect(peers[0], peers[1])
    simulation.run(100)
    expect([peers[0].api.events, peers[1].api.events.length]).toEqual([[], 1])
    simulation.resume(peers[0])
    simulation.run(0)
    expect(peers[0].api.events).toEqual([{ type: 'connected', value: 'peer1' }])
  })

  test('that crashes loses what was held back', () => {
    const { simulation, peers } = world({}, 2)
    simulation.suspend(peers[1])
    peers[0].api.core.ask(peers[1].id, 1)
    simulation.run(100)
    simulation.crash(peers[1])
    simulation.restart(peers[1])
    simulation.resume(peers[1])
    simulation.run(100)
    expect(answers(peers[0])).toEqual([])
    peers[0].api.core.ask(peers[1].id, 2)
    simulation.run(100)
    expect(answers(peers[0])).toEqual([2])
  })
})

test('a slow peer handles one message after another, and is quick again when told so', () => {
  const { simulation, peers } = world({ latency: constantLatency(5) }, 2)
  const [asker, slow] = peers
  simulation.slow(slow, 100)
  for (let number = 0; number < 3; number++) asker.api.core.ask(slow.id, number)
  const counts = [100, 10, 100, 100].map((duration) => {
    simulation.run(duration)
    return answers(asker).length
  })
  expect(counts).toEqual([0, 1, 2, 3])
  simulation.slow(slow, 0)
  asker.api.core.ask(slow.id, 3)
  simulation.run(10)
  expect(answers(asker)).toEqual([0, 1, 2, 3])
})

test('what a slow peer has not handled is gone when it crashes', () => {
  const { simulation, peers } = world({ latency: constantLatency(5) }, 2)
  simulation.slow(peers[1], 100)
  peers[0].api.core.ask(peers[1].id, 1)
  simulation.run(50)
  simulation.crash(peers[1])
  simulation.restart(peers[1])
  simulation.run(500)
  expect(answers(peers[0])).toEqual([])
})

test('a degraded peer loses its share each way, others nothing', () => {
  const { simulation, peers } = world({ latency: constantLatency(1) }, 3)
  const [first, second, third] = peers as typeof peers & { 2: SimulatedPeer<Echo> }
  simulation.degrade(first, { sendLoss: 0.8 })
  simulation.degrade(second, { receiveLoss: 0.4 })
  for (let number = 0; number < 2000; number++) {
    first.api.core.ask(third.id, number)
    third.api.core.ask(second.id, number)
    third.api.core.ask(first.id, number)
  }
  simulation.run(10)
  expect(answers(first).length / 2000).toBeCloseTo(0.2, 1)
  // 0.6 of what the second is asked arrives, 0.2 of what the first answers.
  expect(answers(third).length / 2000).toBeCloseTo(0.6 + 0.2, 1)
  simulation.degrade(first, { sendLoss: 0 })
  simulation.degrade(second, { receiveLoss: 0 })
  const before = answers(third).length
  third.api.core.ask(first.id, 1)
  third.api.core.ask(second.id, 1)
  simulation.run(10)
  expect(answers(third).length - before).toBe(2)
  expect(() => simulation.degrade(first, { sendLoss: 1.2 })).toThrow(RangeError)
})

test('join opens a way through a partition for two peers alone; heal opens all', () => {
  const { simulation, peers } = world({ latency: constantLatency(1) }, 4)
  const [a, b, c, d] = peers as typeof peers & { 2: SimulatedPeer<Echo>; 3: SimulatedPeer<Echo> }
  const reaches = (from: SimulatedPeer<Echo>, to: SimulatedPeer<Echo>): boolean => {
    const before = answers(from).length
    from.api.core.ask(to.id, 0)
    simulation.run(2)
    return answers(from).length > before
  }
  simulation.partition([a, b], [c, d])
  simulation.join(b, c)
  expect([reaches(a, b), reaches(b, c), reaches(c, b), reaches(a, c), reaches(b, d)]).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  simulation.cut(a, b)
  expect(reaches(a, b)).toBe(false)
  simulation.join(a, b)
  expect(reaches(a, b)).toBe(true)
  simulation.heal()
  expect([reaches(a, c), reaches(b, d)]).toEqual([true, true])
})

test('a link survives cuts that are shorter than its time-out, however often they come', () => {
  const { simulation, peers } = world({ linkTimeout: 1000 }, 2)
  simulation.connect(peers[0], peers[1])
  simulation.run(100)
  for (let round = 0; round < 5; round++) {
    simulation.cut(peers[0], peers[1])
    simulation.run(600)
    simulation.join(peers[0], peers[1])
    simulation.run(100)
  }
  expect(peers[0].api.events.map(({ type }) => type)).toEqual(['connected'])
  simulation.cut(peers[0], peers[1])
  simulation.run(1000)
  expect(peers[0].api.events.map(({ type }) => type)).toEqual(['connected', 'disconnected'])
})

test('a flapping partition is down and up in turn until its end', () => {
  const { simulation, peers } = world({ latency: constantLatency(1) }, 2)
  simulation.flap([[peers[0]], [peers[1]]], { down: 300, up: 200, until: 1200 })
  const passed: number[] = []
  for (let time = 50; time < 2000; time += 100) {
    simulation.at(time, () => peers[0].api.core.ask(peers[1].id, time))
  }
  simulation.run(2000)
  passed.push(...answers(peers[0]))
  expect(passed).toEqual([350, 450, 850, 950, 1250, 1350, 1450, 1550, 1650, 1750, 1850, 1950])
  expect(() => simulation.flap([], { down: 0, up: 5, until: 9000 })).toThrow(RangeError)
})

test('heal ends a flapping partition for good', () => {
  const { simulation, peers } = world({ latency: constantLatency(1) }, 2)
  simulation.flap([[peers[0]], [peers[1]]], { down: 300, up: 200, until: 5000 })
  simulation.run(100)
  simulation.heal()
  for (let time = 0; time < 1000; time += 100) simulation.at(time, () => peers[0].api.core.ask(peers[1].id, time))
  simulation.run(2000)
  expect(answers(peers[0])).toHaveLength(10)
})
