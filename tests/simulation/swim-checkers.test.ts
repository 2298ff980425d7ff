import { expect, test } from 'vitest'
import type { Overlay, PeerId } from '../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import {
  IncarnationChecker,
  ResurrectionChecker,
  swim,
  swimDefinition,
  type Swim,
  type SwimEvent,
  type SwimMessage,
} from '../../overlays/swim/index.ts'

const name = '/peerloom/swim/1.0.0'

/** A member that is told something else than what it is sent. */
function misheard(change: (message: SwimMessage) => SwimMessage): Overlay<Swim> {
  return {
    attach(host) {
      return swim().attach({
        self: host.self,
        offer: (role, api) => host.offer(role, api),
        role: (role) => host.role(role),
        run(definition, needs, listen) {
          return host.run(
            {
              ...definition,
              create(environment, itsNeeds) {
                const core = definition.create(environment, itsNeeds)
                const receive = core.receive.bind(core)
                core.receive = (message, from) => receive(change(message as SwimMessage) as typeof message, from)
                return core
              },
            },
            needs,
            listen,
          )
        },
      })
    },
  }
}

/** 20 members of which some crash and come back, leave, and lose messages; both checkers look. */
function live(seed: number, bug?: { readonly at: number; readonly overlay: Overlay<Swim> }): void {
  const simulation = new Simulation({ seed, loss: 0.2 })
  const peers: SimulatedPeer<Swim>[] = []
  simulation.addChecker(
    new IncarnationChecker(() =>
      peers
        .filter(({ state }) => state === 'running')
        .map(({ id, api }) => ({ self: id, members: () => api.members() })),
    ),
  )
  simulation.addChecker(new ResurrectionChecker())
  for (let index = 0; index < 20; index++) {
    const overlay = bug?.at === index ? bug.overlay : swim()
    peers.push(simulation.addPeer(`m${index}`, (host) => overlay.attach(host)))
  }
  const [first, second, third] = peers as [SimulatedPeer<Swim>, SimulatedPeer<Swim>, SimulatedPeer<Swim>]
  for (const { api } of peers) api.join([first.id])
  simulation.run(20_000)
  simulation.crash(second)
  third.api.leave()
  simulation.run(60_000)
  simulation.restart(second)
  second.api.join([first.id])
  third.api.join([])
  simulation.partition(peers.slice(0, 8), peers.slice(8))
  simulation.run(90_000)
  simulation.heal()
  simulation.run(60_000)
}

test('SWIM passes both checkers whatever happens', () => {
  for (let seed = 1; seed <= 10; seed++) expect(() => live(seed)).not.toThrow()
})

test('a member that raises the incarnation of others is found', () => {
  const raises = misheard((message) => ({
    ...message,
    updates: message.updates.map((update) => ({ ...update, incarnation: update.incarnation + 1 })),
  }))
  expect(() => live(1, { at: 4, overlay: raises })).toThrow('only its owner raises an incarnation')
})

test('a member that believes in resurrections is found', () => {
  const checker = new ResurrectionChecker()
  const [self, peer] = ['a', 'b'] as [PeerId, PeerId]
  const hear = (event: SwimEvent): string | undefined => checker.heard(self, name, event)
  expect(hear({ type: 'joined', peer, incarnation: 3 })).toBeUndefined()
  expect(hear({ type: 'failed', peer, incarnation: 3 })).toBeUndefined()
  expect(checker.heard(peer, name, { type: 'joined', peer: self, incarnation: 0 })).toBeUndefined()
  expect(hear({ type: 'joined', peer, incarnation: 3 })).toBe(
    'a holds b for alive at incarnation 3, after it was gone at 3',
  )
  expect(hear({ type: 'suspected', peer, incarnation: 2 })).toContain('for suspected at incarnation 2')
  expect(hear({ type: 'joined', peer, incarnation: 4 })).toBeUndefined()
  expect(hear({ type: 'left', peer, incarnation: 4 })).toBeUndefined()
  expect(hear({ type: 'forgotten', peer, incarnation: 4 })).toBeUndefined()
  expect(hear({ type: 'joined', peer, incarnation: 4 })).toBeUndefined()
  expect(hear({ type: 'failed', peer, incarnation: 5 })).toBeUndefined()
  expect(hear({ type: 'started' })).toBeUndefined()
  expect(hear({ type: 'joined', peer, incarnation: 0 })).toBeUndefined()
  expect(checker.heard(self, '/peerloom/other/1.0.0', { type: 'failed', peer, incarnation: 9 })).toBeUndefined()
})

test('the checkers hear what the cores say, under the name of the protocol', () => {
  const simulation = new Simulation()
  const heard: string[] = []
  simulation.addChecker({
    name: 'ear',
    heard: (peer, protocol, event) => void heard.push(`${peer} ${protocol} ${(event as SwimEvent).type}`),
  })
  simulation.addPeer('a', (host) => swim().attach(host))
  expect(heard).toEqual([`a ${name} started`])
  expect(swimDefinition().name).toBe(name)
})
