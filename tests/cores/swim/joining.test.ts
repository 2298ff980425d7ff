import { describe, expect, test } from 'vitest'
import type { AddressBook, PeerId } from '../../../node/protocol/index.ts'
import { RecordedMember, update } from './recorded-member.ts'

const seed = 'seed' as PeerId

class Addresses implements AddressBook {
  texts: readonly string[] = ['/here/1']
  readonly learnt: string[] = []

  own(): readonly string[] {
    return this.texts
  }

  learn(peer: PeerId, addresses: readonly string[]): void {
    this.learnt.push(`${peer} at ${addresses.join(' and ')}`)
  }
}

describe('joining', () => {
  test('a joiner pushes its list to the seeds and asks for theirs, ever more seldom, until it has it', () => {
    const member = new RecordedMember()
    member.core.join([seed, 'self' as PeerId])
    expect(member.sent()).toEqual(['push to seed'])
    const times: number[] = []
    for (let time = 0; time < 20_000; time += 100) {
      member.recorder.advance(100)
      if (member.messages('push').some(({ message }) => message.pull)) times.push(member.recorder.now)
    }
    expect(times.slice(0, 5)).toEqual([1000, 3000, 7000, 11_000, 15_000])
    member.hear('seed', { type: 'push', pull: false }, [update('seed', 'alive'), update('b', 'alive')])
    expect(member.core.members().map(({ peer }) => peer)).toEqual(['self', 'seed', 'b'])
    member.recorder.take()
  })

  test('whoever is asked for its list sends all of it, itself first, but not twice at once', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.gossip('b', update('c', 'alive', 2), update('d', 'alive'), update('d', 'failed'))
    member.recorder.take()
    member.hear('joiner', { type: 'push', pull: true }, [update('joiner', 'alive')])
    const [push, ...others] = member.messages('push')
    expect(others).toEqual([])
    expect(push?.message.pull).toBe(false)
    expect(push?.message.updates[0]).toEqual(update('self', 'alive'))
    expect(push?.message.updates).toContainEqual(update('c', 'alive', 2))
    expect(push?.message.updates).toContainEqual(update('d', 'failed'))
    member.hear('joiner', { type: 'push', pull: true }, [update('joiner', 'alive')])
    expect(member.messages('push')).toEqual([])
  })

  test('a list that does not fit one message comes in several, and a longer one in part', () => {
    const member = new RecordedMember({ syncPageLimitBytes: 1200, syncPageLimit: 3 })
    const names = Array.from({ length: 50 }, (_, index) => `${index}`.padStart(100, 'x'))
    member.gossip('b', ...names.map((name) => update(name, 'alive')))
    member.recorder.take()
    member.hear('joiner', { type: 'push', pull: true })
    const pages = member.messages('push')
    expect(pages.length).toBe(3)
    // Eleven of them fill a page; this member and b are short.
    const sent = new Set(pages.flatMap(({ message }) => message.updates.map(({ peer }) => peer))).size
    expect(sent).toBeGreaterThanOrEqual(33)
    expect(sent).toBeLessThanOrEqual(36)
  })

  test('a connection to an unknown peer is a reason to join it, to a known one it is not', () => {
    const member = new RecordedMember()
    member.core.connected(seed)
    expect(member.sent()).toEqual(['push to seed'])
    member.meet('seed')
    member.core.connected(seed)
    expect(member.sent()).toEqual([])
  })

  test('seeds are asked again when everybody is gone', () => {
    const member = new RecordedMember({ syncInterval: 5000 })
    member.core.join([seed])
    member.hear('seed', { type: 'push', pull: false }, [update('seed', 'alive')])
    member.gossip('seed', update('seed', 'left'))
    member.recorder.take()
    member.recorder.advance(5000)
    expect(member.sent()).toContain('push to seed')
  })
})

describe('lists', () => {
  /** What that member sends when it compares lists with another. */
  function digestOf(member: RecordedMember): number {
    for (let waited = 0; waited < 20; waited++) {
      member.recorder.advance(1000)
      const [compared] = member.messages('digest')
      if (compared !== undefined) return compared.message.digest
    }
    throw new Error('It never compared its list')
  }

  /** Of a member that knows one other, and has nothing to tell. */
  function quietDigestOf(member: RecordedMember): number {
    member.settleWith('b')
    return digestOf(member)
  }

  const often = { syncInterval: 10_000, probeInterval: 60_000 }

  test('members that believe the same have the same digest, whoever they are and however they came to it', () => {
    const member = new RecordedMember({ ...often, self: 'a' })
    member.meet('b', 'c')
    member.gossip('b', update('d', 'alive', 3), update('e', 'alive'), update('e', 'failed'))
    const other = new RecordedMember({ ...often, self: 'b' })
    other.meet('d', 'c', 'a')
    other.gossip('c', update('d', 'suspected'), update('d', 'alive', 3))
    expect(digestOf(member)).toBe(digestOf(other))
    other.gossip('c', update('d', 'suspected', 3))
    expect(digestOf(member)).not.toBe(digestOf(other))
  })

  test('the list is compared with that of a random member from time to time', () => {
    const member = new RecordedMember(often)
    member.meet('b')
    member.recorder.advance(10_000)
    expect(member.sent()).toEqual(['digest to b'])
  })

  test('whoever believes otherwise answers a digest with its list and asks for the other, not twice at once', () => {
    const member = new RecordedMember(often)
    const digest = quietDigestOf(member)
    member.hear('b', { type: 'digest', digest })
    expect(member.sent()).toEqual([])
    member.hear('b', { type: 'digest', digest: digest + 1 })
    expect(member.messages('push')).toMatchObject([{ to: 'b', message: { pull: true } }])
    member.hear('b', { type: 'digest', digest: digest + 1 })
    expect(member.sent()).toEqual([])
  })

  test('while there is news, it is told instead of the list, though not twice in a row', () => {
    const member = new RecordedMember(often)
    const digest = quietDigestOf(member)
    member.gossip('b', update('c', 'alive'))
    member.hear('b', { type: 'digest', digest })
    expect(member.messages('gossip')).toMatchObject([{ to: 'b', message: { updates: [{ peer: 'c' }] } }])
    member.hear('b', { type: 'digest', digest })
    expect(member.messages('push')).toMatchObject([{ to: 'b', message: { pull: true } }])
  })

  test('a failure that stands in a list is only suspected, so that the member can clear its name', () => {
    const member = new RecordedMember()
    member.meet('b', 'c')
    member.hear('b', { type: 'push', pull: false }, [update('c', 'failed')])
    expect(member.stateOf('c')).toBe('suspected')
  })

  test('those who failed are tried again, and whoever returns is asked whether anything else was missed', () => {
    const member = new RecordedMember({ syncInterval: 10_000 })
    member.meet('b')
    member.gossip('b', update('b', 'failed'))
    member.recorder.take()
    member.recorder.advance(10_000)
    expect(member.sent()).toContain('ping to b')
    member.hear('b', { type: 'ack', probe: 0 }, [], 1)
    expect(member.stateOf('b')).toBe('alive')
    expect(member.sent()).toContain('digest to b')
  })

  test('strangers that are gone are not taken in', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.hear('b', { type: 'push', pull: false }, [update('x', 'failed'), update('y', 'left')])
    expect(member.core.members().length).toBe(2)
  })
})

describe('leaving', () => {
  test('a member that leaves tells the others and then only those who have not heard', () => {
    const member = new RecordedMember()
    member.meet('b', 'c')
    member.core.leave()
    const farewells = member.messages('gossip')
    expect(farewells.map(({ to }) => to).toSorted()).toEqual(['b', 'c'])
    expect(farewells.every(({ message }) => message.leaving === true)).toBe(true)
    expect(member.core.members()[0]).toMatchObject({ peer: 'self', state: 'left' })
    member.recorder.advance(60_000)
    expect(member.sent()).toEqual([])
    member.hear('b', { type: 'ping', probe: 3 }, [update('self', 'suspected', 0)])
    expect(member.messages('ack')).toMatchObject([{ message: { probe: 3, incarnation: 0, leaving: true } }])
  })

  test('two that have left do not answer each other for ever', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.core.leave()
    member.recorder.take()
    member.core.receive({ type: 'gossip', incarnation: 0, leaving: true, updates: [] }, 'b' as PeerId)
    expect(member.sent()).toEqual([])
  })

  test('a farewell is told on as left', () => {
    const member = new RecordedMember()
    member.meet('b', 'c')
    member.core.receive({ type: 'gossip', incarnation: 0, leaving: true, updates: [] }, 'b' as PeerId)
    expect(member.recorder.emitted()).toEqual([{ type: 'left', peer: 'b', incarnation: 0 }])
    member.hear('c', { type: 'ping', probe: 1 })
    expect(member.messages('ack')[0]?.message.updates).toContainEqual(update('b', 'left'))
  })

  test('whoever joins again outdoes its farewell', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.core.leave()
    member.core.join([seed])
    expect(member.core.members()[0]).toMatchObject({ state: 'alive', incarnation: 1 })
    member.recorder.take()
    member.recorder.advance(2000)
    const pings = member.messages('ping').length
    // One period at a time: the timers of before the leave are stale.
    expect(pings).toBeLessThanOrEqual(2)
    expect(pings).toBeGreaterThan(0)
  })

  test('a core that is stopped says farewell, and nothing after', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.core.stop()
    expect(member.sent()).toEqual(['gossip to b'])
    member.hear('b', { type: 'ping', probe: 1 })
    member.recorder.advance(60_000)
    expect(member.recorder.take()).toEqual([])
  })
})

describe('addresses', () => {
  test('own addresses travel with the own alive update, at a higher incarnation when they change', () => {
    const addresses = new Addresses()
    const member = new RecordedMember({ addresses })
    member.meet('b')
    addresses.texts = ['/there/2']
    const { to } = member.nextPing()
    expect(to).toBe('b')
    member.hear('b', { type: 'ping', probe: 1 })
    expect(member.messages('ack')[0]?.message.updates).toContainEqual(update('self', 'alive', 1, ['/there/2']))
  })

  test('addresses of others are handed to the host, once', () => {
    const addresses = new Addresses()
    const member = new RecordedMember({ addresses })
    member.meet('b')
    member.gossip('b', update('c', 'alive', 0, ['/c/1', '/c/2']))
    member.gossip('b', update('c', 'alive', 0, ['/c/1', '/c/2']))
    expect(addresses.learnt).toEqual(['c at /c/1 and /c/2'])
  })

  test('addresses are also learnt of a member first known without, and told on', () => {
    const addresses = new Addresses()
    const member = new RecordedMember({ addresses, transmissionMultiplier: 1 })
    member.meet('b', 'c')
    member.hear('c', { type: 'ping', probe: 1 })
    member.recorder.take()
    member.gossip('b', update('c', 'alive', 0, ['/c/1']))
    expect(addresses.learnt).toEqual(['c at /c/1'])
    member.hear('b', { type: 'ping', probe: 1 })
    expect(member.messages('ack')[0]?.message.updates).toContainEqual(update('c', 'alive', 0, ['/c/1']))
  })

  test('a peer that starts again elsewhere outdoes the addresses of its earlier life', () => {
    const member = new RecordedMember({ addresses: new Addresses() })
    member.meet('b')
    member.hear('b', { type: 'push', pull: false }, [update('self', 'alive', 0, ['/old/1'])])
    expect(member.core.members()[0]?.incarnation).toBe(1)
  })

  test('own addresses beyond what a message holds are left out, and that is told', () => {
    const addresses = new Addresses()
    addresses.texts = [...Array.from({ length: 10 }, (_, index) => `/here/${index}`), 'x'.repeat(200)]
    const member = new RecordedMember({ addresses })
    addresses.texts = addresses.texts.toReversed()
    member.meet('b')
    member.nextPing()
    member.hear('b', { type: 'push', pull: true })
    const own = member.messages('push')[0]?.message.updates[0]
    expect(own?.addresses.length).toBe(8)
    expect(own?.addresses.every((text) => text.length <= 128)).toBe(true)
  })
})

describe('limits', () => {
  test('a flood of 100,000 members fills the table and no more; those known before stay', () => {
    const member = new RecordedMember({ memberLimit: 1000 })
    member.meet('b', 'c')
    let rejected = 0
    for (let round = 0; round < 100; round++) {
      member.gossip('b', ...Array.from({ length: 1000 }, (_, index) => update(`flood-${round}-${index}`, 'alive')))
      rejected += member.recorder.emitted().filter(({ type }) => type === 'rejected').length
    }
    expect(member.core.members().length).toBe(1001)
    expect(rejected).toBe(100_000 - 998)
    expect(member.stateOf('c')).toBe('alive')
  })

  test('those gone longest make room for newcomers', () => {
    const member = new RecordedMember({ memberLimit: 3 })
    member.meet('b', 'c', 'd')
    member.gossip('b', update('d', 'failed'), update('c', 'left'), update('e', 'alive'))
    expect(member.core.members().map(({ peer, state }) => `${peer} ${state}`)).toEqual([
      'self alive',
      'b alive',
      'c left',
      'e alive',
    ])
  })

  test('the gone are forgotten after a time, counted from their last going', () => {
    const member = new RecordedMember({ forgetAfter: 10_000, probeInterval: 60_000 })
    member.meet('b', 'c')
    member.gossip('b', update('c', 'failed', 0))
    member.recorder.advance(6000)
    member.gossip('b', update('c', 'alive', 1))
    member.gossip('b', update('c', 'left', 1))
    member.recorder.advance(6000)
    expect(member.stateOf('c')).toBe('left')
    member.recorder.advance(4000)
    expect(member.stateOf('c')).toBeUndefined()
  })

  test('the gone are also forgotten by a member that has left and joined again', () => {
    const member = new RecordedMember({ forgetAfter: 10_000, probeInterval: 60_000 })
    member.meet('b', 'c', 'd')
    member.gossip('b', update('c', 'failed'))
    member.core.leave()
    member.recorder.advance(10_000)
    member.core.join(['b' as PeerId])
    member.gossip('b', update('d', 'failed'))
    expect([member.stateOf('c'), member.stateOf('d')]).toEqual([undefined, 'failed'])
    member.recorder.advance(10_000)
    expect(member.stateOf('d')).toBeUndefined()
  })

  test('made-up members that come and go leave neither news nor timers behind', () => {
    const member = new RecordedMember({ memberLimit: 10, forgetAfter: 600_000, probeInterval: 60_000 })
    member.meet('b')
    for (let count = 0; count < 1000; count++) {
      member.gossip('b', update(`made-up-${count}`, 'alive'), update(`made-up-${count}`, 'left'))
    }
    const scheduled = member.recorder.take().filter(({ type }) => type === 'schedule')
    expect(scheduled).toMatchObject([{ timer: { type: 'forget' } }])
    const known = new Set(member.core.members().map(({ peer }) => peer))
    const told = new Set<PeerId>()
    for (let probe = 0; probe < 100; probe++) {
      member.hear('b', { type: 'ping', probe })
      for (const { message } of member.messages('ack')) for (const { peer } of message.updates) told.add(peer)
    }
    expect(told.size).toBeGreaterThan(5)
    expect([...told].filter((peer) => !known.has(peer))).toEqual([])
  })
})
