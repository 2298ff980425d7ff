import { expect, test } from 'vitest'
import type { MemberState, PeerId, ProtocolDefinition } from '../../node/protocol/index.ts'
import { Simulation } from '../../node/simulation/index.ts'
import { swim, swimDefinition, type MemberUpdate, type SwimMessage } from '../../overlays/swim/index.ts'

/** A peer that speaks SWIM and lies: it sends each victim the same updates again and again, until it has had enough. */
function liar(victims: readonly PeerId[], lies: (round: number) => readonly MemberUpdate[], rounds: number) {
  const { name, plane, codec } = swimDefinition()
  const definition: ProtocolDefinition<
    SwimMessage,
    number,
    never,
    { start(): void; receive(): void; expire(round: number): void }
  > = {
    name,
    plane,
    codec,
    create: (environment) => ({
      start: () => environment.schedule(0, 10),
      receive: () => {},
      expire(round) {
        const updates = lies(round)
        for (const type of ['gossip', 'push'] as const) {
          const body = type === 'push' ? { type, pull: false } : { type }
          for (const victim of victims) environment.send(victim, { ...body, incarnation: 0, updates })
        }
        if (round < rounds) environment.schedule(round + 1, 200)
      },
    }),
  }
  return definition
}

function lie(peer: PeerId, state: MemberState, incarnation: number): MemberUpdate {
  return { peer, state, incarnation, addresses: [] }
}

const kinds: Record<string, (peer: PeerId, round: number) => MemberUpdate> = {
  'suspicion': (peer, round) => lie(peer, 'suspected', round * 10),
  'death': (peer, round) => lie(peer, 'failed', round * 10),
  'departure': (peer, round) => lie(peer, 'left', round * 10),
  'resurrection and death in turn': (peer, round) => lie(peer, round % 2 === 0 ? 'alive' : 'failed', round * 1000),
  'absurd incarnations': (peer) => lie(peer, 'failed', Number.MAX_SAFE_INTEGER - 1),
  'the greatest incarnations that are believed': (peer, round) => lie(peer, 'suspected', round * 999_999),
}

test.for(Object.entries(kinds))('forged %s of everybody is outlived once the liar is gone', ([, kind]) => {
  for (let seed = 1; seed <= 5; seed++) {
    const simulation = new Simulation({ seed, encodeMessages: true })
    const peers = Array.from({ length: 8 }, (_, index) =>
      simulation.addPeer(`m${index}`, (host) => swim().attach(host)),
    )
    const [first] = peers
    if (first === undefined) throw new Error('No peers')
    for (const { api } of peers.slice(1)) api.join([first.id])
    simulation.run(10_000)
    const ids = peers.map(({ id }) => id)
    // It lies to half of them, so that the halves believe differently.
    const definition = liar(ids.slice(0, 4), (round) => ids.map((id) => kind(id, round)), 100)
    const attacker = simulation.addPeer('liar', (host) => host.run(definition, undefined))
    simulation.run(30_000)
    simulation.crash(attacker)
    const allAlive = (): boolean =>
      peers.every(({ api }) => {
        const states = new Map(api.members().map(({ peer, state }) => [peer, state]))
        return ids.every((id) => states.get(id) === 'alive')
      })
    expect(simulation.runUntil(allAlive, 120_000), `seed ${seed}`).toBe(true)
  }
})

test('a flood of made-up members is bounded, ends, and costs the real ones nothing', () => {
  const simulation = new Simulation({ encodeMessages: true })
  // Whoever is forgotten before the last suspicion of it has ended would be told of again.
  const overlay = swim({ memberLimit: 200, forgetAfter: 120_000 })
  const peers = Array.from({ length: 5 }, (_, index) => simulation.addPeer(`m${index}`, (host) => overlay.attach(host)))
  const [first] = peers
  if (first === undefined) throw new Error('No peers')
  for (const { api } of peers.slice(1)) api.join([first.id])
  simulation.run(10_000)
  const ids = peers.map(({ id }) => id)
  const flood = (round: number): MemberUpdate[] =>
    Array.from({ length: 1000 }, (_, index) => lie(`made-up-${round}-${index}` as PeerId, 'alive', 0))
  const attacker = simulation.addPeer('liar', (host) => host.run(liar(ids, flood, 100), undefined))
  simulation.run(30_000)
  for (const { api } of peers) expect(api.members().length).toBeLessThanOrEqual(201)
  simulation.crash(attacker)
  const onlyRealOnes = (): boolean =>
    peers.every(({ api }) => {
      const live = api.members().filter(({ state }) => state === 'alive' || state === 'suspected')
      return live.length === ids.length && live.every(({ peer }) => ids.includes(peer))
    })
  // Relays that are made up send no nacks either, so the real ones doubt their own health and probe up to nine times as
  // slowly: with so many ghosts it takes 22 minutes, without Lifeguard less than 10.
  expect(simulation.runUntil(onlyRealOnes, 2_400_000, 1000)).toBe(true)
})
