import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, idOf, payload, type PeerSetup } from './recorded-peer.ts'

const bytes = new TextEncoder().encode('hello')

/** The parent is `b`; `c` and `d` are off the tree. The last message that shaped it was the first. */
function inTree(options: PeerSetup = {}): RecordedPeer {
  const peer = new RecordedPeer({ shapeInterval: 2000, announceInterval: 100, confirmInterval: 0, ...options })
  peer.meet('b', 'c', 'd')
  peer.gossip('b', payload(0), 3)
  peer.gossip('c', payload(0), 3)
  peer.gossip('d', payload(0), 3)
  peer.recorder.advance(200)
  peer.recorder.take()
  return peer
}

function lazy(peer: RecordedPeer): PeerId[] {
  return peer.core.trees().flatMap((tree) => tree.lazy)
}

/** The messages published in ten seconds, one in a tenth of a second each, and how they went out. */
function published(peer: RecordedPeer): boolean[] {
  return Array.from({ length: 100 }, () => {
    peer.core.publish('news', bytes)
    const ways = peer.recorder.sent().flatMap(({ message }) => (message.type === 'gossip' ? [message.shapes] : []))
    expect(new Set(ways).size).toBe(1)
    peer.recorder.advance(100)
    return ways[0] === true
  })
}

describe('few messages shape a tree', () => {
  test('the first message of a topic does, and then one at a time, with pauses', () => {
    const shaping = published(new RecordedPeer({ shapeInterval: 2000 }).with('b', 'c'))
    expect(shaping[0]).toBe(true)
    const at = shaping.flatMap((shapes, index) => (shapes ? [index] : []))
    expect(at.length).toBeGreaterThan(1)
    expect(at.length).toBeLessThanOrEqual(5)
    expect(at.every((index, number) => number === 0 || index - (at[number - 1] ?? 0) >= 20)).toBe(true)
  })

  test('without an interval every message does, as in the paper', () => {
    expect(published(new RecordedPeer({ shapeInterval: 0 }).with('b', 'c'))).not.toContain(false)
  })

  test('a duplicate of one that does not prunes nothing', () => {
    const peer = inTree()
    peer.core.trees()
    peer.gossip('b', payload(1), 3, 'branch')
    peer.gossip('c', payload(1), 3, 'branch')
    expect(peer.receivers('prune')).toEqual([])
  })

  test('one that comes soon after another is taken for one that does not, whatever it claims, and handed on as such', () => {
    const peer = new RecordedPeer({ shapeInterval: 2000 }).with('b', 'c')
    peer.gossip('b', payload(0))
    peer.recorder.advance(249)
    peer.recorder.take()
    peer.gossip('b', payload(1))
    expect(peer.recorder.sent()).toMatchObject([{ to: 'c', message: { type: 'gossip', shapes: false } }])
    peer.gossip('c', payload(1))
    expect(peer.receivers('prune')).toEqual([])
    peer.recorder.advance(1)
    peer.gossip('b', payload(2))
    peer.gossip('c', payload(2))
    expect(peer.receivers('prune')).toEqual(['c'])
  })

  test('where many come twice, the next one that shapes comes sooner', () => {
    const times = [0, 1].map((duplicates) => {
      const peer = new RecordedPeer({ shapeInterval: 2000 }).with('b', 'c')
      peer.gossip('b', payload(0))
      for (let tenths = 1; ; tenths++) {
        peer.recorder.advance(100)
        peer.gossip('b', payload(tenths), 1, 'branch')
        if (duplicates > 0) peer.gossip('c', payload(tenths), 1, 'branch')
        peer.recorder.take()
        peer.core.publish('news', bytes)
        if (peer.recorder.sent().some(({ message }) => message.type === 'gossip' && message.shapes)) return tenths
      }
    })
    expect(times[0]).toBeGreaterThanOrEqual(20)
    expect(times[1]).toBeGreaterThanOrEqual(5)
    expect(times[1]).toBeLessThan(20)
  })

  test('a link that is no branch does not become one because another message came over it', () => {
    const peer = inTree()
    peer.gossip('c', payload(1), 3, 'branch')
    expect(lazy(peer)).toEqual(['c', 'd'])
  })

  test('it does where that message was asked for', () => {
    const peer = inTree({ graftDelay: 500 })
    peer.announce('c', [idOf(1)], 3)
    peer.recorder.advance(1500)
    expect(peer.receivers('graft')[0]).toBe('c')
    peer.gossip('c', payload(1), 3, 'branch')
    expect(lazy(peer)).toEqual(['d'])
  })

  test('an announcement that comes after the message shortens the tree too', () => {
    const peer = inTree()
    peer.recorder.advance(2000)
    peer.gossip('b', payload(1), 10)
    peer.recorder.take()
    peer.announce('c', [idOf(1)], 4)
    expect(peer.sent()).toEqual([])
    peer.announce('d', [idOf(1)], 3)
    expect(peer.sent()).toEqual(['graft to d', 'prune to b'])
    expect(lazy(peer).toSorted()).toEqual(['b', 'c'])
  })
})

describe('shortcuts', () => {
  /** After shaping messages that came over so many hops. */
  function after(hops: number, options: PeerSetup = {}): RecordedPeer {
    const peer = inTree(options)
    for (let sequence = 1; sequence <= 30; sequence++) {
      peer.recorder.advance(2000)
      peer.gossip('b', payload(sequence), hops)
    }
    peer.recorder.advance(200)
    peer.recorder.take()
    return peer
  }

  test('where ways are long, the first rounds of a message go to all neighbours', () => {
    const peer = after(12)
    peer.gossip('b', payload(40), 1, 'branch')
    expect(peer.receivers('gossip')).toEqual(['c', 'd'])
    peer.gossip('b', payload(41), 3, 'branch')
    expect(peer.receivers('gossip')).toEqual([])
  })

  test('not where ways are short, not of messages that shape, and never without them', () => {
    const short = after(6)
    short.gossip('b', payload(40), 1, 'branch')
    expect(short.receivers('gossip')).toEqual([])
    const shaping = after(12)
    shaping.recorder.advance(2000)
    shaping.gossip('b', payload(40), 1)
    expect(shaping.receivers('gossip')).toEqual([])
    const without = after(12, { shortcutRounds: 0 })
    without.gossip('b', payload(40), 1, 'branch')
    expect(without.receivers('gossip')).toEqual([])
  })

  test('what came by one makes no branch, even where it was asked for', () => {
    const peer = inTree({ graftDelay: 500 })
    peer.announce('c', [idOf(1)], 3)
    peer.gossip('c', payload(1), 3, 'shortcut')
    expect(lazy(peer)).toEqual(['c', 'd'])
  })
})

describe('links that come and go', () => {
  test('a new link is no branch, so that no cycle comes of it', () => {
    const peer = inTree()
    peer.hear('e', { type: 'neighbour', urgent: false })
    expect(lazy(peer)).toEqual(['c', 'd', 'e'])
    expect(peer.receivers('graft')).toEqual([])
  })

  test('it is one for whoever has just joined here', () => {
    const peer = inTree()
    peer.hear('e', { type: 'join' })
    expect(lazy(peer)).toEqual(['c', 'd'])
  })

  test('it is one where there is no other, and the neighbour is told', () => {
    const peer = new RecordedPeer({ shapeInterval: 2000 }).with('b')
    peer.core.publish('news', bytes)
    peer.core.disconnected('b' as PeerId)
    peer.recorder.take()
    peer.hear('e', { type: 'neighbour', urgent: false })
    expect(peer.sent()).toEqual(['graft to e', 'accept to e'])
    expect(peer.core.trees()).toEqual([])
  })

  test('a lost branch is replaced at once by a neighbour that had the last shaping message not later', () => {
    const peer = inTree()
    peer.meet('e')
    peer.gossip('e', payload(1), 3, 'branch')
    peer.hear('e', { type: 'graft', payload: false, ids: [idOf(0)] })
    peer.announce('c', [idOf(0)], 4)
    peer.announce('d', [idOf(0)], 3)
    peer.recorder.take()
    peer.core.disconnected('b' as PeerId)
    const grafts = peer.recorder.sent().filter(({ message }) => message.type === 'graft')
    expect(grafts).toMatchObject([{ to: 'd', message: { payload: false, ids: [idOf(0)] } }])
    expect(lazy(peer)).toEqual(['c'])
  })

  test('with other branches, and nobody known to be nearer, it is left to the missing messages', () => {
    const peer = inTree()
    peer.meet('e')
    peer.hear('e', { type: 'graft', payload: false, ids: [idOf(0)] })
    peer.announce('c', [idOf(0)], 4)
    peer.core.disconnected('b' as PeerId)
    expect(peer.receivers('graft')).toEqual([])
  })

  test('whoever loses its last branch grafts another link at once', () => {
    const peer = inTree()
    peer.core.disconnected('b' as PeerId)
    expect(peer.receivers('graft')).toHaveLength(1)
    expect(lazy(peer)).toHaveLength(1)
  })

  test('who must make room is a neighbour whose link is no branch', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const peer = inTree({ seed, activeViewSize: 3 })
      peer.hear('e', { type: 'neighbour', urgent: true })
      expect(peer.neighbours()).toContain('b')
      expect(peer.neighbours()).toContain('e')
    }
  })
})
