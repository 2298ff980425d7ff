import { describe, expect, test } from 'vitest'
import type { PeerId, Tags } from '../../../node/protocol/index.ts'
import type { MemberUpdate } from '../../../overlays/swim/index.ts'
import { RecordedMember, update } from './recorded-member.ts'

const b = 'b' as PeerId

function tagged(peer: string, version: number, tags: Tags, incarnation = 0): MemberUpdate {
  return { ...update(peer, 'alive', incarnation), tags: { version, tags } }
}

/** What the next message to that member says of this one. */
function ownUpdate(member: RecordedMember, to = 'b'): MemberUpdate | undefined {
  member.hear(to, { type: 'ping', probe: 1 })
  return member.messages('ack')[0]?.message.updates.find(({ peer }) => peer === 'self')
}

describe('own tags', () => {
  test('travel with the own alive update, at a version that rises with each change', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.core.setTags({ role: 'store', zone: 'north' })
    expect(ownUpdate(member)).toEqual(tagged('self', 1, { role: 'store', zone: 'north' }))
    member.core.setTags({ role: 'store' })
    expect(ownUpdate(member)).toEqual(tagged('self', 2, { role: 'store' }))
    expect(member.core.tags('self' as PeerId)).toEqual({ role: 'store' })
    expect(member.core.members()[0]?.tags).toEqual({ role: 'store' })
  })

  test('the same tags again are no news', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.core.setTags({ b: '2', a: '1' })
    member.core.setTags({ a: '1', b: '2' })
    expect(ownUpdate(member)?.tags?.version).toBe(1)
  })

  test('of an earlier life, or made up by others, are outdone', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.gossip('b', tagged('self', 7, { role: 'old' }))
    expect(ownUpdate(member)).toEqual(tagged('self', 8, {}))
    member.core.setTags({ role: 'new' })
    member.gossip('b', tagged('self', 9, { role: 'forged' }))
    expect(ownUpdate(member)).toEqual(tagged('self', 10, { role: 'new' }))
  })

  test('a forged version uses up no more than a step of the numbers', () => {
    const member = new RecordedMember({ incarnationStep: 100 })
    member.meet('b')
    member.gossip('b', tagged('self', Number.MAX_SAFE_INTEGER - 1, {}))
    expect(ownUpdate(member)?.tags?.version).toBe(100)
  })

  test('beyond the limits they are refused, and those before stay', () => {
    const member = new RecordedMember()
    member.core.setTags({ role: 'store' })
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, '']))
    const large = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`k${index}`, 'v'.repeat(200)]))
    for (const tags of [many, large, { '': 'x' }, { ['k'.repeat(65)]: '' }, { k: 'ü'.repeat(129) }, { k: '\ud800' }]) {
      expect(() => member.core.setTags(tags)).toThrow(RangeError)
    }
    expect(member.core.tags('self' as PeerId)).toEqual({ role: 'store' })
  })

  test('may have any keys, and arrive as they are', () => {
    const tags = Object.fromEntries([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['10', 'ten'],
      ['9', 'nine'],
      ['ü\u{1F600}', '\ufeff'],
    ])
    const member = new RecordedMember()
    member.meet('b')
    member.core.setTags(tags)
    const heard = ownUpdate(member)?.tags?.tags ?? {}
    expect(Object.entries(heard).toSorted()).toEqual(Object.entries(tags).toSorted())
  })
})

describe("others' tags", () => {
  test('a newer version is told to listeners and told on, an older or equal one is not', () => {
    const member = new RecordedMember({ transmissionMultiplier: 1 })
    member.meet('b', 'c')
    member.gossip('c', tagged('b', 2, { role: 'store' }))
    expect(member.recorder.emitted()).toEqual([{ type: 'updated', peer: 'b', incarnation: 0 }])
    expect(member.core.tags(b)).toEqual({ role: 'store' })
    member.hear('c', { type: 'ping', probe: 1 })
    expect(member.messages('ack')[0]?.message.updates).toContainEqual(tagged('b', 2, { role: 'store' }))
    member.gossip('c', tagged('b', 1, { role: 'older' }), tagged('b', 2, { role: 'other' }))
    expect(member.recorder.emitted()).toEqual([])
    expect(member.core.members()[1]?.tags).toEqual({ role: 'store' })
  })

  test('come with the member itself, and then only its joining is told', () => {
    const member = new RecordedMember()
    member.gossip('c', tagged('b', 1, { role: 'store' }))
    expect(member.recorder.emitted().map(({ type }) => type)).toEqual(['joined', 'joined'])
    expect(member.core.tags(b)).toEqual({ role: 'store' })
  })

  test('are kept when an alive update without them refutes a suspicion', () => {
    const member = new RecordedMember()
    member.meet('b', 'c')
    member.gossip('c', tagged('b', 1, { role: 'store' }), update('b', 'suspected', 0), update('b', 'alive', 1))
    expect(member.core.tags(b)).toEqual({ role: 'store' })
  })

  test('are learnt of a suspect as well, whose suspicion they do not end', () => {
    const member = new RecordedMember()
    member.meet('b', 'c')
    member.gossip('c', update('b', 'suspected', 0), tagged('b', 1, { role: 'store' }))
    expect([member.stateOf('b'), member.core.tags(b)]).toEqual(['suspected', { role: 'store' }])
  })

  test('of an absurd version are believed of nobody but the member itself', () => {
    const member = new RecordedMember({ incarnationStep: 100 })
    member.meet('b', 'c')
    member.gossip('c', tagged('b', 101, { role: 'forged' }))
    expect(member.recorder.emitted()).toEqual([{ type: 'rejected', reason: 'tags', peer: 'b', from: 'c' }])
    member.gossip('b', tagged('b', 101, { role: 'true' }))
    expect(member.core.tags(b)).toEqual({ role: 'true' })
  })

  test('are in the list that a joiner is given', () => {
    const member = new RecordedMember()
    member.meet('b')
    member.gossip('b', tagged('b', 3, { role: 'store' }))
    member.recorder.take()
    member.hear('joiner', { type: 'push', pull: true })
    expect(member.messages('push')[0]?.message.updates).toContainEqual(tagged('b', 3, { role: 'store' }))
  })
})
