import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Recorder, type Member, type PeerId } from '../../../node/protocol/index.ts'
import {
  resolveSwimOptions,
  swimDefinition,
  type SwimEvent,
  type SwimMessage,
  type SwimTimer,
} from '../../../overlays/swim/index.ts'
import { HostileGroup, lie } from './hostile-group.ts'
import type { Attack } from './hostile-member.ts'

const mebibyte = 1024 * 1024
/** Members that are made up, in all. */
const flooded = 100_000
const perMessage = 1000
const interval = 200

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Every round, new members to each of the victims. */
function flood(victims: readonly PeerId[], count = flooded): Attack {
  return {
    interval,
    rounds: count / perMessage,
    act(round, say) {
      const updates = Array.from({ length: perMessage }, (_, index) =>
        lie(`made-up-${round}-${index}` as PeerId, 'alive', 0),
      )
      for (const victim of victims) say(victim, { type: 'gossip', updates })
    },
  }
}

const memberLimit = 1000
const lasting = (flooded / perMessage) * interval

/** In which any honest member is probed and outlasts a suspicion: twice 2n − 1 periods and the longest suspicion. */
const detectionTime = 60_000

test('100,000 made-up members fill the table and no more, and honest ones stay in it', () => {
  const group = new HostileGroup(5, { memberLimit })
  group.attack(flood(group.ids, 2 * memberLimit))
  group.simulation.run(3 * interval)
  const full = heapUsed()
  group.attack(flood(group.ids))
  let longest = 0
  for (let time = 0; time < lasting + 1000; time += 100) {
    group.simulation.run(100)
    for (const { peer } of group.honest) longest = Math.max(longest, peer.api.members().length)
    expect(group.isWhole).toBe(true)
  }
  // And the member itself.
  expect(longest).toBe(memberLimit + 1)
  expect(heapUsed() - full).toBeLessThan(16 * mebibyte)
  expect([group.count('suspected'), group.count('failed')]).toEqual([0, 0])
})

// A gap: each member that is made up is probed as often as one that was heard, asked to help, and told the news; and
// every one that is silent takes away from the health of whoever probes it.
test.fails('an honest member that crashes in a flood is noticed', () => {
  const group = new HostileGroup(5, { memberLimit })
  group.attack(flood(group.ids, 4 * flooded))
  group.simulation.run(2000)
  const [{ peer: crashed }] = group.honest as [HostileGroup['honest'][number]]
  group.simulation.crash(crashed)
  const isNoticed = (): boolean => group.views(crashed.id).every((state) => state === 'failed')
  expect(group.simulation.runUntil(isNoticed, detectionTime)).toBe(true)
})

test.fails('an honest member that crashes after a flood is noticed', () => {
  const group = new HostileGroup(5, { memberLimit })
  const hostile = group.attack(flood(group.ids))
  group.simulation.run(lasting + 1000)
  group.simulation.crash(hostile)
  const [{ peer: crashed }] = group.honest as [HostileGroup['honest'][number]]
  group.simulation.crash(crashed)
  const isNoticed = (): boolean => group.views(crashed.id).every((state) => state === 'failed')
  expect(group.simulation.runUntil(isNoticed, detectionTime)).toBe(true)
})

// A gap: a table that is full of live members has room for nobody, not even for one that speaks for itself.
test.fails('an honest member that comes in a flood is let in by whomever it speaks to', () => {
  const group = new HostileGroup(5, { memberLimit })
  group.attack(flood(group.ids, 4 * flooded))
  group.simulation.run(2000)
  const late = group.addHonest('late')
  late.peer.api.join(group.ids)
  const isIn = (): boolean => group.views(late.peer.id).every((state) => state === 'alive')
  expect(group.simulation.runUntil(isIn, detectionTime)).toBe(true)
})

test('a flood ends with those who made it up: only real members are left', () => {
  const group = new HostileGroup(5, { memberLimit: 200, forgetAfter: 120_000 })
  const hostile = group.attack(flood(group.ids))
  group.simulation.run(lasting + 1000)
  group.simulation.crash(hostile)
  const isReal = (member: Member): boolean => group.ids.includes(member.peer)
  const onlyRealOnes = (): boolean =>
    group.honest.every(({ peer }) => {
      const live = peer.api.members().filter(({ state }) => state === 'alive' || state === 'suspected')
      return live.length === group.ids.length && live.every(isReal)
    })
  expect(group.simulation.runUntil(onlyRealOnes, 2_400_000, 1000)).toBe(true)
  expect(group.isWhole).toBe(true)
})

test('suspicions that are raised again and again wait for a bounded number of timers', () => {
  const recorder = new Recorder<SwimMessage, SwimTimer, SwimEvent>({ self: 'honest' })
  const core = recorder.run(swimDefinition({ memberLimit: 100 }), {})
  const names = Array.from({ length: 100 }, (_, index) => `made-up-${index}` as PeerId)
  for (let incarnation = 0; incarnation < 100; incarnation++) {
    const updates = names.map((name) => lie(name, 'suspected', incarnation))
    core.receive({ type: 'gossip', incarnation: 0, updates }, names[0] as PeerId)
  }
  const timers = recorder.take().filter((effect) => effect.type === 'schedule' && effect.timer.type === 'suspicion')
  expect(timers.length).toBeGreaterThan(0)
  // One, and one for each confirmation that shortens it.
  expect(timers.length).toBeLessThanOrEqual(names.length * (1 + resolveSwimOptions().suspicionConfirmations))
})
