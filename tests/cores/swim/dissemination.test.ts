import { expect, test } from 'vitest'
import { encodeMessage } from '../../../node/protocol/index.ts'
import { swimCodec } from '../../../overlays/swim/index.ts'
import { RecordedMember, update } from './recorded-member.ts'

/** The updates that ride on the answer to a ping. */
function piggybacked(member: RecordedMember, to: string): string[] {
  member.hear(to, { type: 'ping', probe: 1 })
  const [ack] = member.messages('ack')
  return (ack?.message.updates ?? []).map(({ peer, state, incarnation }) => `${peer} ${state} ${incarnation}`)
}

test('news rides on pings and acks, λ·⌈log10(n + 1)⌉ times (SWIM §3.2, §4.1)', () => {
  const member = new RecordedMember({ transmissionMultiplier: 3 })
  member.meet('b')
  for (let times = 0; times < 3; times++) {
    expect(piggybacked(member, 'b')).toEqual(['self alive 0', 'b alive 0'])
  }
  expect(piggybacked(member, 'b')).toEqual([])
})

test('news that was sent least often goes first (SWIM §4.1)', () => {
  const member = new RecordedMember()
  member.meet('b')
  piggybacked(member, 'b')
  member.gossip('b', update('c', 'alive', 3))
  expect(piggybacked(member, 'b')[0]).toBe('c alive 3')
})

test('newer news of a member replaces older, and is sent as often as any', () => {
  const member = new RecordedMember({ transmissionMultiplier: 2 })
  member.meet('b')
  member.gossip('b', update('c', 'alive', 0))
  for (let times = 0; times < 2; times++) piggybacked(member, 'b')
  member.gossip('b', update('c', 'suspected', 0))
  member.gossip('b', update('c', 'alive', 1))
  expect(piggybacked(member, 'b')).toEqual(['c alive 1'])
  expect(piggybacked(member, 'b')).toEqual(['c alive 1'])
  expect(piggybacked(member, 'b')).toEqual([])
})

test('what was known already is not told on', () => {
  const member = new RecordedMember({ transmissionMultiplier: 1 })
  member.meet('b', 'c')
  piggybacked(member, 'b')
  member.gossip('b', update('c', 'alive', 0), update('self', 'alive', 0))
  expect(piggybacked(member, 'b')).toEqual([])
})

test('updates of one message stay within their bytes, and all get their turn', () => {
  const member = new RecordedMember({ piggybackLimitBytes: 1200, transmissionMultiplier: 1 })
  const names = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(100, 'x'))
  member.gossip('b', ...names.map((name) => update(name, 'alive')))
  const told = new Set<string>()
  for (let times = 0; times < 10; times++) {
    member.recorder.take()
    member.hear('b', { type: 'ping', probe: 1 })
    const [ack] = member.messages('ack')
    if (ack === undefined) throw new Error('No ack')
    expect(encodeMessage(swimCodec, ack.message).length).toBeLessThanOrEqual(1210)
    for (const { peer } of ack.message.updates) told.add(peer)
  }
  expect(names.every((name) => told.has(name))).toBe(true)
})

test('with a gossip interval news is also sent by itself, and then it is quiet', () => {
  const member = new RecordedMember({ gossipInterval: 200, gossipFanout: 2, transmissionMultiplier: 1 })
  member.gossip('b', update('c', 'alive'))
  member.recorder.take()
  member.recorder.advance(200)
  expect(member.sent().filter((line) => line.startsWith('gossip')).length).toBeGreaterThan(0)
  member.recorder.advance(400)
  member.recorder.take()
  member.core.expire({ type: 'gossip', session: 0 })
  expect(member.sent()).toEqual([])
})
