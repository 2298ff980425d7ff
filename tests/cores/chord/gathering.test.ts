import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer } from './recorded-peer.ts'

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
