import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import type { MemberUpdate } from '../../../overlays/swim/index.ts'
import { RecordedMember, update, type MemberSetup } from './recorded-member.ts'

const others = Array.from({ length: 20 }, (_, index) => `m${index}`)

function unfit(peer: string, incarnation: number): MemberUpdate {
  return { ...update(peer, 'alive', incarnation), state: 'unfit' }
}

/** The member pings; nobody it hears of answers. Others are heard, and tell their health. */
function suffer(member: RecordedMember, probes: number, health: number): void {
  for (let count = 0; count < probes; count++) {
    member.nextPing()
    for (const from of others.slice(0, 10)) member.hear(from, { type: 'ping', probe: 1, health })
  }
  member.nextPing()
}

function answer(member: RecordedMember, probes: number): void {
  for (let count = 0; count < probes; count++) {
    const { to, probe } = member.nextPing()
    member.hear(to, { type: 'ack', probe })
  }
}

describe('a member that does badly', () => {
  function startMember(options: MemberSetup = {}): RecordedMember {
    const member = new RecordedMember({ suspicionMultiplier: 1000, ...options })
    member.meet(...others)
    return member
  }

  test('takes itself out when the others are well, and says so with every message', () => {
    const member = startMember()
    suffer(member, 8, 0)
    expect(member.stateOf('self')).toBe('suspected')
    member.recorder.take()
    member.hear('m0', { type: 'ping', probe: 5 })
    expect(member.messages('ack')).toMatchObject([{ message: { unfit: true, incarnation: 1 } }])
  })

  test('stays when the others do badly too', () => {
    const member = startMember()
    suffer(member, 20, 1)
    expect(member.stateOf('self')).toBe('alive')
  })

  test('stays when it hears of nobody', () => {
    const member = startMember()
    for (let count = 0; count < 20; count++) member.nextPing()
    expect(member.stateOf('self')).toBe('alive')
  })

  test('stays when that is turned off', () => {
    const member = startMember({ withdrawalDelay: 0 })
    suffer(member, 20, 0)
    expect(member.stateOf('self')).toBe('alive')
  })

  test('accuses nobody while it is out', () => {
    const member = startMember()
    suffer(member, 8, 0)
    member.recorder.take()
    suffer(member, 5, 0)
    expect(member.recorder.emitted()).toEqual([])
  })

  test('comes back after twenty answered probes in a row, under a higher incarnation', () => {
    const member = startMember()
    suffer(member, 8, 0)
    answer(member, 19)
    expect(member.stateOf('self')).toBe('suspected')
    member.recorder.take()
    answer(member, 2)
    expect(member.stateOf('self')).toBe('alive')
    const [own] = member.core.members()
    expect(own?.incarnation).toBe(2)
  })

  test('does not refute that it is out or gone, but that it ever was when it is well', () => {
    const member = startMember()
    suffer(member, 8, 0)
    member.recorder.take()
    member.gossip('m0', unfit('self', 1), update('self', 'left', 1))
    expect(member.recorder.emitted()).toEqual([])
    const well = startMember()
    well.gossip('m0', unfit('self', 0))
    expect(well.recorder.emitted()).toEqual([{ type: 'refuted', incarnation: 1 }])
  })
})

describe('liars', () => {
  test('cannot talk a member out that reaches the others, however often they accuse it and are silent', () => {
    const member = new RecordedMember({ suspicionMultiplier: 1000 })
    member.meet(...others, 'liar')
    for (let time = 0; time < 600_000; time += 100) {
      member.recorder.advance(100)
      for (const { to, message } of member.messages('ping')) {
        if (to !== 'liar') member.hear(to, { type: 'ack', probe: message.probe })
      }
      const [own] = member.core.members()
      if (time % 1000 === 0) member.gossip('liar', update('self', 'suspected', own?.incarnation))
      expect(own?.state).toBe('alive')
    }
  })

  test('cannot pass for many who are well where all do badly', () => {
    const member = new RecordedMember({ suspicionMultiplier: 1000 })
    member.meet(...others, 'liar')
    for (let count = 0; count < 15; count++) {
      member.nextPing()
      for (const from of others.slice(0, 3)) member.hear(from, { type: 'ping', probe: 1, health: 5 })
      for (let ping = 0; ping < 16; ping++) member.hear('liar', { type: 'ping', probe: 1, health: 0 })
    }
    expect(member.stateOf('self')).toBe('alive')
  })

  test('have one timer set for all the withdrawals they make up', () => {
    const member = new RecordedMember()
    member.meet('a', 'b')
    const told = Array.from({ length: 1000 }, (_, round) => [update('a', 'alive', round + 1), unfit('a', round + 1)])
    member.recorder.take()
    member.gossip('b', ...told.flat())
    const timers = member.recorder.take().filter((effect) => effect.type === 'schedule')
    expect(timers.filter(({ timer }) => timer.type === 'settle').length).toBe(1)
  })
})

describe('a member that leaves and joins again', () => {
  test('sees those off who withdrew before', () => {
    const member = new RecordedMember({ suspicionMultiplier: 1000 })
    member.meet('a', 'b')
    member.gossip('b', unfit('a', 1))
    member.core.leave()
    member.recorder.advance(600_000)
    member.core.join(['b' as PeerId])
    member.recorder.advance(60_000)
    expect(member.stateOf('a')).toBe('left')
  })

  test('ends suspicions that began before, and does not judge a probe of that time', () => {
    const member = new RecordedMember({ withdrawalDelay: 0 })
    member.meet('a', 'b', 'c')
    member.gossip('b', update('a', 'suspected'))
    const { to } = member.nextPing()
    member.core.leave()
    member.recorder.advance(600_000)
    member.core.join(['b' as PeerId])
    member.recorder.take()
    member.recorder.advance(1)
    expect(member.stateOf('a')).toBe('failed')
    expect(to === 'a' || member.stateOf(to) === 'alive').toBe(true)
  })
})

describe('what others make of it', () => {
  /** Those who do not answer here stay suspected. */
  const setup: MemberSetup = { withdrawalDelay: 30_000, suspicionMultiplier: 1000 }

  function leftAt(member: RecordedMember, peers: readonly string[], duration: number): (number | undefined)[] {
    const left = new Map<string, number>()
    for (let time = 0; time < duration; time += 100) {
      member.recorder.advance(100)
      for (const event of member.recorder.emitted()) {
        if (event.type === 'left') left.set(event.peer, member.recorder.now)
      }
    }
    return peers.map((peer) => left.get(peer))
  }

  test('it is suspected, and leaves when no other has withdrawn for a while, together with those who have', () => {
    const member = new RecordedMember(setup)
    member.meet('a', 'b', 'c')
    member.gossip('c', unfit('a', 1))
    expect(member.stateOf('a')).toBe('suspected')
    member.recorder.advance(20_000)
    member.gossip('c', unfit('b', 1))
    const [first, second] = leftAt(member, ['a', 'b'], 60_000)
    expect([first, second]).toEqual([50_000, 50_000])
  })

  test('however many withdraw one after the other, the first ones are held for four delays at most', () => {
    const member = new RecordedMember(setup)
    member.meet(...others)
    for (const peer of others.slice(0, 10)) {
      member.gossip('m19', unfit(peer, 1))
      member.recorder.advance(20_000)
    }
    expect(others.slice(0, 10).map((peer) => member.stateOf(peer))).toEqual([
      ...Array.from({ length: 6 }, () => 'left'),
      ...Array.from({ length: 4 }, () => 'suspected'),
    ])
  })

  test('it is believed when it says so itself, whatever was thought of it before', () => {
    const member = new RecordedMember(setup)
    member.meet('a', 'b')
    const { peer } = update('a', 'alive')
    member.core.receive({ type: 'gossip', incarnation: 0, unfit: true, updates: [] }, peer)
    expect(leftAt(member, ['a'], 60_000)).toEqual([30_000])
  })

  test('others who think that it is gone already do not hasten it', () => {
    const member = new RecordedMember(setup)
    member.meet('a', 'b')
    member.gossip('b', unfit('a', 1), update('a', 'left', 1), update('a', 'failed', 1))
    expect(member.stateOf('a')).toBe('suspected')
  })

  test('it is alive again as soon as it says so with a higher incarnation', () => {
    const member = new RecordedMember(setup)
    member.meet('a', 'b')
    member.gossip('b', unfit('a', 1))
    member.gossip('b', update('a', 'alive', 2))
    expect(member.stateOf('a')).toBe('alive')
    expect(leftAt(member, ['a'], 60_000)).toEqual([undefined])
  })

  test('it is still pinged, so that it hears what is said of it, and its silence is held against nobody', () => {
    const member = new RecordedMember({ ...setup, withdrawalDelay: 3_600_000 })
    member.meet('a', 'b', 'c')
    member.gossip('b', unfit('a', 1))
    const probed = new Set<PeerId>()
    for (let count = 0; count < 12; count++) {
      const { to, probe } = member.nextPing()
      member.hear(to, { type: 'ack', probe })
      probed.add(to)
    }
    expect([...probed].toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('one that is gone stays gone', () => {
    const member = new RecordedMember(setup)
    member.meet('a', 'b')
    member.gossip('b', update('a', 'failed', 1), unfit('a', 2))
    expect(member.stateOf('a')).toBe('failed')
  })

  test('a stranger that withdraws is not let in', () => {
    const member = new RecordedMember(setup)
    member.meet('a')
    member.gossip('a', unfit('stranger', 1))
    expect(member.stateOf('stranger')).toBeUndefined()
  })
})
