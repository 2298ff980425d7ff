import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { swimPresets, type MemberUpdate } from '../../../overlays/swim/index.ts'
import { RecordedMember, update, type MemberSetup } from './recorded-member.ts'

/** Without what goes beyond it. */
const lifeguard: MemberSetup = { witnesses: false, withdrawalDelay: 0 }

function suspicion(peer: string, accuser: string, incarnation = 0): MemberUpdate {
  return { ...update(peer, 'suspected', incarnation), accuser: accuser as PeerId }
}

function others(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `m${index}`)
}

/**
 * Answers the pings of a member in turn: with an ack, or not at all, and then with so many nacks of the relays.
 *
 * @returns the time from each of these pings to the next one
 */
function periods(member: RecordedMember, ...replies: ('ack' | number)[]): number[] {
  const times = replies.map((reply) => {
    const { to, probe } = member.nextPing()
    const time = member.recorder.now
    if (reply === 'ack') member.hear(to, { type: 'ack', probe })
    else for (const relay of relaysOf(member).slice(0, reply)) member.hear(relay, { type: 'nack', probe })
    return time
  })
  member.nextPing()
  return times.map((time, index) => (times[index + 1] ?? member.recorder.now) - time)
}

function relaysOf(member: RecordedMember): string[] {
  for (let waited = 0; waited < 5000; waited += 10) {
    member.recorder.advance(10)
    const requests = member.messages('ping-req')
    if (requests.length > 0) return requests.map(({ to }) => to)
  }
  throw new Error('Nobody was asked to ping the silent one')
}

describe('local health (Lifeguard §IV-A)', () => {
  const setup: MemberSetup = { ...lifeguard, indirectProbes: 2, suspicionMultiplier: 100 }

  test('a failed probe without nacks makes a member slower, successful ones make it quick again', () => {
    const member = new RecordedMember(setup)
    member.meet(...others(20))
    expect(periods(member, 0, 'ack', 'ack', 'ack', 'ack')).toEqual([1000, 3000, 2000, 1000, 1000])
  })

  test('relays that had no answer either (nack) put the blame on the target alone, each silent one counts', () => {
    const member = new RecordedMember(setup)
    member.meet(...others(20))
    expect(periods(member, 2, 1, 0, 'ack')).toEqual([1000, 1000, 2000, 4000])
  })

  test('the time for a direct answer grows with the multiplier as the interval does', () => {
    const member = new RecordedMember(setup)
    member.meet(...others(20))
    periods(member, 0)
    member.recorder.advance(1499)
    expect(member.messages('ping-req')).toEqual([])
    member.recorder.advance(1)
    expect(member.messages('ping-req').length).toBe(2)
  })

  test('having to refute an accusation counts against the own health', () => {
    const member = new RecordedMember()
    member.meet(...others(20))
    member.gossip('m0', suspicion('self', 'm1', 0), update('self', 'failed', 1))
    expect(periods(member, 'ack', 'ack', 'ack')).toEqual([3000, 2000, 1000])
  })

  test('the multiplier never exceeds its limit, and a limit of 0 turns it off', () => {
    const silent = Array.from({ length: 10 }, () => 0)
    for (const [localHealthLimit, longest] of [
      [8, 9000],
      [2, 3000],
      [0, 1000],
    ] as const) {
      const member = new RecordedMember({ ...setup, localHealthLimit })
      member.meet(...others(20))
      expect(periods(member, ...silent).at(-1)).toBe(longest)
    }
  })

  test('whoever is asked says so when the target has not answered after 80 % of the timeout, and passes a late ack on', () => {
    const member = new RecordedMember()
    member.meet('asker', 'target')
    const { peer: target } = update('target', 'alive')
    member.hear('asker', { type: 'ping-req', probe: 77, target, nack: true })
    const [ping] = member.messages('ping')
    member.recorder.advance(399)
    expect(member.sent()).toEqual([])
    member.recorder.advance(1)
    expect(member.sent()).toEqual(['nack to asker'])
    member.hear('target', { type: 'ack', probe: ping?.message.probe ?? 0 })
    expect(member.sent()).toEqual(['ack to asker'])
  })

  test('no nack is sent for a target that has answered, nor to somebody who wants none', () => {
    const member = new RecordedMember({ probeInterval: 60_000 })
    member.meet('asker', 'target')
    const { peer: target } = update('target', 'alive')
    member.hear('asker', { type: 'ping-req', probe: 77, target, nack: true })
    const [ping] = member.messages('ping')
    member.hear('target', { type: 'ack', probe: ping?.message.probe ?? 0 })
    member.hear('asker', { type: 'ping-req', probe: 78, target, nack: false })
    member.recorder.take()
    member.recorder.advance(450)
    expect(member.sent()).toEqual([])
  })

  test('a nack counts only from a relay, and once', () => {
    const member = new RecordedMember(setup)
    member.meet(...others(20))
    const { probe, to } = member.nextPing()
    const [relay = ''] = relaysOf(member)
    for (const from of [relay, relay, to]) member.hear(from, { type: 'nack', probe })
    expect(periods(member, 'ack')).toEqual([2000])
  })
})

describe('dynamic suspicion time-out (Lifeguard §IV-B)', () => {
  /** Ten members: the shortest time is one period of a minute. */
  const setup: MemberSetup = { ...lifeguard, probeInterval: 60_000, probeTimeout: 500, suspicionMultiplier: 1 }

  /** Its own pings are answered, so that it does not confirm the suspicion itself. */
  function passQuietly(member: RecordedMember, duration: number): void {
    for (let time = 0; time < duration; time += 100) {
      member.recorder.advance(100)
      for (const { to, message } of member.messages('ping')) member.hear(to, { type: 'ack', probe: message.probe })
    }
  }

  function timeTaken(confirmations: readonly string[], options: MemberSetup = setup): number {
    const member = new RecordedMember(options)
    member.meet(...others(8), 'suspect')
    member.gossip('m0', update('suspect', 'suspected'))
    for (const accuser of confirmations) member.gossip('m7', suspicion('suspect', accuser))
    for (let time = 0; time < 1_000_000; time += 1000) {
      if (member.stateOf('suspect') === 'failed') return member.recorder.now
      passQuietly(member, 1000)
    }
    throw new Error('The suspect was never declared failed')
  }

  test('a suspicion nobody confirms takes the longest time, three confirmations bring it down to the shortest', () => {
    expect(timeTaken([])).toBe(360_000)
    // max − (max − min) · log(c + 1) / log(k + 1), with max 360 s, min 60 s, k = 3.
    expect(timeTaken(['m1'])).toBe(210_000)
    expect(timeTaken(['m1', 'm2'])).toBe(123_000)
    expect(timeTaken(['m1', 'm2', 'm3'])).toBe(60_000)
    expect(timeTaken(['m1', 'm2', 'm3', 'm4', 'm5'])).toBe(60_000)
  })

  test('only distinct members confirm: the same one again, a stranger and the first accuser do not', () => {
    expect(timeTaken(['m0', 'stranger', 'm1', 'm1', 'm0'])).toBe(210_000)
  })

  test('with a maximum multiplier of 1 the time is fixed, as in SWIM', () => {
    expect(timeTaken([], { ...setup, suspicionMaximumMultiplier: 1 })).toBe(60_000)
  })

  test('a group with too few others to confirm waits for none', () => {
    const member = new RecordedMember({
      ...lifeguard,
      probeInterval: 60_000,
      probeTimeout: 500,
      suspicionMultiplier: 1,
    })
    member.meet('m0', 'm1', 'suspect')
    member.gossip('m0', update('suspect', 'suspected'))
    member.recorder.advance(60_000)
    expect(member.stateOf('suspect')).toBe('failed')
  })

  test('a confirmation that comes when the shortened time is over ends the suspicion at once', () => {
    const member = new RecordedMember(setup)
    member.meet(...others(8), 'suspect')
    member.gossip('m0', update('suspect', 'suspected'))
    passQuietly(member, 250_000)
    expect(member.stateOf('suspect')).toBe('suspected')
    member.gossip('m7', suspicion('suspect', 'm1'))
    member.recorder.advance(0)
    expect(member.stateOf('suspect')).toBe('failed')
  })

  test('the first k confirmations are told on with their accusers, no later ones', () => {
    const member = new RecordedMember({ ...setup, transmissionMultiplier: 1 })
    member.meet(...others(8), 'suspect')
    const tellings = (): (PeerId | undefined)[] => {
      member.hear('m6', { type: 'ping', probe: 1 })
      const updates = member.messages('ack').flatMap(({ message }) => message.updates)
      return updates.filter(({ peer }) => peer === 'suspect').map(({ accuser }) => accuser)
    }
    while (tellings().length > 0) member.recorder.take()
    member.gossip('m0', update('suspect', 'suspected'))
    const told = [...tellings()]
    for (const accuser of ['m1', 'm2', 'm3', 'm4']) {
      member.gossip('m7', suspicion('suspect', accuser))
      told.push(...tellings())
    }
    expect([...new Set(told)]).toEqual(['m0', 'm1', 'm2', 'm3'])
  })

  test("a member's own silent probe confirms what others accuse, and is told as its own", () => {
    const member = new RecordedMember({ indirectProbes: 0 })
    member.meet('suspect', ...others(5))
    for (const peer of others(5)) member.gossip('suspect', update(peer, 'left'))
    member.gossip('suspect', ...others(5).map((peer) => update(peer, 'alive', 1)))
    member.gossip('m0', suspicion('suspect', 'm1'))
    member.recorder.take()
    let accused = false
    for (let count = 0; count < 12 && !accused; count++) {
      const { to, probe } = member.nextPing()
      if (to !== 'suspect') member.hear(to, { type: 'ack', probe }, [], 1)
      else {
        member.recorder.advance(1000)
        member.hear('m2', { type: 'ping', probe: 5 }, [], 1)
        const updates = member.messages('ack').flatMap(({ message }) => message.updates)
        accused = updates.some((told) => told.peer === 'suspect' && told.accuser === undefined)
      }
    }
    expect(accused).toBe(true)
  })
})

describe('buddy system (Lifeguard §IV-C)', () => {
  function toldFirst(buddySystem: boolean): unknown {
    const member = new RecordedMember({ buddySystem, transmissionMultiplier: 1 })
    member.meet(...others(3))
    for (let times = 0; times < 5; times++) member.hear('m1', { type: 'ping', probe: 1 })
    member.gossip('m1', update('m0', 'suspected'))
    for (let times = 0; times < 5; times++) member.hear('m1', { type: 'ping', probe: 1 })
    member.recorder.take()
    member.hear('m0', { type: 'ping', probe: 2 })
    return member.messages('ack')[0]?.message.updates
  }

  test('a suspect is told on the next message to it, however often the news was sent already', () => {
    expect(toldFirst(true)).toEqual([update('m0', 'suspected')])
    expect(toldFirst(false)).toEqual([])
  })
})

test('news is gossiped to those that failed lately as well, and no longer than that (memberlist)', () => {
  const member = new RecordedMember({ gossipInterval: 100, gossipToTheDead: 5000, probeInterval: 60_000 })
  member.meet('m0', 'dead')
  member.gossip('m0', update('dead', 'failed'))
  const heardBy = (): boolean => {
    member.gossip('m0', update('m0', 'alive', incarnation), update('x', 'alive', incarnation++))
    member.recorder.advance(500)
    return member.messages('gossip').some(({ to }) => to === 'dead')
  }
  let incarnation = 1
  const times = Array.from({ length: 30 }, () => heardBy())
  expect(times.slice(0, 9)).toContain(true)
  expect(times.slice(10)).not.toContain(true)
})

test('the preset `original` is SWIM of 2002, the others have Lifeguard', () => {
  const { original, local, lan, wan } = swimPresets
  expect([original.localHealthLimit, original.suspicionMaximumMultiplier, original.buddySystem]).toEqual([0, 1, false])
  expect([original.gossipInterval, original.syncInterval, original.gossipToTheDead]).toEqual([0, 0, 0])
  for (const preset of [local, lan, wan]) {
    expect([preset.localHealthLimit, preset.suspicionMaximumMultiplier, preset.buddySystem]).toEqual([8, 6, true])
  }
})
