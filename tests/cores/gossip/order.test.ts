import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import type { Past } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, payload } from './recorded-peer.ts'

function text(sequence: number, publisher = 'p', past: readonly Past[] = []): ReturnType<typeof payload> {
  return payload(sequence, { publisher, past, text: `${publisher}${sequence}` })
}

const after = (publisher: string, count: number): Past => ({ publisher: publisher as PeerId, life: 7, count })

describe('first in, first out', () => {
  test('without an order messages are told as they come', () => {
    const peer = new RecordedPeer()
    peer.gossip('b', text(1))
    peer.gossip('b', text(0))
    expect(peer.told()).toEqual(['p1', 'p0'])
  })

  test('a message waits for the earlier ones of its publisher, and for nobody else’s', () => {
    const peer = new RecordedPeer({ order: 'fifo' })
    peer.gossip('b', text(2))
    peer.gossip('b', text(1))
    peer.gossip('b', text(0, 'q'))
    expect(peer.told()).toEqual(['q0'])
    peer.gossip('b', text(0))
    expect(peer.told()).toEqual(['p0', 'p1', 'p2'])
  })

  test('it is passed on at once all the same', () => {
    const peer = new RecordedPeer({ order: 'fifo' })
    peer.meet('b', 'c')
    peer.gossip('b', text(2))
    expect(peer.receivers('gossip')).toEqual(['c'])
  })

  test('a new life of a publisher begins anew', () => {
    const peer = new RecordedPeer({ order: 'fifo' })
    peer.gossip('b', text(0))
    peer.gossip('b', payload(0, { publisher: 'p', life: 8, text: 'again' }))
    expect(peer.told()).toEqual(['p0', 'again'])
  })

  test('waiting ends: what waits is told in order, what comes later is out of order', () => {
    const peer = new RecordedPeer({ order: 'fifo', orderTimeout: 1000 })
    peer.gossip('b', text(3))
    peer.gossip('b', text(2))
    peer.recorder.advance(900)
    expect(peer.told()).toEqual([])
    peer.recorder.advance(300)
    expect(peer.told()).toEqual(['p2', 'p3'])
    peer.gossip('b', text(0))
    expect(peer.recorder.emitted()).toMatchObject([{ type: 'out-of-order' }, { type: 'message' }])
  })

  test('no more wait than the limit; the oldest is then told', () => {
    const peer = new RecordedPeer({ order: 'fifo', orderLimit: 10 })
    for (let count = 0; count < 100; count++) peer.gossip('b', text(1, `q${count}`))
    expect(peer.told().length).toBe(90)
  })
})

describe('causal order', () => {
  test('a message waits for those its publisher had been told of', () => {
    const peer = new RecordedPeer({ order: 'causal' })
    peer.gossip('b', text(0, 'q', [after('p', 2)]))
    peer.gossip('b', text(1, 'p'))
    expect(peer.told()).toEqual([])
    peer.gossip('b', text(0, 'p'))
    expect(peer.told()).toEqual(['p0', 'p1', 'q0'])
  })

  test('messages that know nothing of each other do not wait', () => {
    const peer = new RecordedPeer({ order: 'causal' })
    peer.gossip('b', text(0, 'q'))
    peer.gossip('b', text(0, 'p'))
    expect(peer.told()).toEqual(['q0', 'p0'])
  })

  test('who comes late waits once for what was before it, and then no more', () => {
    const peer = new RecordedPeer({ order: 'causal', orderTimeout: 1000 })
    peer.gossip('b', text(0, 'q', [after('p', 50)]))
    peer.recorder.advance(1100)
    expect(peer.told()).toEqual(['q0'])
    peer.gossip('b', text(1, 'q', [after('p', 50)]))
    peer.gossip('b', text(50, 'p'))
    expect(peer.told()).toEqual(['q1', 'p50'])
  })

  test('what is published says what was told before, and nothing that waits', () => {
    const peer = new RecordedPeer({ order: 'causal' })
    peer.meet('b')
    peer.gossip('b', text(0, 'p'))
    peer.gossip('b', text(1, 'q'))
    peer.recorder.take()
    peer.core.publish('news', new Uint8Array())
    expect(peer.recorder.sent()).toMatchObject([{ message: { type: 'gossip', payload: { past: [after('p', 1)] } } }])
  })
})

test('a message told after those that follow it is out of order, and what comes next does not wait for it again', () => {
  const peer = new RecordedPeer({ order: 'causal', orderTimeout: 1000 })
  peer.meet('b')
  peer.gossip('b', text(0, 'a', [after('p', 10)]))
  peer.recorder.advance(200)
  peer.gossip('b', text(3))
  peer.recorder.advance(1100)
  expect(peer.recorder.emitted().filter(({ type }) => type === 'out-of-order').length).toBeGreaterThan(0)
  peer.gossip('b', text(10))
  expect(peer.told()).toEqual(['p10'])
})
