import { expect, test } from 'vitest'
import type { MemberState, PeerId } from '../../../node/protocol/index.ts'
import type { MemberUpdate } from '../../../overlays/swim/index.ts'
import { HostileGroup, lie } from './hostile-group.ts'
import type { Attack } from './hostile-member.ts'

const seeds = [1, 2, 3, 4, 5]
const size = 8
/** Between two lies. */
const interval = 200
const lastingRounds = 100
/** Times an observer and a subject. */
const pairs = size * (size - 1)

type Claim = (peer: PeerId, incarnation: number, round: number) => MemberUpdate

/** Lies to some of a group about others, each time about what is believed just then. */
function lies(victims: readonly PeerId[], subjects: readonly PeerId[], claim: Claim, rounds = lastingRounds): Attack {
  return {
    interval,
    rounds,
    act(round, say, core) {
      const known = new Map(core.members().map(({ peer, incarnation }) => [peer, incarnation]))
      const updates = subjects.map((peer) => claim(peer, known.get(peer) ?? 0, round))
      for (const victim of victims) {
        say(victim, { type: 'gossip', updates })
        say(victim, { type: 'push', pull: false, updates })
      }
    },
  }
}

/**
 * How long news of a refutation can take. Nearly always it is the gossip of a second; whoever that misses is told by
 * the probe that comes within 2n − 1 periods (SWIM §4.3).
 */
const refutationTime = (2 * (size + 1) + 1) * 1000

test.for<[string, (ids: readonly PeerId[]) => Claim]>([
  ['suspicion', () => (peer, incarnation) => lie(peer, 'suspected', incarnation)],
  [
    'suspicion in the name of others',
    (ids) => (peer, incarnation, round) => ({
      ...lie(peer, 'suspected', incarnation),
      accuser: ids[round % ids.length],
    }),
  ],
])('forged %s of all by one member makes none of them fail anywhere, as long as it goes on', ([, claimOf]) => {
  for (const seed of seeds) {
    const group = new HostileGroup(size, {}, { seed })
    group.attack(lies(group.ids, group.ids, claimOf(group.ids)))
    group.simulation.run(interval * (lastingRounds + 1))
    expect(group.count('failed'), `seed ${seed}`).toBe(0)
    expect(group.count('left'), `seed ${seed}`).toBe(0)
    // It was heard, and each lie makes each member flap once at each other one at most.
    expect(group.count('suspected'), `seed ${seed}`).toBeGreaterThan(lastingRounds)
    expect(group.count('suspected'), `seed ${seed}`).toBeLessThanOrEqual(lastingRounds * pairs)
    expect(
      group.simulation.runUntil(() => group.isWhole, refutationTime),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test.for<MemberState>(['failed', 'left'])(
  'a member that is said to have %s is back as soon as it hears of it',
  (state) => {
    for (const seed of seeds) {
      const group = new HostileGroup(size, {}, { seed })
      const [first, ...others] = group.ids as [PeerId, ...PeerId[]]
      group.attack(lies(others, [first], (peer, incarnation) => lie(peer, state, incarnation), 1))
      const heard = (): boolean => group.count(state) > 0
      expect(group.simulation.runUntil(heard, 10_000), `seed ${seed}`).toBe(true)
      group.simulation.run(60_000)
      expect(group.isWhole, `seed ${seed}`).toBe(true)
      expect(group.longestAbsence, `seed ${seed}`).toBeLessThanOrEqual(refutationTime)
      // Once at each other one.
      expect(group.count(state), `seed ${seed}`).toBeLessThanOrEqual(size - 1)
    }
  },
)

const kinds: Record<string, Claim> = {
  'death': (peer, incarnation) => lie(peer, 'failed', incarnation),
  'departure': (peer, incarnation) => lie(peer, 'left', incarnation),
  'resurrection and death in turn': (peer, _, round) => lie(peer, round % 2 === 0 ? 'alive' : 'failed', round * 1000),
  'incarnations beyond belief': (peer) => lie(peer, 'failed', Number.MAX_SAFE_INTEGER - 1),
  'the greatest incarnations that are believed': (peer, _, round) => lie(peer, 'suspected', round * 999_999),
}

test.for(Object.entries(kinds))('forged %s of all is outlived once the liar is gone', ([, claim]) => {
  for (const seed of seeds) {
    const group = new HostileGroup(size, {}, { seed })
    // It lies to half of them, so that the halves believe differently.
    const hostile = group.attack(lies(group.ids.slice(0, size / 2), group.ids, claim))
    group.simulation.run(interval * (lastingRounds + 1))
    group.simulation.crash(hostile)
    expect(
      group.simulation.runUntil(() => group.isWhole, 120_000),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test('a dead member that is said to be alive is dead again, once for each lie', () => {
  for (const seed of seeds) {
    const group = new HostileGroup(size, {}, { seed })
    const [{ peer: dead }] = group.honest as [HostileGroup['honest'][number]]
    group.simulation.crash(dead)
    const isDead = (): boolean => group.views(dead.id).every((state) => state === 'failed')
    expect(group.simulation.runUntil(isDead, 60_000), `seed ${seed}`).toBe(true)
    const before = [group.count('joined'), group.count('failed')] as const
    const ids = group.running.map(({ peer }) => peer.id)
    group.attack(lies(ids, [dead.id], (peer, incarnation) => lie(peer, 'alive', incarnation + 1), 1))
    const isBelieved = (): boolean => group.count('joined') > before[0]
    expect(group.simulation.runUntil(isBelieved, 10_000, 1), `seed ${seed}`).toBe(true)
    expect(group.simulation.runUntil(isDead, 60_000), `seed ${seed}`).toBe(true)
    // Nothing of the lie comes back.
    group.simulation.run(120_000)
    expect(isDead(), `seed ${seed}`).toBe(true)
    expect(group.count('joined') - before[0], `seed ${seed}`).toBeLessThanOrEqual(ids.length)
    expect(group.count('failed') - before[1], `seed ${seed}`).toBeLessThanOrEqual(ids.length)
    expect(group.isWhole, `seed ${seed}`).toBe(true)
  }
})

test('a member that has used up its incarnations is a member, fails like one, and harms nobody', () => {
  for (const seed of seeds) {
    const group = new HostileGroup(size, {}, { seed })
    const greatest = Number.MAX_SAFE_INTEGER - 1
    const hostile = group.attack({
      interval,
      rounds: lastingRounds,
      act: (_, say) => group.ids.forEach((id) => say(id, { type: 'gossip', incarnation: greatest })),
    })
    group.simulation.run(interval * (lastingRounds + 1))
    const known = group.running.map(({ peer }) => peer.api.members().find((member) => member.peer === hostile.id))
    expect(known.map((member) => member?.incarnation)).toEqual(group.running.map(() => greatest))
    group.simulation.crash(hostile)
    const isNoticed = (): boolean => group.views(hostile.id).every((state) => state === 'failed')
    expect(group.simulation.runUntil(isNoticed, 60_000), `seed ${seed}`).toBe(true)
    expect([group.count('failed'), group.isWhole]).toEqual([0, true])
  }
})

test.for<[string, (round: number) => number]>([
  ['beyond belief', () => Number.MAX_SAFE_INTEGER - 1],
  ['as high as is believed', (round) => (round + 1) * 1_000_000],
])('forged tags of all, of versions %s, give way to what each says of itself', ([, version]) => {
  for (const seed of seeds) {
    const group = new HostileGroup(size, {}, { seed })
    for (const { peer } of group.honest) peer.api.setTags({ owner: peer.id })
    group.simulation.run(5000)
    const forged = (round: number): Partial<MemberUpdate> => ({
      tags: { version: version(round), tags: { owner: 'liar' } },
    })
    const claim: Claim = (peer, incarnation, round) => ({ ...lie(peer, 'alive', incarnation), ...forged(round) })
    const hostile = group.attack(lies(group.ids, group.ids, claim))
    group.simulation.run(interval * (lastingRounds + 1))
    group.simulation.crash(hostile)
    const isTrue = (): boolean =>
      group.honest.every(({ peer }) => group.ids.every((id) => peer.api.tags(id)?.['owner'] === id))
    expect(group.simulation.runUntil(isTrue, refutationTime), `seed ${seed}`).toBe(true)
    expect(group.isWhole, `seed ${seed}`).toBe(true)
  }
})
