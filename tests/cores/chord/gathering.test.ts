import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import type { ChordMessage } from '../../../overlays/chord/index.ts'
import { RecordedPeer, inOrder } from './recorded-peer.ts'

test('who goes in and out of gathering, as it is told, has one round at a time', () => {
  const peer = new RecordedPeer({ gatherInterval: 2000 })
  peer.core.connected('friend' as PeerId)
  for (let count = 0; count < 1000; count++) {
    peer.hear('stranger', { type: 'inside' })
    peer.hear('stranger', { type: 'gone' })
    peer.recorder.advance(100)
  }
  peer.recorder.advance(60_000)
  peer.recorder.take()
  peer.recorder.advance(60_000)
  const toFriend = peer.recorder.sent().filter(({ to, message }) => to === 'friend' && message.type === 'gather')
  expect(toFriend.length).toBe(30)
})

test('whoever knows more peers than a message takes names so many of them, those first that it has heard', () => {
  const peer = new RecordedPeer({ gatherLimit: 520 })
  const names = (name: string): PeerId[] => Array.from({ length: 520 }, (_, index) => `${name} ${index}` as PeerId)
  for (const from of names('heard')) peer.hear(from, { type: 'gather', members: [] })
  peer.hear('heard 0', { type: 'gather', members: names('rumour') })
  peer.recorder.take()
  peer.recorder.advance(500)
  const told = peer.recorder.sent().flatMap(({ message }) => (message.type === 'gather' ? [message.members] : []))
  expect(new Set(told.map(({ length }) => length))).toEqual(new Set([1024]))
  expect(told[0]?.filter((name) => name.startsWith('heard')).length).toBe(519)
})

/** Nine peers, as many as are a ring by the defaults; the lowest of them proposes it, the highest is the one under test. */
const founders = inOrder(Array.from({ length: 9 }, (_, index) => `p${index}`))
const [proposer, second] = founders as [PeerId, PeerId]
const proposal: ChordMessage = { type: 'propose', number: 7, members: founders }

/** The highest of the founders, which has heard all others. */
function founder(): RecordedPeer {
  const peer = new RecordedPeer({}, founders.at(-1))
  for (const other of founders.slice(0, -1)) peer.hear(other, { type: 'gather', members: [] })
  return peer
}

test('a ring begins when the one says so that has proposed it, and nobody else', () => {
  const peer = founder()
  peer.hear(proposer, { type: 'begin', members: founders })
  expect(peer.core.isMember).toBe(false)
  expect(peer.answers(proposer, proposal)).toEqual([{ type: 'yes', number: 7 }])
  for (const from of [second, 'stranger']) peer.hear(from, { type: 'begin', members: founders })
  expect(peer.core.isMember).toBe(false)
  peer.hear(proposer, { type: 'begin', members: founders })
  expect(peer.core.isMember).toBe(true)
})

test('nobody agrees to a ring with peers that it has never heard', () => {
  const peer = new RecordedPeer({}, founders.at(-1))
  for (const other of founders.slice(0, -2)) peer.hear(other, { type: 'gather', members: founders })
  expect(peer.answers(proposer, proposal)).toEqual([{ type: 'no', number: 7 }])
  peer.hear(founders.at(-2) as PeerId, { type: 'gather', members: [] })
  expect(peer.answers(proposer, proposal)).toEqual([{ type: 'yes', number: 7 }])
})

test('whoever has agreed keeps itself free for the proposer alone, also for another ring of the same one', () => {
  const peer = founder()
  const self = founders.at(-1) as PeerId
  const strangers = inOrder(Array.from({ length: 8 }, (_, index) => `q${index}`))
  const others = inOrder([...strangers, self])
  const [rival] = others as [PeerId]
  for (const other of strangers) peer.hear(other, { type: 'gather', members: [] })
  expect(peer.answers(proposer, proposal)).toEqual([{ type: 'yes', number: 7 }])
  expect(peer.answers(rival, { ...proposal, members: others })).toEqual([{ type: 'no', number: 7 }])
  const changed = inOrder([...founders.slice(0, 7), self, strangers.at(-1) as PeerId])
  expect(peer.answers(proposer, { ...proposal, members: changed })).toEqual([{ type: 'yes', number: 7 }])
  peer.hear(proposer, { type: 'begin', members: founders })
  expect(peer.core.isMember).toBe(false)
  peer.hear(proposer, { type: 'begin', members: changed })
  expect(peer.core.isMember).toBe(true)
})

test('a ring that is heard of ends a promise in ten rounds, however often it is asked for again', () => {
  const peer = founder()
  peer.hear(proposer, proposal)
  const entered = (): boolean =>
    peer.recorder.sent().some(({ to, message }) => to === 'member' && message.type === 'step')
  for (let round = 0; round < 9; round++) {
    peer.hear('member', { type: 'inside' })
    expect(peer.answers(proposer, proposal)).toEqual([{ type: 'no', number: 7 }])
    peer.recorder.advance(500)
    expect(entered()).toBe(false)
  }
  peer.recorder.advance(500)
  expect(entered()).toBe(true)
})

test('nobody is held for ever by one who proposes again and again', () => {
  const peer = founder()
  const answers: ChordMessage['type'][] = []
  for (let round = 0; round < 60; round++) {
    for (const other of founders.slice(0, -1)) peer.hear(other, { type: 'gather', members: [] })
    answers.push(...peer.answers(proposer, proposal).map(({ type }) => type))
    peer.recorder.advance(500)
  }
  expect(answers.indexOf('no')).toBe(50)
  expect(answers.slice(50, 59)).toEqual(Array.from({ length: 9 }, () => 'no'))
})

test('a ring is proposed once the lowest have stayed the same for a round', () => {
  const peer = new RecordedPeer({}, proposer)
  const proposals = (): number => peer.recorder.sent().filter(({ message }) => message.type === 'propose').length
  for (const other of founders.slice(1)) peer.hear(other, { type: 'gather', members: [] })
  peer.recorder.advance(500)
  expect(proposals()).toBe(0)
  peer.recorder.advance(500)
  expect(proposals()).toBe(8)
})

test('whoever is on no ring asks at a door that it was told of', () => {
  const peer = new RecordedPeer()
  peer.hear('mover', { type: 'elsewhere', door: 'door' as PeerId })
  peer.recorder.advance(500)
  expect(peer.recorder.sent()).toContainEqual(
    expect.objectContaining({ to: 'door', message: { type: 'gather', members: [] } }),
  )
})
