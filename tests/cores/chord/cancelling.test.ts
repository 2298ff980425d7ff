import { describe, expect, test } from 'vitest'
import { RecordedMember } from './recorded-member.ts'

describe.each(['iterative', 'recursive'] as const)('an %s lookup that is cancelled', (routing) => {
  const asked = routing === 'iterative' ? 'step' : 'route'

  test('asks nobody more, and is not settled', () => {
    const member = new RecordedMember({ routing })
    const number = member.look(30)
    expect(member.sent(asked)).toHaveLength(1)
    member.core.lookups.cancel(number)
    member.recorder.advance(20_000)
    expect(member.recorder.sent()).toEqual([])
    expect(member.outcomes).toEqual([])
  })

  test('makes room for another', () => {
    const member = new RecordedMember({ routing, lookupLimit: 1 })
    member.core.lookups.cancel(member.look(30))
    member.look(31)
    expect(member.sent(asked)).toHaveLength(2)
  })
})
