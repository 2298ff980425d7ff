import { expect, test } from 'vitest'
import type { Ticket } from '../../../node/protocol/index.ts'
import type { Validate, Verdict } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, payload } from './recorded-peer.ts'

function validating(verdict: Verdict | 'later'): { readonly peer: RecordedPeer; readonly tickets: Ticket[] } {
  const tickets: Ticket[] = []
  const validate: Validate = (_, ticket) => {
    tickets.push(ticket)
    return verdict
  }
  const peer = new RecordedPeer({ validate })
  peer.meet('b', 'c')
  return { peer, tickets }
}

test('a message is asked about once, before it is told or passed on', () => {
  const { peer, tickets } = validating('accept')
  peer.gossip('b', payload(1))
  peer.gossip('c', payload(1))
  expect(tickets.length).toBe(1)
  const [told, passedOn] = peer.recorder.take()
  expect(told).toMatchObject({ event: { type: 'message' } })
  expect(passedOn).toMatchObject({ to: 'c', message: { type: 'gossip' } })
})

test('one that is ignored is neither told nor passed on, nor held against anybody', () => {
  const { peer } = validating('ignore')
  peer.gossip('b', payload(1))
  expect(peer.recorder.take()).toEqual([])
})

test('one that is invalid is held against whoever handed it on, which loses its place after some', () => {
  const { peer } = validating('reject')
  peer.core.publish('news', new Uint8Array())
  peer.recorder.take()
  peer.gossip('b', payload(0))
  expect(peer.recorder.take()).toMatchObject([{ event: { type: 'limited', limit: 'invalid', from: 'b' } }])
  for (let sequence = 1; sequence < 100; sequence++) peer.gossip('c', payload(1000 + sequence))
  expect(peer.neighbours()).toEqual(['b'])
})

test('an answer that comes later does what one at once would have done', () => {
  const { peer, tickets } = validating('later')
  peer.gossip('b', payload(1))
  peer.gossip('b', payload(2))
  expect(peer.recorder.take()).toEqual([])
  peer.core.validated(tickets[0] as Ticket, 'accept')
  expect(peer.receivers('gossip')).toEqual(['c'])
  peer.core.validated(tickets[1] as Ticket, 'reject')
  expect(peer.recorder.take()).toMatchObject([{ event: { type: 'limited', limit: 'invalid', from: 'b' } }])
  peer.core.validated(tickets[0] as Ticket, 'accept')
  expect(peer.recorder.take()).toEqual([])
})

test('no more than 256 messages wait for an answer', () => {
  const { peer, tickets } = validating('later')
  for (let sequence = 0; sequence < 300; sequence++) peer.gossip('b', payload(sequence))
  for (const ticket of tickets) peer.core.validated(ticket, 'accept')
  expect(peer.told().length).toBe(256)
})
