import { expect, test } from 'vitest'
import type { Host } from '../../node/protocol/index.ts'
import { Simulation } from '../../node/simulation/index.ts'
import { gossip, type Gossip } from '../../overlays/gossip/index.ts'
import { swim, type Swim } from '../../overlays/swim/index.ts'

const hello = new TextEncoder().encode('hello')

interface Api {
  readonly members: Swim
  readonly broadcast: Gossip
}

const orders: Record<string, (host: Host) => Api> = {
  'SWIM first': (host) => ({ members: swim().attach(host), broadcast: gossip().attach(host) }),
  'gossip first': (host) => ({ broadcast: gossip().attach(host), members: swim().attach(host) }),
}

test.for(Object.entries(orders))('gossip finds its neighbours through membership: %s', ([, attach]) => {
  const simulation = new Simulation()
  const first = simulation.addPeer('a', attach)
  const second = simulation.addPeer('b', attach)
  second.api.members.join([first.id])
  expect(simulation.runUntil(() => second.api.broadcast.neighbours().includes(first.id), 10_000)).toBe(true)
})

test('an overlay offers its role to the others of its host', () => {
  const simulation = new Simulation()
  simulation.addPeer('a', (host) => {
    const members = swim().attach(host)
    const broadcast = gossip().attach(host)
    expect(host.role('membership')).toBe(members)
    expect(host.role('broadcast')).toBe(broadcast)
    return broadcast
  })
})

test('topics are those that somebody listens to here', () => {
  const simulation = new Simulation()
  const { api } = simulation.addPeer('a', (host) => gossip().attach(host))
  const [red, blue] = [new AbortController(), new AbortController()]
  api.subscribe('red', () => {}, { signal: red.signal })
  api.subscribe('red', () => {}, { signal: blue.signal })
  api.subscribe('green', () => {})
  api.subscribe('never', () => {}, { signal: AbortSignal.abort() })
  expect(api.topics()).toEqual(['red', 'green'])
  red.abort()
  expect(api.topics()).toEqual(['red', 'green'])
  blue.abort()
  expect(api.topics()).toEqual(['green'])
})

test('what is published before there is a neighbour reaches the first one that comes', () => {
  const simulation = new Simulation()
  const first = simulation.addPeer('a', (host) => gossip().attach(host))
  first.api.publish('news', hello)
  simulation.run(5000)
  let heard = 0
  const second = simulation.addPeer('b', (host) => {
    const api = gossip().attach(host)
    api.subscribe('news', () => heard++)
    return api
  })
  simulation.connect(first, second)
  expect(simulation.runUntil(() => heard === 1, 5000)).toBe(true)
})

test('a member that leaves and joins again is alive to the others', () => {
  const simulation = new Simulation()
  const peers = ['a', 'b', 'c'].map((name) => simulation.addPeer(name, (host) => swim().attach(host)))
  const [first, second] = peers
  for (const { api } of peers) if (first !== undefined) api.join([first.id])
  simulation.run(10_000)
  second?.api.leave()
  const stateAtFirst = (): string | undefined => first?.api.members().find(({ peer }) => peer === second?.id)?.state
  expect(simulation.runUntil(() => stateAtFirst() === 'left', 5000)).toBe(true)
  second?.api.join([])
  expect(simulation.runUntil(() => stateAtFirst() === 'alive', 30_000)).toBe(true)
})
