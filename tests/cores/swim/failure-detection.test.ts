import { expect, test } from 'vitest'
import { RecordedMember, update } from './recorded-member.ts'

test('a member that answers in time stays alive, and its round trip is measured (SWIM §3.1)', () => {
  const member = new RecordedMember()
  member.meet('b')
  const { to, probe } = member.nextPing()
  member.recorder.advance(40)
  member.hear(to, { type: 'ack', probe })
  member.recorder.advance(950)
  expect(member.sent()).toEqual([])
  expect(member.core.members()).toMatchObject([{ peer: 'self' }, { peer: 'b', state: 'alive', roundTrip: 40 }])
})

test('a member that answers nobody is asked for through k others, suspected, and declared failed', () => {
  const member = new RecordedMember({ indirectProbes: 2 })
  member.meet('b', 'c', 'd')
  const { to } = member.nextPing()
  const answer = (until: number): void => {
    // The others answer every ping of their own.
    for (let time = 0; time < until; time += 100) {
      member.recorder.advance(100)
      for (const effect of member.recorder.take()) {
        if (effect.type === 'emit')
          story.push(`${effect.event.type} ${'peer' in effect.event ? effect.event.peer : ''}`)
        if (effect.type !== 'send') continue
        const { message } = effect
        if (message.type === 'ping-req')
          story.push(`ping-req of ${message.target === to ? 'the silent one' : 'another'}`)
        if (message.type === 'ping' && effect.to !== to) member.hear(effect.to, { type: 'ack', probe: message.probe })
      }
    }
  }
  const story: string[] = []
  answer(1000)
  expect(story).toEqual(['ping-req of the silent one', 'ping-req of the silent one', `suspected ${to}`])
  expect(member.stateOf(to)).toBe('suspected')
  answer(4000)
  expect(story.at(-1)).toBe(`failed ${to}`)
  expect(member.stateOf(to)).toBe('failed')
})

test('an ack that one of the k others passes on is as good as a direct one (SWIM §3.1)', () => {
  const member = new RecordedMember({ indirectProbes: 1 })
  member.meet('b', 'c')
  const { to, probe } = member.nextPing()
  member.recorder.advance(500)
  const [request] = member.messages('ping-req')
  expect(request?.message).toMatchObject({ target: to, probe })
  member.hear(request?.to ?? '', { type: 'ack', probe })
  member.recorder.advance(1000)
  expect(member.stateOf(to)).toBe('alive')
  expect(member.core.members().find(({ peer }) => peer === to)?.roundTrip).toBeUndefined()
})

test('whoever is asked pings the target and passes its ack on, under the number of the asker (SWIM §3.1)', () => {
  const member = new RecordedMember()
  member.meet('asker', 'target')
  member.hear('asker', { type: 'ping-req', probe: 77, target: update('target', 'alive').peer, nack: false })
  const [ping] = member.messages('ping')
  expect(ping?.to).toBe('target')
  member.hear('target', { type: 'ack', probe: ping?.message.probe ?? 0 })
  expect(member.messages('ack')).toMatchObject([{ to: 'asker', message: { probe: 77 } }])
})

test('nobody can be made to ping strangers', () => {
  const member = new RecordedMember()
  member.meet('asker')
  member.hear('asker', { type: 'ping-req', probe: 77, target: update('stranger', 'alive').peer, nack: true })
  expect(member.sent()).toEqual([])
})

test('an ack counts only from the target or from those who were asked', () => {
  const member = new RecordedMember({ indirectProbes: 1 })
  member.meet('b', 'c', 'd')
  const { to, probe } = member.nextPing()
  member.recorder.advance(500)
  const [request] = member.messages('ping-req')
  const bystander = ['b', 'c', 'd'].find((peer) => peer !== to && peer !== request?.to) ?? ''
  member.hear(bystander, { type: 'ack', probe })
  member.recorder.advance(500)
  expect(member.stateOf(to)).toBe('suspected')
})

test('every member is probed once in each traversal, in an order that changes (SWIM §4.3)', () => {
  const member = new RecordedMember()
  const others = Array.from({ length: 10 }, (_, index) => `m${index}`)
  member.meet(...others)
  const traverse = (): string[] =>
    others.map(() => {
      const { to, probe } = member.nextPing()
      member.hear(to, { type: 'ack', probe })
      return to
    })
  traverse()
  const [second, third] = [traverse(), traverse()]
  expect(second.toSorted()).toEqual(others.toSorted())
  expect(third.toSorted()).toEqual(others.toSorted())
  expect(second).not.toEqual(third)
})

test('a member is probed again after at most 2n − 1 periods (SWIM §4.3)', () => {
  const others = ['b', 'c', 'd', 'e', 'f']
  for (let seed = 1; seed <= 20; seed++) {
    const member = new RecordedMember({ seed })
    member.meet(...others)
    const last = new Map<string, number>()
    for (let period = 0; period < 60; period++) {
      const { to, probe } = member.nextPing()
      member.hear(to, { type: 'ack', probe })
      const before = last.get(to)
      if (before !== undefined) expect(period - before).toBeLessThanOrEqual(2 * others.length - 1)
      last.set(to, period)
    }
    expect(last.size).toBe(others.length)
  }
})

test('a newcomer takes a random place in the running traversal (SWIM §4.3)', () => {
  const places = new Set<number>()
  for (let seed = 1; seed <= 40; seed++) {
    const member = new RecordedMember({ seed })
    member.meet('b', 'c', 'd')
    const first = member.nextPing()
    member.hear(first.to, { type: 'ack', probe: first.probe })
    member.meet('newcomer')
    for (let place = 0; place < 3; place++) {
      const { to, probe } = member.nextPing()
      member.hear(to, { type: 'ack', probe })
      if (to === 'newcomer') places.add(place)
    }
  }
  expect([...places].toSorted()).toEqual([0, 1, 2])
})

test('one probe a period: two messages for each member when all answer (SWIM §3.1, §5)', () => {
  const member = new RecordedMember()
  member.meet('b', 'c')
  let pings = 0
  for (let period = 0; period < 20; period++) {
    member.recorder.advance(1000)
    for (const { to, message } of member.messages('ping')) {
      pings++
      member.hear(to, { type: 'ack', probe: message.probe })
    }
  }
  expect(pings).toBe(20)
})

test('the gone are not probed', () => {
  const member = new RecordedMember()
  member.meet('b', 'c')
  member.gossip('b', update('c', 'failed'))
  for (let period = 0; period < 6; period++) {
    const { to, probe } = member.nextPing()
    expect(to).toBe('b')
    member.hear(to, { type: 'ack', probe })
  }
})
