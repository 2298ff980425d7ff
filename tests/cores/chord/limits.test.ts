import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer } from './recorded-peer.ts'

const names = (name: string, count: number): PeerId[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}` as PeerId)

/** Who was turned away, each as often as it was. */
const turnedAway = (peer: RecordedPeer): string[] =>
  peer.rejections().map(([from, reason]) => (reason === 'full' ? from : reason))

test('of peers that are met sixteen are suspected, and 256 kept; who finds no room is told of', () => {
  const peer = new RecordedPeer()
  const met = names('peer', 257)
  for (const other of met) peer.core.connected(other)
  expect(turnedAway(peer)).toEqual(met.slice(16))
  peer.core.connected(met[0] as PeerId)
  expect(turnedAway(peer)).toEqual([])
})

test('of those on a ring sixteen are doors', () => {
  const peer = new RecordedPeer()
  const members = names('member', 17)
  for (const from of [...members, ...members]) peer.hear(from, { type: 'inside' })
  expect(turnedAway(peer)).toEqual([members[16], members[16]])
})

test('of doors that are named sixteen are kept', () => {
  const peer = new RecordedPeer()
  for (const door of [...names('door', 17), ...names('door', 17)]) peer.hear('stranger', { type: 'elsewhere', door })
  expect(turnedAway(peer)).toEqual(['stranger', 'stranger'])
})
