import { expect, test } from 'vitest'
import { FingerTable, SettledRing, ringNode } from '../../../overlays/chord/index.ts'
import type { PeerId } from '../../../node/protocol/index.ts'

const nodes = Array.from({ length: 500 }, (_, index) => ringNode(`peer ${index}` as PeerId))
const ring = new SettledRing(nodes)
const [self] = nodes as [(typeof nodes)[0]]
const size = 1n << 256n
const offset = (point: string): bigint => (BigInt(`0x${point}`) - BigInt(`0x${self.point}`) + size) % size

test('in base 2 the fingers begin at a half, a quarter, an eighth of the ring (Stoica et al., Table 1)', () => {
  const fingers = new FingerTable(self, 2)
  for (let number = 0; number < 20; number++) expect(offset(fingers.target(number))).toBe(size >> BigInt(number + 1))
})

test('in base 16 there are fifteen to each level, the farthest first', () => {
  const fingers = new FingerTable(self, 16)
  for (let number = 0; number < 45; number++) {
    const [level, part] = [Math.floor(number / 15) + 1, BigInt(15 - (number % 15))]
    expect(offset(fingers.target(number))).toBe(part * (size >> BigInt(4 * level)))
  }
})

test.each([2, 4, 8, 16])('with base %i each finger is the first node of its arc, and no arc is left out', (base) => {
  const fingers = new FingerTable(self, base)
  ring.fill(self, fingers)
  const head = ring.neighbourhood(self, 1)?.successors[0]
  if (head === undefined) throw new Error('there is no ring')
  for (let number = 0; fingers.isBeyond(number, head); number++) {
    const owner = ring.owner(fingers.target(number))
    expect(fingers.get(number)).toBe(fingers.isInArc(number, owner) ? owner : undefined)
  }
  // As many levels as separate 500 nodes: about nine in base 2, with as many fingers in each as the base has parts.
  expect(fingers.entries().length).toBeGreaterThan((Math.log2(500) / Math.log2(base)) * (base - 1) * 0.7)
})

test('places follow from names: nobody can choose one, and virtual nodes have their own', () => {
  const peer = 'somebody' as PeerId
  expect(ringNode(peer)).toBe(ringNode(peer))
  expect(new Set(Array.from({ length: 20 }, (_, index) => ringNode(peer, index).point)).size).toBe(20)
})
