import { expect, test } from 'vitest'
import { PeerNumbers, type PeerId } from '../../../node/protocol/index.ts'

const names = Array.from({ length: 5000 }, (_, index) => `peer${index * 7}` as PeerId)

test('peers are numbered in the order in which they are added', () => {
  const numbers = new PeerNumbers()
  expect(names.map((name) => numbers.add(name))).toEqual(names.map((_, index) => index))
  expect(numbers.peers).toEqual(names)
})

test('a peer is found under its number however many came after it', () => {
  const numbers = new PeerNumbers()
  for (const [number, name] of names.entries()) {
    numbers.add(name)
    expect(numbers.of(names[number >> 1] as PeerId)).toBe(number >> 1)
  }
  expect(names.map((_, index) => numbers.of(`peer${index * 7}` as PeerId))).toEqual(names.map((_, index) => index))
})

test('a peer that is added again keeps its number', () => {
  const numbers = new PeerNumbers()
  expect(['a', 'b', 'a', 'b', 'c'].map((name) => numbers.add(name as PeerId))).toEqual([0, 1, 0, 1, 2])
})

test('a peer that was not added has no number', () => {
  const numbers = new PeerNumbers()
  expect(numbers.of('a' as PeerId)).toBe(-1)
  for (const name of names) numbers.add(name)
  for (const name of names) expect(numbers.of(`${name}?` as PeerId)).toBe(-1)
})
