import { describe, expect, test } from 'vitest'
import { InvalidTopicError, MessageTooLargeError, messageId } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

const hello = new TextEncoder().encode('hello')

describe('eager push (Plumtree §3.4)', () => {
  test('a message is told once and pushed to all neighbours, but not to whom it came from nor to its publisher', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c', 'd', 'publisher')
    peer.gossip('b', payload(1), 4)
    const effects = peer.recorder.take()
    expect(effects.filter(({ type }) => type === 'emit')).toMatchObject([
      { event: { type: 'message', hops: 4, message: { topic: 'news', publisher: 'publisher', from: 'b' } } },
    ])
    const pushes = effects.flatMap((effect) => (effect.type === 'send' ? [effect] : []))
    expect(pushes.map(({ to }) => to).toSorted()).toEqual(['c', 'd'])
    expect(pushes.every(({ message }) => message.type === 'gossip' && message.round === 5)).toBe(true)
  })

  test('own messages are told to nobody here, not even when they come back after a restart', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.core.publish('news', hello)
    peer.gossip('b', payload(7, { publisher: 'self' }))
    const effects = peer.recorder.take()
    expect(effects.filter((effect) => effect.type === 'emit')).toEqual([])
    expect(effects.some((effect) => effect.type === 'send' && effect.message.type === 'gossip')).toBe(true)
  })

  test('an id names publisher, life, sequence, past, topic and bytes', () => {
    const ids = [
      payload(1),
      payload(2),
      payload(1, { publisher: 'other' }),
      payload(1, { life: 8 }),
      payload(1, { topic: 'other' }),
      payload(1, { text: 'other' }),
      payload(1, { past: [{ publisher: payload(1).publisher, life: 7, count: 1 }] }),
      payload(1, { topic: 'new', publisher: 'spublisher' }),
    ].map(messageId)
    expect(new Set(ids).size).toBe(8)
    expect(messageId(payload(1))).toBe(ids[0])
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
  })

  test('messages are numbered from 0, in a life that is drawn at each start', () => {
    const lives = [1, 2].map((seed) => {
      const peer = new RecordedPeer({ seed })
      peer.meet('b')
      for (let count = 0; count < 3; count++) peer.core.publish('news', hello)
      const payloads = peer.recorder.sent().flatMap(({ message }) => ('payload' in message ? [message.payload] : []))
      expect(payloads).toMatchObject([{ sequence: 0 }, { sequence: 1 }, { sequence: 2 }])
      return payloads[0]
    })
    expect(lives[0]).not.toEqual(lives[1])
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

describe('building trees (Plumtree §3.4)', () => {
  test('a duplicate is not told nor pushed; the link it came by is pruned at both ends', () => {
    const peer = new RecordedPeer({ confirmInterval: 0 })
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.recorder.take()
    peer.gossip('c', payload(1))
    const id = idOf(1)
    expect(peer.recorder.transcript()).toBe(`emit duplicate id=${id} from=c\nsend c prune id=${id}`)
    expect(peer.core.trees()).toEqual([{ topic: 'news', eager: ['b'], lazy: ['c'] }])
    peer.core.publish('news', hello)
    expect(peer.receivers('gossip')).toEqual(['b'])
  })

  test('who is pruned pushes no more over that link', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.core.publish('news', hello)
    const [push] = peer.recorder.sent()
    if (push?.message.type !== 'gossip') throw new Error('nothing was pushed')
    peer.hear('b', { type: 'prune', id: messageId(push.message.payload) })
    peer.core.publish('news', hello)
    expect(peer.receivers('gossip')).toEqual(['c'])
  })

  test('there is one tree for each topic', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('c', payload(1))
    peer.recorder.take()
    peer.core.publish('other', hello)
    expect(peer.receivers('gossip')).toEqual(['b', 'c'])
  })

  test('a message that the wire doubled prunes nothing', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('b', payload(1))
    expect(peer.core.trees()).toEqual([])
    expect(peer.receivers('prune')).toEqual([])
  })

  test('whoever gives a message first is a branch again', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('c', payload(1))
    peer.gossip('c', payload(2))
    expect(peer.core.trees()).toEqual([])
  })
})

describe('lazy push (Plumtree §3.4)', () => {
  /** With `c` off the tree. */
  function pruned(options: ConstructorParameters<typeof RecordedPeer>[0] = {}): RecordedPeer {
    const peer = new RecordedPeer({ announceInterval: 100, confirmInterval: 0, ...options })
    peer.meet('b', 'c')
    peer.gossip('b', payload(0))
    peer.gossip('c', payload(0))
    peer.recorder.advance(10_000)
    peer.recorder.take()
    return peer
  }

  test('links off the tree are told the ids, gathered for a while into one message', () => {
    const peer = pruned()
    peer.gossip('b', payload(1), 2)
    peer.gossip('b', payload(2), 3)
    peer.recorder.take()
    peer.recorder.advance(100)
    const announced = [
      { id: idOf(1), round: 2 },
      { id: idOf(2), round: 3 },
    ]
    expect(peer.recorder.sent()).toEqual([
      { type: 'send', to: 'c', message: { type: 'ihave', again: false, announced } },
    ])
  })

  test('whoever announces it first need not be told', () => {
    const peer = pruned()
    peer.gossip('b', payload(1))
    peer.announce('c', [idOf(1)])
    peer.recorder.take()
    peer.recorder.advance(10_000)
    expect(peer.recorder.sent()).toEqual([])
  })

  test('without an interval each is announced at once, as in the paper', () => {
    const peer = pruned({ announceInterval: 0 })
    peer.gossip('b', payload(1))
    expect(peer.sent()).toEqual(['ihave to c'])
  })
})

describe('repairing trees (Plumtree §3.5)', () => {
  test('an announced message that does not come is asked for, of one announcer after another', () => {
    const peer = new RecordedPeer({ graftDelay: 200, graftTimeout: 500 })
    peer.meet('b', 'c')
    peer.announce('b', [idOf(1)])
    peer.announce('c', [idOf(1)])
    expect(peer.sent()).toEqual([])
    peer.recorder.advance(600)
    expect(peer.sent()).toEqual(['graft to b'])
    peer.recorder.advance(500)
    expect(peer.sent()).toEqual(['graft to c'])
    peer.gossip('c', payload(1))
    peer.recorder.take()
    peer.recorder.advance(5000)
    expect(peer.receivers('graft')).toEqual([])
  })

  test('a message that comes before the delay is over is not asked for', () => {
    const peer = new RecordedPeer({ graftDelay: 200 })
    peer.meet('b', 'c')
    peer.announce('b', [idOf(1)])
    peer.recorder.advance(100)
    peer.gossip('c', payload(1))
    peer.recorder.advance(2000)
    expect(peer.receivers('graft')).toEqual([])
  })

  test('asking ends after graftLimit times, and begins anew with a new announcement', () => {
    const peer = new RecordedPeer({ graftLimit: 2, graftTimeout: 500 })
    peer.meet('b')
    peer.announce('b', [idOf(1)])
    peer.recorder.advance(60_000)
    expect(peer.receivers('graft')).toEqual(['b', 'b'])
    peer.announce('b', [idOf(1)])
    peer.recorder.advance(1500)
    expect(peer.receivers('graft')).toEqual(['b', 'b'])
  })

  test('nobody is asked who is no neighbour any more', () => {
    const peer = new RecordedPeer({ graftDelay: 200 })
    peer.meet('b', 'c')
    peer.announce('b', [idOf(1)])
    peer.announce('c', [idOf(1)])
    peer.hear('b', { type: 'disconnect' })
    peer.recorder.take()
    peer.recorder.advance(600)
    expect([...new Set(peer.receivers('graft'))]).toEqual(['c'])
  })

  test('of several announcers the nearest to the publisher is asked first', () => {
    const peer = new RecordedPeer({ graftDelay: 200 })
    peer.meet('b', 'c')
    peer.announce('b', [idOf(1)], 5)
    peer.announce('c', [idOf(1)], 2)
    peer.announce('b', [idOf(2)], 2)
    peer.announce('c', [idOf(2)], 5)
    peer.recorder.advance(600)
    const asked = peer.recorder.sent().map(({ to, message }) => [to, 'ids' in message ? message.ids[0] : undefined])
    expect(asked[0]).toEqual(asked[0]?.[0] === 'c' ? ['c', idOf(1)] : ['b', idOf(2)])
  })

  test('whoever is asked is asked for all that it has announced', () => {
    const peer = new RecordedPeer({ graftDelay: 1000, graftTimeout: 5000 })
    peer.meet('b')
    for (let sequence = 0; sequence < 20; sequence++) peer.announce('b', [idOf(sequence)])
    peer.recorder.advance(3000)
    const grafts = peer.recorder.sent().flatMap(({ message }) => (message.type === 'graft' ? [message.ids.length] : []))
    expect(grafts).toEqual([20])
  })

  test('who asks is given the message and is a branch from then on, but is not given it for ever', () => {
    const peer = new RecordedPeer({ graftLimit: 3 })
    peer.meet('b', 'c')
    peer.gossip('c', payload(1))
    peer.gossip('b', payload(1))
    expect(peer.core.trees()).toMatchObject([{ lazy: ['b'] }])
    peer.recorder.take()
    for (let times = 0; times < 5; times++) peer.hear('b', { type: 'graft', payload: true, ids: [idOf(1)] })
    const effects = peer.recorder.take()
    expect(peer.core.trees()).toEqual([])
    expect(effects.filter(({ type }) => type === 'send').length).toBe(3)
    expect(effects.filter(({ type }) => type === 'emit')).toMatchObject([
      { event: { type: 'limited', limit: 'grafts', from: 'b' } },
      { event: { type: 'limited', limit: 'grafts', from: 'b' } },
    ])
  })
})

describe('neighbours that come and go (Plumtree §3.6)', () => {
  test('a new link is a branch of every tree, and the neighbour is told of what was published of late', () => {
    const peer = new RecordedPeer({ announceInterval: 300 })
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('c', payload(1))
    peer.recorder.advance(200)
    peer.meet('d')
    peer.recorder.advance(300)
    const sent = peer.recorder.sent()
    const told = sent.flatMap(({ to, message }) => (message.type === 'ihave' && !message.again ? [to] : []))
    expect(told).toContain('d')
    peer.core.publish('news', hello)
    expect(peer.receivers('gossip')).toEqual(['b', 'd'])
  })

  test('a lost neighbour leaves no trace in the trees', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('c', payload(1))
    peer.hear('c', { type: 'disconnect' })
    expect(peer.core.trees()).toEqual([])
  })
})

describe('optimising trees (Plumtree §3.8)', () => {
  test('a neighbour that announced a message of far fewer hops becomes the branch', () => {
    const peer = new RecordedPeer({ optimisationThreshold: 3 })
    peer.meet('b', 'c')
    peer.announce('c', [idOf(1)], 2)
    peer.gossip('b', payload(1), 5)
    const sent = peer.recorder.sent()
    const id = idOf(1)
    expect(sent).toContainEqual({ type: 'send', to: 'c', message: { type: 'graft', payload: false, ids: [id] } })
    expect(sent).toContainEqual({ type: 'send', to: 'b', message: { type: 'prune', id } })
    expect(peer.core.trees()).toEqual([{ topic: 'news', eager: ['c'], lazy: ['b'] }])
  })

  test('one of not so few does not', () => {
    const peer = new RecordedPeer({ optimisationThreshold: 3 })
    peer.meet('b', 'c')
    peer.announce('c', [idOf(1)], 2)
    peer.gossip('b', payload(1), 4)
    expect(peer.core.trees()).toEqual([])
  })

  test('a graft that wants no payload is given none', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.gossip('b', payload(1))
    peer.gossip('c', payload(1))
    peer.recorder.take()
    peer.hear('c', { type: 'graft', payload: false, ids: [idOf(1)] })
    expect(peer.sent()).toEqual([])
    expect(peer.core.trees()).toEqual([])
  })
})

describe('beyond Plumtree: links that lose messages', () => {
  test('what a neighbour gave is confirmed to it, and what one does not confirm is announced to it again', () => {
    const peer = new RecordedPeer({ announceInterval: 100, confirmInterval: 1000 })
    peer.meet('b', 'c')
    peer.gossip('b', payload(1), 2)
    peer.recorder.take()
    peer.recorder.advance(1000)
    expect(peer.sent()).toEqual(['ihave to b'])
    peer.recorder.advance(1000)
    expect(peer.recorder.sent()).toEqual([
      { type: 'send', to: 'c', message: { type: 'ihave', again: true, announced: [{ id: idOf(1), round: 2 }] } },
    ])
    peer.announce('c', [idOf(1)])
    peer.recorder.advance(60_000)
    expect(peer.sent()).toEqual([])
  })

  test('an announcement that is repeated is confirmed each time', () => {
    const peer = new RecordedPeer({ confirmInterval: 1000 })
    peer.meet('b')
    peer.gossip('b', payload(1))
    peer.recorder.advance(5000)
    peer.recorder.take()
    peer.announce('b', [idOf(1)], 1, true)
    peer.recorder.advance(1000)
    expect(peer.sent()).toEqual(['ihave to b'])
  })

  test('a neighbour that never confirms is told announceLimit times', () => {
    const peer = new RecordedPeer({ announceLimit: 3, keepFor: 3_600_000 })
    peer.meet('b')
    peer.core.publish('news', hello)
    peer.recorder.advance(60_000)
    expect(peer.sent()).toEqual(['gossip to b', 'ihave to b', 'ihave to b'])
  })
})
