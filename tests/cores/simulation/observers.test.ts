import { expect, test } from 'vitest'
import { CheckFailedError, Simulation, constantLatency, type Happening } from '../../../node/simulation/index.ts'
import { echo } from './echo.ts'
import { world } from './world.ts'

test('an observer hears what happens in order, of messages only if it asks, and nothing once its signal is aborted', () => {
  const { simulation, peers } = world({ latency: constantLatency(10), encodeMessages: true }, 2)
  const told: string[] = []
  const silent: Happening[] = []
  const controller = new AbortController()
  const describe = (happening: Happening): string => {
    if ('text' in happening) return happening.text
    if ('from' in happening) return `${happening.from} ${happening.to} ${JSON.stringify(happening.message)}`
    return 'event' in happening ? `${happening.peer} ${JSON.stringify(happening.event)}` : happening.peer
  }
  simulation.observe((happening) => told.push(`${happening.time} ${happening.kind} ${describe(happening)}`), {
    messages: true,
    signal: controller.signal,
  })
  simulation.observe((happening) => silent.push(happening))
  peers[0].api.core.ask(peers[1].id, 7)
  simulation.run(30)
  simulation.cut(peers[0], peers[1])
  peers[0].api.core.ask(peers[1].id, 8)
  simulation.crash(peers[1])
  simulation.restart(peers[1])
  controller.abort()
  simulation.heal()
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "0 sent peer0 peer1 {"type":"ask","number":7}
    10 event peer1 {"type":"connected","value":"peer0"}
    10 event peer0 {"type":"connected","value":"peer1"}
    10 delivered peer0 peer1 {"type":"ask","number":7}
    10 sent peer1 peer0 {"type":"answer","number":7}
    20 delivered peer1 peer0 {"type":"answer","number":7}
    20 event peer0 {"type":"answered","value":7}
    30 network peer0 to peer1 blocked
    30 network peer1 to peer0 blocked
    30 sent peer0 peer1 {"type":"ask","number":8}
    30 lost peer0 peer1 {"type":"ask","number":8}
    30 crashed peer1
    30 started peer1"
  `)
  expect(silent.map(({ kind }) => kind)).toEqual([
    'event',
    'event',
    'event',
    'network',
    'network',
    'crashed',
    'started',
    'network',
  ])
})

test('traffic counts what is sent to others, its bytes when they are measured', () => {
  for (const measureBytes of [false, true]) {
    const { simulation, peers } = world({ measureBytes, loss: 1 }, 2)
    for (let number = 0; number < 10; number++) peers[0].api.core.ask(peers[1].id, 200)
    peers[0].api.core.ask(peers[0].id, 1)
    simulation.run(100)
    // A byte for the type, two for the number.
    expect(simulation.traffic()).toEqual({ messages: 10, bytes: measureBytes ? 30 : 0 })
    expect(simulation.traffic('/test/echo/1.0.0')).toEqual(simulation.traffic())
    expect(simulation.traffic('/nobody/1.0.0')).toEqual({ messages: 0, bytes: 0 })
  }
})

test('a checker hears every event that a core emits, and its finding ends the run with the replay command', () => {
  const simulation = new Simulation({ seed: 9, replay: (seed) => `again --seed ${seed}` })
  const peer = simulation.addPeer('only', (host) => host.run(echo(), undefined))
  const heard: unknown[] = []
  simulation.addChecker({
    name: 'no two',
    heard: (id, protocol, event, now) => {
      heard.push([id, protocol, event, now])
      return (event as { value: number }).value === 2 ? 'there is a two' : undefined
    },
  })
  peer.api.askLater(1, 10)
  peer.api.askLater(2, 20)
  peer.api.askLater(3, 30)
  let failure: unknown
  try {
    simulation.run(100)
  } catch (error) {
    failure = error
  }
  expect(heard).toEqual([
    ['only', '/test/echo/1.0.0', { type: 'answered', value: 1 }, 10],
    ['only', '/test/echo/1.0.0', { type: 'answered', value: 2 }, 20],
  ])
  expect(failure).toBeInstanceOf(CheckFailedError)
  expect(failure).toMatchObject({ checker: 'no two', finding: 'there is a two', seed: 9, time: 20 })
  expect((failure as CheckFailedError).replay).toBe('again --seed 9')
  expect((failure as CheckFailedError).message).toContain('Again: again --seed 9')
})

test('messages make no links where that was asked for; connect still does', () => {
  const { simulation, peers } = world({ links: false }, 2)
  peers[0].api.core.ask(peers[1].id, 1)
  simulation.run(100)
  expect(peers[0].api.events.map(({ type }) => type)).toEqual(['answered'])
  simulation.connect(peers[0], peers[1])
  simulation.run(100)
  expect(peers[0].api.events.map(({ type }) => type)).toEqual(['answered', 'connected'])
})
