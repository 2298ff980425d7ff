import { expect, test } from 'vitest'
import type { Ticket } from '../../../node/protocol/index.ts'
import type { TopicFigures } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

function figuresOf(peer: RecordedPeer, topic = 'news'): TopicFigures | undefined {
  return peer.core.figures().topics.find((figures) => figures.topic === topic)
}

const none = { messages: 0, bytes: 0 }

test('a message published here is counted once, and once more for each neighbour it is given to', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c')
  peer.core.publish('news', new Uint8Array(10))
  peer.core.publish('news', new Uint8Array(5))
  expect(figuresOf(peer)).toMatchObject({
    published: { messages: 2, bytes: 15 },
    delivered: none,
    sent: { messages: 4, bytes: 30 },
    duplicates: none,
  })
})

test('a message of somebody else is delivered once, sent to the others, and a duplicate from then on', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c', 'd')
  peer.gossip('b', payload(1, { text: '12345' }))
  peer.gossip('c', payload(1, { text: '12345' }))
  peer.gossip('d', payload(1, { text: '12345' }))
  expect(figuresOf(peer)).toMatchObject({
    published: none,
    delivered: { messages: 1, bytes: 5 },
    sent: { messages: 2, bytes: 10 },
    duplicates: { messages: 2, bytes: 10 },
  })
})

test('what is announced is not sent; what is asked for is', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c')
  peer.gossip('b', payload(1))
  peer.hear('c', { type: 'prune', id: idOf(1) })
  peer.gossip('b', payload(2))
  peer.recorder.advance(100)
  expect(figuresOf(peer)?.sent.messages).toBe(1)
  peer.hear('c', { type: 'graft', payload: true, ids: [idOf(2)] })
  expect(figuresOf(peer)?.sent.messages).toBe(2)
})

test('topics are counted apart, the one with the latest message last', () => {
  const peer = new RecordedPeer()
  peer.meet('b')
  peer.core.publish('news', new Uint8Array(1))
  peer.gossip('b', payload(1, { topic: 'weather', text: '22' }))
  peer.core.publish('news', new Uint8Array(1))
  expect(peer.core.figures().topics.map(({ topic }) => topic)).toEqual(['weather', 'news'])
  expect(figuresOf(peer, 'weather')).toMatchObject({ published: none, delivered: { messages: 1, bytes: 2 } })
  expect(figuresOf(peer)).toMatchObject({ published: { messages: 2, bytes: 2 }, delivered: none })
})

test('it is told for how long a topic is counted, and how long ago its latest message was', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c')
  peer.gossip('b', payload(1))
  peer.recorder.advance(4000)
  peer.core.publish('news', new Uint8Array(1))
  peer.recorder.advance(1000)
  // Neither a copy nor an answer is a message.
  peer.gossip('c', payload(1))
  peer.hear('c', { type: 'graft', payload: true, ids: [idOf(1)] })
  expect(figuresOf(peer)).toMatchObject({ countedFor: 5000, quietFor: 1000 })
})

test('a message that is not found valid is no figure, nor are its copies', () => {
  const tickets: Ticket[] = []
  const validate = (_: unknown, ticket: Ticket): 'later' => {
    tickets.push(ticket)
    return 'later'
  }
  const peer = new RecordedPeer({ validate })
  peer.meet('b', 'c')
  peer.gossip('b', payload(1))
  peer.gossip('c', payload(1))
  expect(peer.core.figures().topics).toEqual([])
  peer.core.validated(tickets[0] as Ticket, 'reject')
  peer.gossip('c', payload(1))
  expect(peer.core.figures().topics).toEqual([])
})

test('an own message of an earlier life is passed on, and delivered to nobody here', () => {
  const peer = new RecordedPeer()
  peer.meet('b', 'c')
  peer.gossip('b', payload(1, { publisher: 'self' }))
  expect(figuresOf(peer)).toMatchObject({ published: none, delivered: none, sent: { messages: 1 } })
})

test('a message that waits for its order is delivered when it is told', () => {
  const peer = new RecordedPeer({ order: 'fifo', orderTimeout: 10_000 })
  peer.meet('b')
  peer.gossip('b', payload(1))
  expect(figuresOf(peer)?.delivered.messages ?? 0).toBe(0)
  peer.gossip('b', payload(0))
  expect(figuresOf(peer)?.delivered.messages).toBe(2)
})

test('no more than 1024 topics are counted: the one without a message for longest makes room, and that is told', () => {
  const peer = new RecordedPeer({ offenceLimit: Number.MAX_SAFE_INTEGER })
  peer.meet('b')
  peer.core.publish('mine', new Uint8Array(1))
  for (let sequence = 0; sequence < 1023; sequence++) peer.gossip('b', payload(sequence, { topic: `t${sequence}` }))
  expect(peer.core.figures()).toMatchObject({ forgotten: 0, topics: { length: 1024 } })
  peer.core.publish('mine', new Uint8Array(1))
  for (let sequence = 1023; sequence < 1033; sequence++) peer.gossip('b', payload(sequence, { topic: `t${sequence}` }))
  const { topics, forgotten } = peer.core.figures()
  expect({ counted: topics.length, forgotten }).toEqual({ counted: 1024, forgotten: 10 })
  expect(topics[0]?.topic).toBe('t10')
  expect(figuresOf(peer, 'mine')?.published.messages).toBe(2)
})

test('figures are those of their moment', () => {
  const peer = new RecordedPeer()
  peer.core.publish('news', new Uint8Array(1))
  const before = figuresOf(peer)
  peer.core.publish('news', new Uint8Array(1))
  expect(before?.published.messages).toBe(1)
})
