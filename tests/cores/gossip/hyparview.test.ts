import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

const joiner = 'joiner' as PeerId

function connect(peer: RecordedPeer, ...others: string[]): void {
  for (const other of others) peer.core.connected(other as PeerId)
}

/** These fill its passive view. */
function tell(peer: RecordedPeer, ...others: string[]): void {
  peer.hear('anybody', { type: 'shuffle-reply', peers: others as PeerId[] })
}

describe('joining (HyParView §4.2)', () => {
  test('the first peer that can be reached is the contact; others are reserves', () => {
    const peer = new RecordedPeer()
    peer.recorder.take()
    connect(peer, 'b', 'c')
    expect(peer.sent()).toEqual(['join to b'])
    peer.hear('b', { type: 'accept' })
    expect(peer.neighbours()).toEqual(['b'])
    expect(peer.core.reserves()).toEqual(['c'])
  })

  test('a newcomer always gets a place, and walks of ARWL steps to all other neighbours look for more', () => {
    const peer = new RecordedPeer({ activeViewSize: 3 })
    peer.meet('b', 'c', 'd')
    peer.hear('joiner', { type: 'join' })
    const sent = peer.recorder.sent()
    const [gone] = ['b', 'c', 'd'].filter((name) => !peer.neighbours().includes(name))
    const walks = sent.filter(({ message }) => message.type === 'forward-join')
    expect(walks.map(({ to }) => to).toSorted()).toEqual(['b', 'c', 'd'].filter((name) => name !== gone))
    expect(walks.every(({ message }) => 'ttl' in message && message.ttl === 6)).toBe(true)
    expect(sent).toContainEqual(expect.objectContaining({ to: 'joiner', message: { type: 'accept' } }))
    // The one that had to make room is told, so that the relation stays symmetric, and is remembered.
    expect(sent).toContainEqual(expect.objectContaining({ to: gone, message: { type: 'disconnect' } }))
    expect(peer.core.reserves()).toEqual([gone])
  })

  test('a walk goes on to anyone but whom it came from, one step shorter', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.hear('b', { type: 'forward-join', joiner, ttl: 6 })
    expect(peer.recorder.sent()).toEqual([
      expect.objectContaining({ to: 'c', message: { type: 'forward-join', joiner, ttl: 5 } }),
    ])
    expect(peer.core.reserves()).toEqual([])
  })

  test('with PRWL steps left the newcomer enters the passive view', () => {
    const peer = new RecordedPeer({ activeViewSize: 2 })
    peer.meet('b', 'c')
    peer.hear('b', { type: 'forward-join', joiner, ttl: 3 })
    expect(peer.core.reserves()).toEqual(['joiner'])
  })

  test('where the walk ends the newcomer is asked, with high priority, to be a neighbour', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.hear('b', { type: 'forward-join', joiner, ttl: 0 })
    expect(peer.recorder.sent()).toMatchObject([{ to: 'joiner', message: { type: 'neighbour', urgent: true } }])
    peer.hear('joiner', { type: 'accept' })
    expect(peer.neighbours()).toEqual(['b', 'c', 'joiner'])
  })

  test('a walk ends early where there is nobody to go on to', () => {
    const peer = new RecordedPeer()
    peer.meet('b')
    peer.hear('b', { type: 'forward-join', joiner, ttl: 6 })
    expect(peer.sent()).toEqual(['neighbour to joiner'])
  })

  test('strangers cannot send walks, nor anybody too long ones', () => {
    const peer = new RecordedPeer({ activeWalkLength: 4, passiveWalkLength: 2 })
    peer.meet('b', 'c')
    peer.hear('stranger', { type: 'forward-join', joiner, ttl: 4 })
    expect(peer.recorder.take()).toEqual([])
    peer.hear('b', { type: 'forward-join', joiner, ttl: 30 })
    expect(peer.recorder.sent()).toMatchObject([{ message: { ttl: 3 } }])
  })
})

describe('the active view (HyParView §4.3)', () => {
  test('who asks is accepted up to the size of the view, then refused, unless it has nobody else', () => {
    const peer = new RecordedPeer({ activeViewSize: 3 })
    peer.meet('b', 'c', 'd')
    peer.hear('e', { type: 'neighbour', urgent: false })
    expect(peer.sent()).toEqual(['reject to e'])
    peer.hear('e', { type: 'neighbour', urgent: true })
    const sent = peer.sent()
    expect(sent).toContain('accept to e')
    expect(sent.filter((line) => line.startsWith('disconnect to')).length).toBe(1)
    expect(peer.neighbours().length).toBe(3)
  })

  test('a lost neighbour is replaced at once by one of the passive view, with low priority while there are others', () => {
    const peer = new RecordedPeer({ activeViewSize: 2 })
    peer.meet('b', 'c')
    tell(peer, 'd')
    peer.recorder.take()
    peer.core.disconnected('b' as PeerId)
    expect(peer.recorder.transcript()).toBe(
      'emit neighbour-down peer=b\nsend d neighbour urgent=false\nschedule +1000 promotion peers=[d]',
    )
  })

  test('with high priority when no neighbour is left', () => {
    const peer = new RecordedPeer({ activeViewSize: 1 })
    peer.meet('b')
    tell(peer, 'd')
    peer.recorder.take()
    peer.core.disconnected('b' as PeerId)
    expect(peer.recorder.sent()).toMatchObject([{ to: 'd', message: { type: 'neighbour', urgent: true } }])
  })

  test('who does not answer leaves the passive view, and the next one is asked; who refuses stays in it', () => {
    const peer = new RecordedPeer({ activeViewSize: 2, promotionTimeout: 1000 })
    peer.meet('b', 'c')
    tell(peer, 'd', 'e', 'f')
    peer.core.disconnected('b' as PeerId)
    const first = peer.recorder.sent()[0]?.to as string
    peer.recorder.advance(1000)
    const second = peer.recorder.sent()[0]?.to as string
    expect(peer.core.reserves()).not.toContain(first)
    expect(second).not.toBe(first)
    peer.hear(second, { type: 'reject' })
    const third = peer.recorder.sent()[0]?.to as string
    expect([first, second, third].toSorted()).toEqual(['d', 'e', 'f'])
    expect(peer.core.reserves()).toContain(second)
    peer.hear(third, { type: 'accept' })
    expect(peer.neighbours()).toEqual(['c', third].toSorted())
  })

  test('who disconnects is remembered', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.hear('b', { type: 'disconnect' })
    expect([peer.neighbours(), peer.core.reserves()]).toEqual([['c'], ['b']])
  })

  test('an acceptance that nobody asked for gets a place only where there is room', () => {
    const peer = new RecordedPeer({ activeViewSize: 2 })
    peer.meet('b', 'c')
    peer.hear('intruder', { type: 'accept' })
    expect(peer.neighbours()).toEqual(['b', 'c'])
    expect(peer.sent()).toEqual(['disconnect to intruder'])
  })

  test('reserves are also found among those another overlay knows', () => {
    const peer = new RecordedPeer({ known: ['self', 'm1', 'm2', 'm3'] })
    const [first] = peer.recorder.sent()
    expect(first?.message).toEqual({ type: 'join' })
    peer.hear(first?.to as string, { type: 'accept' })
    peer.hear('stranger', { type: 'disconnect' })
    peer.core.connected('m4' as PeerId)
    expect([...peer.receivers('neighbour'), first?.to].toSorted()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  test('a quiet neighbour is asked whether it still is one, and dropped when it stays silent', () => {
    const peer = new RecordedPeer({ viewInterval: 1000, neighbourTimeout: 4000 })
    peer.meet('b')
    peer.recorder.advance(3000)
    expect(peer.receivers('neighbour').length).toBeGreaterThan(0)
    peer.hear('b', { type: 'accept' })
    peer.recorder.advance(3000)
    expect(peer.neighbours()).toEqual(['b'])
    peer.recorder.take()
    peer.recorder.advance(3000)
    expect(peer.neighbours()).toEqual([])
    expect(peer.receivers('disconnect')).toEqual(['b'])
  })

  test('whoever acts as a neighbour without being one becomes one, or is told that it is none', () => {
    const peer = new RecordedPeer({ activeViewSize: 1 })
    peer.announce('b', [idOf(1)])
    expect(peer.sent()).toEqual(['accept to b'])
    peer.announce('c', [idOf(2)])
    peer.hear('c', { type: 'graft', payload: true, ids: [idOf(2)] })
    expect(peer.sent()).toEqual(['reject to c', 'reject to c'])
    peer.gossip('c', payload(3))
    expect(peer.recorder.emitted()).toMatchObject([{ type: 'message' }])
  })

  test('a peer that stops tells its neighbours', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.core.stop()
    expect(peer.receivers('disconnect')).toEqual(['b', 'c'])
    peer.gossip('b', payload(1))
    expect(peer.recorder.take()).toEqual([])
  })
})

describe('the passive view (HyParView §4.4)', () => {
  const told = ['t1', 't2'] as PeerId[]

  test('a shuffle tells of itself, k_a neighbours and k_p reserves, on a walk of ARWL steps', () => {
    const peer = new RecordedPeer({ shuffleInterval: 1000, activeViewSize: 5 })
    peer.meet('b', 'c', 'd', 'e', 'f')
    tell(peer, 'r1', 'r2', 'r3', 'r4', 'r5', 'r6')
    peer.recorder.advance(1000)
    const [shuffle] = peer.recorder.sent()
    expect(shuffle?.message).toMatchObject({ type: 'shuffle', origin: 'self', ttl: 6 })
    const peers: string[] = shuffle?.message.type === 'shuffle' ? [...shuffle.message.peers] : []
    expect(peers.filter((name) => name.startsWith('r')).length).toBe(4)
    expect(peers.filter((name) => 'bcdef'.includes(name)).length).toBe(3)
    expect(peers).not.toContain(shuffle?.to)
  })

  test('a shuffle on its way is passed on', () => {
    const peer = new RecordedPeer()
    peer.meet('b', 'c')
    peer.hear('b', { type: 'shuffle', origin: joiner, ttl: 6, peers: told })
    expect(peer.recorder.sent()).toMatchObject([{ to: 'c', message: { type: 'shuffle', ttl: 5, peers: told } }])
    expect(peer.core.reserves()).toEqual([])
  })

  test('where it ends it is answered with as many reserves, and what it told is remembered', () => {
    const peer = new RecordedPeer({ activeViewSize: 2 })
    peer.meet('b', 'c')
    tell(peer, 'r1', 'r2', 'r3')
    peer.hear('b', { type: 'shuffle', origin: joiner, ttl: 1, peers: told })
    const [reply] = peer.recorder.sent()
    expect(reply).toMatchObject({ to: 'joiner', message: { type: 'shuffle-reply' } })
    expect(reply?.message.type === 'shuffle-reply' && reply.message.peers.length).toBe(2)
    expect(peer.core.reserves()).toEqual(expect.arrayContaining(['joiner', 't1', 't2']))
  })

  test('those who were told to the other make room first', () => {
    const peer = new RecordedPeer({ activeViewSize: 2, passiveViewSize: 4 })
    peer.meet('b', 'c')
    tell(peer, 'r1', 'r2', 'r3', 'r4')
    peer.hear('b', { type: 'shuffle', origin: joiner, ttl: 1, peers: ['t1'] as PeerId[] })
    const [reply] = peer.recorder.sent()
    const [answered] = reply?.message.type === 'shuffle-reply' ? reply.message.peers : []
    expect(peer.core.reserves()).not.toContain(answered)
    expect(peer.core.reserves().length).toBe(4)
  })

  test('it holds no more than its size, never this peer nor a neighbour, and takes no more than a shuffle has', () => {
    const peer = new RecordedPeer({ activeViewSize: 1, passiveViewSize: 10 })
    peer.meet('b')
    tell(peer, 'self', 'b', ...Array.from({ length: 60 }, (_, index) => `x${index}`))
    expect(peer.core.reserves().length).toBe(6)
    for (let round = 0; round < 10; round++) tell(peer, `y${round}`, `z${round}`)
    expect(peer.core.reserves().length).toBe(10)
    expect(peer.core.reserves()).not.toContain('b')
  })
})

describe('beyond HyParView: parts that were apart', () => {
  test('those who were lost are tried again, for a while', () => {
    const peer = new RecordedPeer({ activeViewSize: 1, shuffleInterval: 1000 })
    peer.meet('b')
    peer.core.disconnected('b' as PeerId)
    peer.meet('c')
    peer.recorder.advance(100_000)
    expect(peer.receivers('neighbour').length).toBe(30)
  })

  test('one neighbour is exchanged now and then for anybody whom another overlay knows', () => {
    const peer = new RecordedPeer({ activeViewSize: 2, rewireInterval: 1000, known: ['b', 'c', 'd'] })
    peer.meet('b', 'c')
    peer.recorder.advance(1000)
    expect(peer.recorder.sent()).toMatchObject([{ to: 'd', message: { type: 'neighbour', urgent: true } }])
    peer.hear('d', { type: 'accept' })
    expect(peer.neighbours()).toContain('d')
    expect(peer.neighbours().length).toBe(2)
  })
})

test('strangers that join or wish urgently displace at most half of the neighbours that were chosen, rounded up', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const chosen = ['a', 'b', 'c', 'd', 'e']
    const peer = new RecordedPeer({ seed, activeViewSize: 5 })
    for (const other of chosen) {
      peer.core.connected(other as PeerId)
      peer.hear(other, { type: 'accept' })
    }
    expect(peer.neighbours()).toEqual(chosen)
    for (let number = 0; number < 40; number++) {
      peer.hear(`stranger ${number}`, number % 2 === 0 ? { type: 'join' } : { type: 'neighbour', urgent: true })
      expect(peer.neighbours()).toContain(`stranger ${number}`)
    }
    expect(peer.neighbours().filter((neighbour) => chosen.includes(neighbour))).toHaveLength(2)
  }
})
