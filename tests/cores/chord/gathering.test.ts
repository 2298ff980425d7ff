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
