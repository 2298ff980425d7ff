import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, inOrder } from './recorded-peer.ts'

/** A member of a ring of nine. The others say nothing, and are given time. */
function member(): RecordedPeer {
  const founders = inOrder(Array.from({ length: 9 }, (_, index) => `p${index}`))
  const [proposer] = founders as [PeerId]
  const peer = new RecordedPeer({ requestTimeout: 60_000, lookupTimeout: 61_000, requestAttempts: 10 }, founders.at(-1))
  for (const other of founders.slice(0, -1)) peer.hear(other, { type: 'gather', members: [] })
  peer.hear(proposer, { type: 'propose', number: 1, members: founders })
  peer.hear(proposer, { type: 'begin', members: founders })
  expect(peer.core.isMember).toBe(true)
  return peer
}

test('doors that are named without end are looked at in turn with peers that were met', () => {
  const peer = member()
  peer.core.connected('met' as PeerId)
  peer.recorder.take()
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 20; count++) {
      peer.hear('stranger', { type: 'elsewhere', door: `door ${second}/${count}` as PeerId })
    }
    peer.recorder.advance(1000)
  }
  const asked = peer.recorder.sent().flatMap(({ to, message }) => (message.type === 'step' ? [to] : []))
  const met = asked.filter((to) => to === 'met').length
  const doors = asked.filter((to) => to.startsWith('door ')).length
  // Forty looks a minute, however many doors are named.
  expect([met + doors > 20, met + doors < 50]).toEqual([true, true])
  expect(Math.abs(met - doors)).toBeLessThan(3)
})
