import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

const names = Array.from({ length: 20 }, (_, index) => `n${index}`)

function connect(peer: RecordedPeer, ...others: string[]): void {
  for (const other of others) peer.core.connected(other as PeerId)
}

test('a connected peer is asked, and is a neighbour when it accepts', () => {
  const peer = new RecordedPeer()
  connect(peer, 'b')
  expect(peer.recorder.transcript()).toBe('send b neighbour urgent=true')
  expect(peer.core.neighbours()).toEqual([])
  peer.hear('b', { type: 'accept' })
  expect(peer.recorder.transcript()).toBe('emit neighbour-up peer=b')
  expect(peer.core.neighbours()).toEqual(['b'])
})

test('no more are asked than are wanted', () => {
  const peer = new RecordedPeer({ viewTarget: 3, viewLimit: 5 })
  connect(peer, ...names)
  expect(peer.receivers('neighbour').length).toBe(3)
})

test('who asks is accepted up to the limit; then refused, unless it has nobody else (HyParView §4.2)', () => {
  const peer = new RecordedPeer({ viewTarget: 2, viewLimit: 3 })
  peer.meet('b', 'c', 'd')
  peer.hear('e', { type: 'neighbour', urgent: false })
  expect(peer.sent()).toEqual(['disconnect to e'])
  peer.hear('e', { type: 'neighbour', urgent: true })
  const sent = peer.sent()
  expect(sent).toContain('accept to e')
  // The one that had to make room is told, so that the relation stays symmetric.
  expect(sent.filter((line) => line.startsWith('disconnect to')).length).toBe(1)
  expect(peer.core.neighbours().length).toBe(3)
})

test('an acceptance that nobody asked for gets a place only where there is room', () => {
  const peer = new RecordedPeer({ viewTarget: 2, viewLimit: 2 })
  peer.meet('b', 'c')
  peer.hear('intruder', { type: 'accept' })
  expect(peer.core.neighbours()).toEqual(['b', 'c'])
  expect(peer.sent()).toEqual(['disconnect to intruder'])
})

test('a neighbour that is lost is replaced at once', () => {
  const peer = new RecordedPeer({ viewTarget: 1, viewLimit: 2 })
  connect(peer, 'b', 'c')
  peer.hear('b', { type: 'accept' })
  peer.recorder.take()
  peer.core.disconnected('b' as PeerId)
  expect(peer.recorder.transcript()).toBe('emit neighbour-down peer=b\nsend c neighbour urgent=true')
})

test('neighbours are also found among those another overlay knows', () => {
  const peer = new RecordedPeer({ known: ['self', 'm1', 'm2'], viewInterval: 1000, neighbourTimeout: 5000 })
  peer.recorder.advance(1000)
  expect(peer.receivers('neighbour')).toEqual(['m1', 'm2'])
})

test('a quiet neighbour is asked whether it still is one, and dropped when it stays silent', () => {
  const peer = new RecordedPeer({ viewInterval: 1000, neighbourTimeout: 4000 })
  peer.meet('b')
  peer.recorder.advance(3000)
  expect(peer.receivers('neighbour').length).toBeGreaterThan(0)
  peer.hear('b', { type: 'accept' })
  peer.recorder.advance(3000)
  expect(peer.core.neighbours()).toEqual(['b'])
  peer.recorder.take()
  peer.recorder.advance(3000)
  expect(peer.core.neighbours()).toEqual([])
  expect(peer.receivers('disconnect')).toEqual(['b'])
})

test('whoever acts as a neighbour without being one becomes one, or is told that it is none', () => {
  const peer = new RecordedPeer({ viewTarget: 1, viewLimit: 1 })
  peer.hear('b', { type: 'ihave', ids: [idOf(1)] })
  expect(peer.sent()).toEqual(['accept to b'])
  peer.hear('c', { type: 'ihave', ids: [idOf(2)] })
  peer.hear('c', { type: 'graft', ids: [idOf(2)] })
  expect(peer.sent()).toEqual(['disconnect to c', 'disconnect to c'])
  peer.push('c', payload(3))
  expect(peer.recorder.emitted()).toMatchObject([{ type: 'message' }])
})

test('a full view still changes: one more peer is asked now and then, and another makes room', () => {
  const peer = new RecordedPeer({ viewTarget: 2, viewLimit: 2, shuffleInterval: 1000 })
  peer.meet('b', 'c')
  connect(peer, 'd')
  peer.recorder.advance(1000)
  expect(peer.recorder.sent()).toMatchObject([{ to: 'd', message: { type: 'neighbour', urgent: true } }])
  peer.hear('d', { type: 'accept' })
  expect(peer.core.neighbours()).toContain('d')
  expect(peer.core.neighbours().length).toBe(2)
})

test('those who were lost are tried again, for a while', () => {
  const peer = new RecordedPeer({ shuffleInterval: 1000 })
  connect(peer, 'b')
  peer.core.disconnected('b' as PeerId)
  peer.recorder.take()
  peer.recorder.advance(100_000)
  expect(peer.receivers('neighbour').length).toBe(30)
})

test('a peer that stops tells its neighbours', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c')
  peer.core.stop()
  expect(peer.receivers('disconnect')).toEqual(['b', 'c'])
  peer.push('b', payload(1))
  expect(peer.recorder.take()).toEqual([])
})
