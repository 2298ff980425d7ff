import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { ringNode } from '../../../overlays/chord/index.ts'
// Whom a peer remembers while there is no ring is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { Roster } from '../../../overlays/chord/roster.ts'

/** In the order of their points, the lowest first. */
const peers = Array.from({ length: 20 }, (_, index) => `p${index}` as PeerId).sort((left, right) =>
  ringNode(left).point < ringNode(right).point ? -1 : 1,
)
const at = (...places: number[]): PeerId[] => places.map((place) => peers[place] as PeerId)
const [p0, p1, p2, p3, p4] = peers as [PeerId, PeerId, PeerId, PeerId, PeerId]

test('of more than there is room for the lowest stay, whoever comes first', () => {
  for (const order of [peers, peers.toReversed()]) {
    const roster = new Roster(3)
    for (const peer of order) roster.hear(peer, 1)
    expect(roster.heardSince(0).toSorted()).toEqual(at(0, 1, 2).toSorted())
  }
})

test('who was only heard of takes no place from who was heard', () => {
  const roster = new Roster(2)
  roster.hear(p3, 1)
  roster.hear(p4, 1)
  for (const peer of at(0, 1, 2)) roster.hearOf(peer)
  expect(roster.heardSince(0)).toEqual([p3, p4])
  expect(roster.peers).toEqual([p3, p4, p0, p1])
  expect(roster.isFull).toBe(true)
})

test('a rumour that speaks is one no longer; refused is who is too high', () => {
  const roster = new Roster(2)
  expect(roster.hearOf(p1)).toBe(true)
  expect(roster.hearOf(p1)).toBe(false)
  expect(roster.hear(p1, 5)).toBe(true)
  expect([roster.hasHeard(p1), roster.size]).toEqual([true, 1])
  expect(roster.hear(p2, 5)).toBe(true)
  expect(roster.hear(p3, 5)).toBe(false)
  expect(roster.has(p3)).toBe(false)
  expect(roster.hear(p0, 5)).toBe(true)
  expect(roster.has(p2)).toBe(false)
})

test('the silent and all rumours are forgotten', () => {
  const roster = new Roster(5)
  roster.hear(p0, 1)
  roster.hear(p1, 10)
  roster.hearOf(p2)
  roster.forget(5)
  expect(roster.peers).toEqual([p1])
  roster.delete(p1)
  expect(roster.size).toBe(0)
})
