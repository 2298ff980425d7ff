import { describe, expect, test } from 'vitest'
import type { MemberState } from '../../../node/protocol/index.ts'
import { RecordedMember, update } from './recorded-member.ts'

describe('what is believed of a member (SWIM §4.2, and Deviation: failures can be outlived)', () => {
  const table: [MemberState, number, MemberState, number, MemberState][] = [
    // known at, heard at, believed
    ['alive', 1, 'alive', 2, 'alive'],
    ['alive', 1, 'suspected', 0, 'alive'],
    ['alive', 1, 'suspected', 1, 'suspected'],
    ['alive', 1, 'suspected', 2, 'suspected'],
    ['suspected', 1, 'alive', 1, 'suspected'],
    ['suspected', 1, 'alive', 2, 'alive'],
    ['suspected', 1, 'failed', 1, 'failed'],
    ['alive', 1, 'failed', 0, 'alive'],
    ['alive', 1, 'failed', 1, 'failed'],
    ['failed', 1, 'alive', 1, 'failed'],
    ['failed', 1, 'suspected', 1, 'failed'],
    ['failed', 1, 'alive', 2, 'alive'],
    ['failed', 1, 'left', 1, 'left'],
    ['left', 1, 'failed', 1, 'left'],
    ['left', 1, 'alive', 1, 'left'],
    ['left', 1, 'alive', 2, 'alive'],
  ]
  for (const [known, at, heard, heardAt, believed] of table) {
    test(`${known} at ${at}, then ${heard} at ${heardAt}: ${believed}`, () => {
      const member = new RecordedMember()
      member.meet('b')
      member.gossip('b', update('x', 'alive', at))
      member.gossip('b', update('x', known, at))
      member.gossip('b', update('x', heard, heardAt))
      expect(member.stateOf('x')).toBe(believed)
    })
  }
})

test('a suspect that answers with a higher incarnation is trusted again, and the old suspicion is void', () => {
  const member = new RecordedMember({ probeInterval: 60_000, suspicionMultiplier: 1, suspicionMaximumMultiplier: 1 })
  member.meet('b', 'c')
  member.gossip('b', update('c', 'suspected', 0))
  member.recorder.advance(20_000)
  member.gossip('c', update('c', 'alive', 1))
  expect(member.recorder.emitted().map(({ type }) => type)).toEqual(['suspected', 'alive'])
  member.recorder.advance(30_000)
  member.gossip('b', update('c', 'suspected', 1))
  // The timer of the first suspicion comes 10 s later and does not end the second one, which has a minute of its own.
  member.recorder.advance(59_999)
  expect(member.stateOf('c')).toBe('suspected')
  member.recorder.advance(1)
  expect(member.stateOf('c')).toBe('failed')
})

test('a timer of a suspicion that was overtaken says nothing', () => {
  const member = new RecordedMember()
  member.meet('b', 'c')
  member.gossip('b', update('c', 'suspected', 0))
  const { peer } = update('c', 'alive')
  for (const due of [0, 3999, 4001]) member.core.expire({ type: 'suspicion', peer, due })
  expect(member.stateOf('c')).toBe('suspected')
  member.core.expire({ type: 'suspicion', peer, due: 4000 })
  expect(member.stateOf('c')).toBe('failed')
})

test('only the accused raises its own incarnation, and tells everyone (SWIM §4.2)', () => {
  const member = new RecordedMember()
  member.meet('b', 'c')
  member.gossip('b', update('self', 'suspected', 0))
  expect(member.recorder.emitted()).toEqual([{ type: 'refuted', incarnation: 1 }])
  member.hear('c', { type: 'ping', probe: 1 })
  const [ack] = member.messages('ack')
  expect(ack?.message.incarnation).toBe(1)
  expect(ack?.message.updates).toContainEqual(update('self', 'alive', 1))
})

test('a member suspects another at the incarnation it knows, never above (SWIM §4.2)', () => {
  const member = new RecordedMember({ indirectProbes: 0 })
  member.meet('b')
  member.gossip('b', update('b', 'alive', 5))
  member.nextPing()
  member.recorder.advance(1000)
  expect(member.core.members()[1]).toMatchObject({ state: 'suspected', incarnation: 5 })
})

test('an accusation of an incarnation already outlived is nothing to refute', () => {
  const member = new RecordedMember()
  member.meet('b')
  member.gossip('b', update('self', 'suspected', 0))
  member.recorder.take()
  member.gossip('b', update('self', 'suspected', 0), update('self', 'failed', 0))
  expect(member.recorder.emitted()).toEqual([])
})

test('a forged death is refuted like a suspicion', () => {
  const member = new RecordedMember()
  member.meet('b')
  member.gossip('b', update('self', 'failed', 0), update('self', 'left', 1))
  expect(member.recorder.emitted().at(-1)).toEqual({ type: 'refuted', incarnation: 2 })
})

test('a peer that starts again outdoes what it said in its earlier life', () => {
  const member = new RecordedMember()
  member.hear('b', { type: 'push', pull: false }, [update('self', 'alive', 7)])
  expect(member.core.members()[0]).toMatchObject({ incarnation: 8 })
})

test('whoever is not thought alive is told so first (Lifeguard, buddy system)', () => {
  const member = new RecordedMember()
  member.meet('b', 'c')
  member.gossip('b', update('c', 'failed', 3))
  member.recorder.take()
  member.hear('c', { type: 'ping', probe: 9 }, [], 3)
  const [ack] = member.messages('ack')
  expect(ack?.message.updates[0]).toEqual(update('c', 'failed', 3))
})

test('the time a suspect has grows with log n (SWIM §4.2)', () => {
  const timeouts = [2, 10, 100].map((members) => {
    const member = new RecordedMember({ suspicionMaximumMultiplier: 1, suspicionMultiplier: 4 })
    member.meet(...Array.from({ length: members - 1 }, (_, index) => `m${index}`))
    member.gossip('m0', update('m0', 'suspected'))
    const effects = member.recorder.take()
    return effects.flatMap((effect) =>
      effect.type === 'schedule' && effect.timer.type === 'suspicion' ? [effect.delay] : [],
    )[0]
  })
  expect(timeouts[0]).toBe(4000)
  expect(timeouts[1]).toBe(4000)
  expect(timeouts[2]).toBeGreaterThan(7800)
  expect(timeouts[2]).toBeLessThanOrEqual(8000)
})

test('an absurd incarnation is believed of nobody but the member itself', () => {
  const member = new RecordedMember({ incarnationStep: 100 })
  member.meet('b', 'c')
  member.gossip('b', update('c', 'suspected', 101), update('x', 'alive', 101))
  expect(member.recorder.emitted()).toEqual([
    { type: 'rejected', reason: 'incarnation', peer: 'c', from: 'b' },
    { type: 'rejected', reason: 'incarnation', peer: 'x', from: 'b' },
  ])
  expect([member.stateOf('c'), member.stateOf('x')]).toEqual(['alive', undefined])
  member.hear('c', { type: 'gossip' }, [], Number.MAX_SAFE_INTEGER - 1)
  expect(member.core.members().find(({ peer }) => peer === 'c')?.incarnation).toBe(Number.MAX_SAFE_INTEGER - 1)
})

test('an accused takes one step at a time towards an absurd incarnation, and catches up if others believe it', () => {
  const member = new RecordedMember({ incarnationStep: 100 })
  member.meet('b')
  const taken = [1, 2, 3, 4].map(() => {
    member.gossip('b', update('self', 'failed', 250))
    return member.core.members()[0]?.incarnation
  })
  expect(taken).toEqual([100, 200, 251, 251])
})

test('no accusation makes an incarnation overflow', () => {
  const member = new RecordedMember({ incarnationStep: Number.MAX_SAFE_INTEGER })
  member.meet('b')
  const most = Number.MAX_SAFE_INTEGER - 1
  for (let times = 0; times < 3; times++) member.gossip('b', update('self', 'suspected', most))
  expect(member.core.members()[0]?.incarnation).toBe(most)
})
