import { describe, expect, test } from 'vitest'
import { RecordedMember, update, type MemberSetup } from './recorded-member.ts'

const others = Array.from({ length: 20 }, (_, index) => `m${index}`)

/** The time of a suspect is minutes, so that periods pass meanwhile. */
const setup: MemberSetup = { indirectProbes: 2, suspicionMultiplier: 100, withdrawalDelay: 0 }

function startMember(options: MemberSetup = setup, peers: readonly string[] = others): RecordedMember {
  const member = new RecordedMember(options)
  member.meet(...peers)
  return member
}

/**
 * Has the next probe fail: its target is silent, and so many of those asked to ping it say so.
 *
 * @returns the target
 */
function failProbe(member: RecordedMember, witnesses: number): string {
  const { to, probe } = member.nextPing()
  const relays = relaysOf(member)
  for (const relay of relays.slice(0, witnesses)) member.hear(relay, { type: 'nack', probe })
  return to
}

function relaysOf(member: RecordedMember): string[] {
  for (let waited = 0; waited < 5000; waited += 10) {
    member.recorder.advance(10)
    const requests = member.messages('ping-req')
    if (requests.length > 0) return requests.map(({ to }) => to)
  }
  throw new Error('Nobody was asked to ping the silent one')
}

describe('who is held responsible for a silent probe', () => {
  test('with a witness the target is suspected', () => {
    const member = startMember()
    const target = failProbe(member, 1)
    member.nextPing()
    expect(member.stateOf(target)).toBe('suspected')
  })

  test('without one, nobody is: this member may be deaf', () => {
    const member = startMember()
    const target = failProbe(member, 0)
    member.nextPing()
    expect(member.stateOf(target)).toBe('alive')
  })

  test('a member in the worst of health waits for witnesses no longer', () => {
    const member = startMember()
    const targets = Array.from({ length: 6 }, () => failProbe(member, 0))
    member.nextPing()
    // Two silent relays each: the multiplier is 2, 4, 6 and then at its limit of 8.
    expect(targets.map((target) => member.stateOf(target))).toEqual([
      'alive',
      'alive',
      'alive',
      'suspected',
      'suspected',
      'suspected',
    ])
  })

  test('in a group of a few, members believe their own eyes', () => {
    const member = startMember(setup, ['a', 'b', 'c'])
    const target = failProbe(member, 0)
    member.nextPing()
    expect(member.stateOf(target)).toBe('suspected')
  })

  test('a witness proves that this member hears well: its health is not hurt', () => {
    const member = startMember()
    failProbe(member, 1)
    const before = member.recorder.now
    member.nextPing()
    const { now } = member.recorder
    member.nextPing()
    expect([now - before < 1000, member.recorder.now - now]).toEqual([true, 1000])
  })
})

describe('how long a suspicion lasts', () => {
  /** Sixteen members, so that the shortest time is 72 seconds and the longest six times that. */
  const minutes: MemberSetup = {
    probeInterval: 20_000,
    probeTimeout: 500,
    suspicionMultiplier: 3,
    withdrawalDelay: 0,
    indirectProbes: 3,
  }

  function timeTaken(member: RecordedMember, suspect: string): { readonly minutes: number; readonly asked: string[] } {
    const start = member.recorder.now
    const asked: string[] = []
    for (let time = 0; time < 3_000_000; time += 1000) {
      if (member.stateOf(suspect) === 'failed') {
        return { minutes: Math.round((member.recorder.now - start) / 60_000), asked }
      }
      member.recorder.advance(1000)
      for (const { to, message } of member.recorder.sent()) {
        if (message.type === 'ping' && to !== suspect) member.hear(to, { type: 'ack', probe: message.probe })
        if (message.type === 'ping-req' && message.target === suspect && !message.nack) asked.push(to)
      }
    }
    throw new Error('The suspect was never declared failed')
  }

  test('the witnesses of a probe are confirmations: after the shortest time the suspect is believed to have failed', () => {
    const member = startMember(minutes, others.slice(0, 15))
    const { to, probe } = member.nextPing()
    for (const relay of relaysOf(member)) member.hear(relay, { type: 'nack', probe })
    while (member.stateOf(to) !== 'suspected') member.recorder.advance(100)
    member.recorder.take()
    expect(timeTaken(member, to).minutes).toBe(1)
  })

  test('what nobody else has come to is not believed before the suspect was asked for as long again, also through others', () => {
    const member = startMember(minutes, others.slice(0, 15))
    member.gossip('m0', update('m8', 'suspected'))
    const { minutes: taken, asked } = timeTaken(member, 'm8')
    // Seven minutes, and then six times 72 seconds.
    expect([taken, asked.length]).toEqual([14, 18])
  })

  test('one confirmation is enough to believe it without asking', () => {
    const member = startMember(minutes, others.slice(0, 15))
    member.gossip('m0', update('m8', 'suspected'))
    member.gossip('m1', update('m8', 'suspected'))
    const { minutes: taken, asked } = timeTaken(member, 'm8')
    expect([taken, asked]).toEqual([4, []])
  })
})

test('a suspect whom all have accused that are waited for is not probed any more, the others are', () => {
  const member = startMember({ ...setup, suspicionConfirmations: 3 })
  for (const accuser of ['m1', 'm2', 'm3', 'm4']) member.gossip(accuser, update('m0', 'suspected'))
  const probed = new Set<string>()
  for (let period = 0; period < 60; period++) {
    const { to, probe } = member.nextPing()
    member.hear(to, { type: 'ack', probe })
    probed.add(to)
  }
  expect([probed.has('m0'), probed.size]).toEqual([false, 19])
})

test('where there is nothing to learn of anybody, nobody is probed', () => {
  const member = startMember(setup, ['a', 'b', 'c', 'd', 'e'])
  for (const suspect of ['a', 'b', 'c', 'd', 'e']) {
    for (const accuser of ['a', 'b', 'c', 'd', 'e']) member.gossip(accuser, update(suspect, 'suspected'))
  }
  member.recorder.take()
  member.recorder.advance(5000)
  expect(member.messages('ping')).toEqual([])
})
