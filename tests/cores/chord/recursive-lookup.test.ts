import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import type { RingNode } from '../../../overlays/chord/index.ts'
import { RecordedMember } from './recorded-member.ts'

const recursively = { routing: 'recursive' } as const

/** Eight that follow the node so many places after the member's, as it would name them. */
const listAfter = (member: RecordedMember, places: number): RingNode[] =>
  Array.from({ length: 8 }, (_, index) => member.after(places + 1 + index))

/** That peer says that the node `places` after the member's precedes the key. */
function routed(member: RecordedMember, lookup: number, places: number, path: readonly PeerId[]): void {
  const successors = listAfter(member, places)
  member.hear(member.after(places).peer, { type: 'routed', lookup, at: 0, path, successors })
}

describe('the trace of a recursive lookup', () => {
  test('has the peers that did not take it on, with their times, and those on the way as they are told', () => {
    const member = new RecordedMember(recursively)
    const lookup = member.look(40)
    const [first] = member.sent('route')
    member.recorder.advance(500)
    const [second] = member.sent('route')
    expect(second?.to).not.toBe(first?.to)
    member.recorder.advance(30)
    member.answer(second!, 'yes')
    member.recorder.advance(70)
    routed(member, lookup, 39, [second!.to, 'somebody' as PeerId])
    expect(member.outcomes).toMatchObject([
      {
        type: 'found',
        hops: 3,
        contacts: [
          { peer: first?.to, at: 0, took: 500, outcome: 'timed-out' },
          { peer: second?.to, at: 500, took: 30, outcome: 'answered' },
          { peer: 'somebody', at: 500, took: 100, outcome: 'answered' },
          { peer: member.after(39).peer, at: 500, took: 100, outcome: 'answered' },
        ],
      },
    ])
  })

  test('is there when it fails, too', () => {
    const member = new RecordedMember(recursively)
    member.look(40)
    member.recorder.advance(500)
    member.answer(member.sent('route').at(-1)!, 'yes')
    member.core.stop()
    expect(member.outcomes).toMatchObject([
      { type: 'failed', hops: 1, contacts: [{ outcome: 'timed-out' }, { outcome: 'answered' }] },
    ])
  })
})

describe('in place of a route that has come to nothing this peer looks by itself', () => {
  test('once nothing was heard of it for a quarter of the time', () => {
    const member = new RecordedMember({ ...recursively, lookupTimeout: 8000 })
    const lookup = member.look(40)
    member.answer(member.sent('route')[0]!, 'yes')
    member.recorder.advance(1999)
    expect(member.sent('step')).toEqual([])
    member.recorder.advance(1)
    const [step] = member.sent('step')
    member.recorder.advance(50)
    member.answer(step!, 'closer', [member.after(39)])
    const [last] = member.sent('step')
    expect(last?.to).toBe(member.after(39).peer)
    // The route was given up: whoever comes too late changes nothing.
    routed(member, lookup, 39, [])
    member.answer(last!, 'found', listAfter(member, 39))
    expect(member.outcomes).toMatchObject([
      { type: 'found', predecessor: member.after(39), hops: 2, contacts: [{ at: 0 }, { at: 2000 }, { at: 2050 }] },
    ])
  })

  test('when nobody takes it on', () => {
    const member = new RecordedMember(recursively)
    member.look(40)
    for (let refusals = 0; refusals < 8; refusals++) member.answer(member.sent('route')[0]!, 'no')
    expect(member.sent('step')).toHaveLength(1)
  })

  test.each([
    ['claims much of the ring', (member: RecordedMember) => listAfter(member, 39), 5],
    ['is out of order', (member: RecordedMember) => listAfter(member, 39).toReversed(), 45],
  ])('when the answer %s', (_, successors, from) => {
    const member = new RecordedMember(recursively)
    const lookup = member.look(40)
    member.answer(member.sent('route')[0]!, 'yes')
    const answer = { type: 'routed', lookup, at: 0, path: [], successors: successors(member) } as const
    member.hear(member.after(from).peer, answer)
    expect(member.outcomes).toEqual([])
    expect(member.sent('step')).toHaveLength(1)
  })

  test('who was silent before is not asked again', () => {
    const member = new RecordedMember({ ...recursively, lookupTimeout: 4000 })
    member.look(40)
    const [silent] = member.sent('route')
    member.recorder.advance(500)
    member.answer(member.sent('route')[0]!, 'yes')
    member.recorder.advance(500)
    expect(member.sent('step').map(({ to }) => to)).not.toContain(silent?.to)
  })
})

describe('the lookup of somebody else', () => {
  const route = (member: RecordedMember, number: number) => {
    const [key, origin] = [member.after(40).point, 'origin' as PeerId]
    return { type: 'route', number, key, following: 0, origin, lookup: 1, path: [] } as const
  }
  const repliesOf = (member: RecordedMember): string[] =>
    member.recorder
      .sent()
      .filter(({ to }) => to === 'other')
      .map(({ message }) => message.type)

  test('is refused, and that is told, where as many are handed on as may be', () => {
    const member = new RecordedMember({ ...recursively, lookupLimit: 1 })
    member.hear('other' as PeerId, route(member, 1))
    expect(repliesOf(member)).toEqual(['yes'])
    member.hear('other' as PeerId, route(member, 2))
    expect(member.recorder.take()).toMatchObject([
      { type: 'emit', event: { type: 'rejected', from: 'other', reason: 'full' } },
      { type: 'send', to: 'other', message: { type: 'no', number: 2 } },
    ])
  })

  test('is refused where nobody nearer is known: taken on, it would be lost', () => {
    const member = new RecordedMember(recursively)
    member.core.known.of = () => ({ type: 'closer', nodes: [] })
    member.hear('other' as PeerId, route(member, 1))
    expect(repliesOf(member)).toEqual(['no'])
  })
})
