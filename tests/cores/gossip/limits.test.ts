import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

describe('limits', () => {
  test('announcements of one neighbour leave room for those of another', () => {
    const peer = new RecordedPeer({ awaitedLimit: 10 })
    peer.meet('liar', 'b')
    peer.announce(
      'liar',
      Array.from({ length: 1000 }, (_, index) => idOf(index)),
    )
    expect(peer.recorder.emitted()).toEqual([{ type: 'limited', limit: 'awaited', from: 'liar' }])
    peer.announce('b', [idOf(5000)])
    peer.recorder.advance(1500)
    const asked = peer.recorder.sent().flatMap(({ message }) => (message.type === 'graft' ? message.ids : []))
    expect(new Set(asked).size).toBe(11)
    expect(asked).toContain(idOf(5000))
  })

  test('kept messages make room, the oldest first, by number and by bytes, and are still known', () => {
    const peer = new RecordedPeer({ keptLimit: 3, seenLimit: 100 })
    peer.meet('b')
    for (let sequence = 0; sequence < 5; sequence++) peer.gossip('b', payload(sequence))
    const evicted = peer.recorder.emitted().flatMap((event) => (event.type === 'evicted' ? [event.id] : []))
    expect(evicted).toEqual([idOf(0), idOf(1)])
    peer.gossip('b', payload(0))
    expect(peer.recorder.emitted()).toEqual([{ type: 'duplicate', id: idOf(0), from: 'b' }])

    const large = new RecordedPeer({ messageLimitBytes: 1000, keptLimitBytes: 3500 })
    for (let count = 0; count < 5; count++) large.core.publish('news', new Uint8Array(1000))
    expect(large.recorder.emitted().length).toBe(3)
  })

  test('kept messages are let go after their time', () => {
    const peer = new RecordedPeer({ keepFor: 5000, viewInterval: 1000 })
    peer.meet('b', 'c')
    peer.gossip('c', payload(1))
    peer.recorder.advance(7000)
    peer.recorder.take()
    peer.hear('b', { type: 'graft', payload: true, ids: [idOf(1)] })
    expect(peer.receivers('gossip')).toEqual([])
  })

  test('a neighbour causes no more trees than the limit; the oldest of its own make room', () => {
    const peer = new RecordedPeer({ topicLimit: 5 })
    peer.meet('b', 'c', 'd')
    const double = (sequence: number, by: string): void => {
      peer.gossip(by, payload(sequence, { topic: `topic ${sequence}` }))
      peer.gossip('b', payload(sequence, { topic: `topic ${sequence}` }))
    }
    double(0, 'd')
    for (let sequence = 1; sequence <= 100; sequence++) double(sequence, 'c')
    const topics = peer.core.trees().map(({ topic }) => topic)
    expect(topics).toEqual(['topic 0', 'topic 96', 'topic 97', 'topic 98', 'topic 99', 'topic 100'])
  })

  test('a new neighbour is told of no more than 512 messages', () => {
    const peer = new RecordedPeer()
    for (let count = 0; count < 2000; count++) peer.core.publish('news', new Uint8Array())
    peer.meet('b')
    peer.recorder.advance(100)
    const told = peer.recorder.sent().flatMap(({ message }) => (message.type === 'ihave' ? message.announced : []))
    expect(told.length).toBe(512)
  })
})

describe('a neighbour that meets its limits too often loses its place', () => {
  const floods: Record<string, (peer: RecordedPeer, round: number) => void> = {
    'GRAFT of what nobody has': (peer, round) => {
      peer.hear('liar', {
        type: 'graft',
        payload: true,
        ids: Array.from({ length: 100 }, (_, index) => idOf(round * 100 + index)),
      })
    },
    'GRAFT of the same message': (peer) => {
      peer.hear('liar', { type: 'graft', payload: true, ids: Array.from({ length: 100 }, () => idOf(0)) })
    },
    'IHAVE of what it never gives': (peer, round) => {
      const ids = Array.from({ length: 100 }, (_, index) => idOf(1_000_000 + round * 100 + index))
      peer.announce('liar', ids)
      peer.recorder.advance(200)
    },
    'more IHAVE than is awaited': (peer) => {
      for (let count = 0; count < 60; count++) {
        const ids = Array.from({ length: 50 }, (_, index) => idOf(2_000_000 + count * 50 + index))
        peer.announce('liar', ids)
      }
    },
  }

  test.each(Object.entries(floods))('%s', (_, flood) => {
    const peer = new RecordedPeer({ excludeFor: 60_000, awaitedLimit: 500 })
    peer.meet('b', 'liar')
    peer.gossip('b', payload(0))
    let rounds = 0
    while (peer.neighbours().includes('liar') && rounds < 200) flood(peer, rounds++)
    expect(peer.neighbours()).toEqual(['b'])
    const { emitted, sent } = { emitted: peer.recorder.take(), sent: peer.receivers('accept') }
    expect(emitted).toContainEqual({ type: 'emit', event: { type: 'excluded', peer: 'liar' } })
    peer.hear('liar', { type: 'neighbour', urgent: true })
    peer.hear('liar', { type: 'join' })
    expect([...sent, ...peer.receivers('accept')]).toEqual([])
    peer.recorder.advance(70_000)
    peer.recorder.take()
    peer.hear('liar', { type: 'neighbour', urgent: true })
    expect(peer.receivers('accept')).toEqual(['liar'])
  })
})

test('what came is not counted against whoever had announced it, however many others did', () => {
  const peer = new RecordedPeer({ activeViewSize: 5 })
  peer.meet('a', 'b')
  for (let sequence = 0; sequence < 1100; sequence++) {
    peer.announce('a', [idOf(sequence)], 5)
    peer.announce('b', [idOf(sequence)], 1)
    peer.gossip('b', payload(sequence))
  }
  expect(peer.recorder.emitted().filter(({ type }) => type === 'limited')).toEqual([])
  peer.announce('a', [idOf(2000)], 5)
  peer.recorder.advance(60_000)
  expect(peer.receivers('graft')).toContain('a')
})

test('a neighbour that makes up newcomers does not rule the view', () => {
  const peer = new RecordedPeer({ activeViewSize: 5 })
  peer.meet('liar')
  for (let number = 0; number < 1000; number++) {
    peer.hear('liar', { type: 'forward-join', joiner: `made up ${number}` as PeerId, ttl: 0 })
  }
  expect(peer.receivers('neighbour')).toHaveLength(5)
  // Nor do those that never answer take the places of others.
  peer.core.connected('honest' as PeerId)
  expect(peer.receivers('neighbour')).toEqual(['honest'])
})

test('whoever joins though it is a neighbour has begun a new life: nothing that it had announced is asked of it', () => {
  const peer = new RecordedPeer()
  peer.meet('a')
  peer.announce('a', [idOf(1)], 5)
  peer.hear('a', { type: 'join' })
  peer.recorder.take()
  peer.recorder.advance(60_000)
  expect(peer.receivers('graft')).toEqual([])
})
