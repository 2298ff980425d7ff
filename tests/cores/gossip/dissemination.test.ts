import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { InvalidTopicError, MessageTooLargeError, messageId } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

const hello = new TextEncoder().encode('hello')

describe('pushing (Plumtree §3.4)', () => {
  test('a message of a neighbour is told once and pushed on, neither to whom it came from nor to its publisher', () => {
    const peer = new RecordedPeer({ fanout: 10 })
    peer.meet('b', 'c', 'd', 'publisher')
    peer.push('b', payload(1), 4)
    const effects = peer.recorder.take()
    expect(effects.filter(({ type }) => type === 'emit')).toMatchObject([
      { event: { type: 'message', hops: 4, message: { topic: 'news', publisher: 'publisher', from: 'b' } } },
    ])
    const pushes = effects.flatMap((effect) => (effect.type === 'send' ? [effect] : []))
    expect(pushes.map(({ to }) => to).toSorted()).toEqual(['c', 'd'])
    expect(pushes.every(({ message }) => message.type === 'push' && message.hops === 5)).toBe(true)
  })

  test('a message is pushed to no more than the fanout', () => {
    const peer = new RecordedPeer({ fanout: 2 })
    peer.meet('b', 'c', 'd', 'e', 'f')
    peer.core.publish('news', hello)
    expect(peer.receivers('push').length).toBe(2)
  })

  test('a message seen before is a duplicate: not told, not pushed', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.push('b', payload(1))
    peer.recorder.take()
    peer.push('c', payload(1))
    expect(peer.recorder.take()).toEqual([{ type: 'emit', event: { type: 'duplicate', id: idOf(1), from: 'c' } }])
  })

  test('own messages are told to nobody here, not even when they come back after a restart', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.core.publish('news', hello)
    peer.push('b', payload(7, { publisher: 'self' }))
    const effects = peer.recorder.take()
    expect(effects.filter((effect) => effect.type === 'emit')).toEqual([])
    expect(effects.some((effect) => effect.type === 'send' && effect.message.type === 'push')).toBe(true)
  })

  test('an id names publisher, sequence, topic and bytes', () => {
    const ids = [
      payload(1),
      payload(2),
      payload(1, { publisher: 'other' }),
      payload(1, { topic: 'other' }),
      payload(1, { text: 'other' }),
      payload(1, { topic: 'new', publisher: 'spublisher' }),
    ].map(messageId)
    expect(new Set(ids).size).toBe(6)
    expect(messageId(payload(1))).toBe(ids[0])
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
  })

  test('two lives of one peer number their messages differently', () => {
    const sequences = [1, 2].map((seed) => {
      const peer = new RecordedPeer({ seed })
      peer.meet('b')
      peer.core.publish('news', hello)
      const [push] = peer.recorder.sent()
      return push?.message.type === 'push' ? push.message.payload.sequence : undefined
    })
    expect(sequences[0]).not.toBe(sequences[1])
  })

  test('what is too large or has no proper topic is refused, with figures', () => {
    const { core } = new RecordedPeer({ messageLimitBytes: 100 })
    expect(() => core.publish('news', new Uint8Array(101))).toThrow(MessageTooLargeError)
    expect(() => core.publish('news', new Uint8Array(101))).toThrow('a message of 101 bytes: at most 100')
    expect(() => core.publish('', hello)).toThrow(InvalidTopicError)
    expect(() => core.publish('ü'.repeat(129), hello)).toThrow(RangeError)
    expect(() => core.publish('ü'.repeat(128), new Uint8Array(100))).not.toThrow()
  })
})

describe('announcing and asking (Plumtree §3.4, §3.5)', () => {
  test('every neighbour that is not known to have a message is told its id until it confirms', () => {
    const peer = new RecordedPeer({ fanout: 1, announceInterval: 300 })
    peer.meet('b', 'c', 'd')
    peer.push('b', payload(1))
    peer.recorder.take()
    peer.recorder.advance(300)
    expect(peer.receivers('ihave')).toEqual(['c', 'd'])
    peer.hear('c', { type: 'confirm', ids: [idOf(1)] })
    peer.recorder.advance(300)
    expect(peer.receivers('ihave')).toEqual(['d'])
    peer.hear('d', { type: 'confirm', ids: [idOf(1)] })
    peer.recorder.advance(300)
    peer.recorder.advance(3000)
    expect(peer.recorder.take()).toEqual([])
  })

  test('a neighbour that never confirms is told no more than announceLimit times', () => {
    const peer = new RecordedPeer({ announceInterval: 300, announceLimit: 3 })
    peer.meet('b')
    peer.core.publish('news', hello)
    peer.recorder.take()
    peer.recorder.advance(60_000)
    expect(peer.receivers('ihave')).toEqual(['b', 'b', 'b'])
  })

  test('of more ids than an announcement holds, each is told as often as the others', () => {
    const peer = new RecordedPeer({ announceInterval: 300, announceLimit: 2 })
    for (let count = 0; count < 2500; count++) peer.core.publish('news', hello)
    peer.meet('b')
    peer.recorder.advance(60_000)
    const told = new Map<string, number>()
    for (const { message } of peer.recorder.sent()) {
      if (message.type === 'ihave') for (const id of message.ids) told.set(id, (told.get(id) ?? 0) + 1)
    }
    expect(told.size).toBe(2500)
    expect([...told.values()].every((times) => times === 2)).toBe(true)
  })

  test('an announced message that does not come is asked for, of one announcer after another', () => {
    const peer = new RecordedPeer({ graftDelay: 200, graftTimeout: 500 })
    peer.meet('b', 'c')
    peer.hear('b', { type: 'ihave', ids: [idOf(1)] })
    peer.hear('c', { type: 'ihave', ids: [idOf(1)] })
    expect(peer.sent()).toEqual([])
    peer.recorder.advance(200)
    expect(peer.sent()).toEqual(['graft to b'])
    peer.recorder.advance(500)
    expect(peer.sent()).toEqual(['graft to c'])
    peer.push('c', payload(1))
    peer.recorder.take()
    peer.recorder.advance(5000)
    expect(peer.receivers('graft')).toEqual([])
  })

  test('a message that comes before the delay is over is not asked for', () => {
    const peer = new RecordedPeer({ graftDelay: 200 })
    peer.meet('b', 'c')
    peer.hear('b', { type: 'ihave', ids: [idOf(1)] })
    peer.recorder.advance(100)
    peer.push('c', payload(1))
    peer.recorder.advance(2000)
    expect(peer.receivers('graft')).toEqual([])
  })

  test('asking ends after graftLimit times, and begins anew with a new announcement', () => {
    const peer = new RecordedPeer({ graftLimit: 2, graftTimeout: 500 })
    peer.meet('b')
    peer.hear('b', { type: 'ihave', ids: [idOf(1)] })
    peer.recorder.advance(60_000)
    expect(peer.receivers('graft')).toEqual(['b', 'b'])
    peer.hear('b', { type: 'ihave', ids: [idOf(1)] })
    peer.recorder.advance(1000)
    expect(peer.receivers('graft')).toEqual(['b', 'b'])
  })

  test('what is known already is confirmed at once', () => {
    const peer = new RecordedPeer()
    peer.meet('b')
    peer.push('b', payload(1))
    peer.recorder.take()
    peer.hear('b', { type: 'ihave', ids: [idOf(1), idOf(2)] })
    expect(peer.recorder.sent()).toEqual([
      expect.objectContaining({ to: 'b', message: { type: 'confirm', ids: [idOf(1)] } }),
    ])
  })

  test('a neighbour that asks is given the message, but not for ever', () => {
    const peer = new RecordedPeer({ graftLimit: 3 })
    peer.meet('b', 'c')
    peer.push('c', payload(1))
    peer.recorder.take()
    for (let times = 0; times < 5; times++) peer.hear('b', { type: 'graft', ids: [idOf(1), idOf(2)] })
    const effects = peer.recorder.take()
    expect(effects.filter(({ type }) => type === 'send').length).toBe(3)
    expect(effects.filter(({ type }) => type === 'emit')).toMatchObject([
      { event: { type: 'limited', limit: 'grafts', from: 'b' } },
      { event: { type: 'limited', limit: 'grafts', from: 'b' } },
    ])
  })

  test('a new neighbour is told of what was published of late', () => {
    const peer = new RecordedPeer({ announceInterval: 300 })
    peer.core.publish('news', hello)
    peer.meet('b')
    peer.recorder.advance(300)
    expect(peer.sent()).toEqual(['ihave to b'])
  })
})

describe('limits', () => {
  test('announcements of one neighbour leave room for those of another', () => {
    const peer = new RecordedPeer({ awaitedLimit: 10 })
    peer.meet('liar', 'b')
    const ids = Array.from({ length: 1000 }, (_, index) => idOf(index))
    peer.hear('liar', { type: 'ihave', ids })
    expect(peer.recorder.emitted()).toEqual([{ type: 'limited', limit: 'awaited', from: 'liar' }])
    peer.hear('b', { type: 'ihave', ids: [idOf(5000)] })
    peer.recorder.advance(200)
    const asked = peer.recorder.sent().flatMap(({ message }) => (message.type === 'graft' ? message.ids : []))
    expect(asked.length).toBe(11)
    expect(asked).toContain(idOf(5000))
  })

  test('kept messages make room, the oldest first, by number and by bytes, and are still known', () => {
    const peer = new RecordedPeer({ keptLimit: 3, seenLimit: 100 })
    peer.meet('b')
    for (let sequence = 0; sequence < 5; sequence++) peer.push('b', payload(sequence))
    const evicted = peer.recorder.emitted().flatMap((event) => (event.type === 'evicted' ? [event.id] : []))
    expect(evicted).toEqual([idOf(0), idOf(1)])
    peer.push('b', payload(0))
    expect(peer.recorder.emitted()).toEqual([{ type: 'duplicate', id: idOf(0), from: 'b' }])

    const large = new RecordedPeer({ messageLimitBytes: 1000, keptLimitBytes: 3500 })
    for (let count = 0; count < 5; count++) large.core.publish('news', new Uint8Array(1000))
    expect(large.recorder.emitted().length).toBe(3)
  })

  test('kept messages are let go after their time', () => {
    const peer = new RecordedPeer({ keepFor: 5000, viewInterval: 1000 })
    peer.meet('b', 'c')
    peer.push('c', payload(1))
    peer.recorder.advance(7000)
    peer.recorder.take()
    peer.hear('b', { type: 'graft', ids: [idOf(1)] })
    expect(peer.receivers('push')).toEqual([])
  })

  test('10,000 messages on as many topics leave bounded traces', () => {
    const peer = new RecordedPeer({ keptLimit: 64, seenLimit: 128, announceLimit: 1 })
    peer.meet('b')
    for (let sequence = 0; sequence < 10_000; sequence++) {
      peer.push('b', payload(sequence, { topic: `topic ${sequence}` }))
      if (sequence % 1000 === 0) peer.recorder.take()
    }
    peer.recorder.take()
    peer.meet('c')
    peer.recorder.advance(300)
    const told = peer.recorder.sent().flatMap(({ message }) => (message.type === 'ihave' ? message.ids : []))
    expect(told.length).toBe(64)
  })

  test('100,000 messages of a peer that is alone leave bounded traces', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const peer = new RecordedPeer({ keptLimit: 64, seenLimit: 128 })
    const heap = (): number => {
      peer.recorder.take()
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = heap()
    for (let count = 0; count < 100_000; count++) {
      peer.core.publish('news', hello)
      if (count % 1000 === 0) peer.recorder.take()
    }
    // The ids alone would be 5 MB.
    expect(heap() - before).toBeLessThan(3_000_000)
  })
})
