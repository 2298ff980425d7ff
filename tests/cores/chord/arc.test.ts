import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
// How lists are read is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { arcIn } from '../../../overlays/chord/arc.ts'
import { ringNode, type RingNode, type RingPoint } from '../../../overlays/chord/index.ts'

/** Ten nodes in the order of the ring. */
const ring = Array.from({ length: 10 }, (_, index) => ringNode(`p${index}` as PeerId)).sort((left, right) =>
  left.point < right.point ? -1 : 1,
)
const node = (place: number): RingNode => ring[(place + 10) % 10] as RingNode
const nodes = (...places: number[]): RingNode[] => places.map(node)
/** A key that belongs to that node. */
const keyOfPlace = (place: number): RingPoint => node(place).point

describe('where a list says that a key lies', () => {
  test('before its head: the node itself precedes it', () => {
    expect(arcIn(node(0), nodes(1, 2, 3), keyOfPlace(1), 0)).toEqual({
      predecessor: node(0),
      successors: nodes(1, 2, 3),
    })
  })

  test('farther on: only where that is allowed, and as long as enough follow', () => {
    expect(arcIn(node(8), nodes(9, 0, 1), keyOfPlace(0), 0)).toBeUndefined()
    expect(arcIn(node(8), nodes(9, 0, 1), keyOfPlace(0), 2)).toEqual({ predecessor: node(9), successors: nodes(0, 1) })
    expect(arcIn(node(8), nodes(9, 0, 1), keyOfPlace(0), 3)).toBeUndefined()
    // Its head is its own to answer for, however short the list.
    expect(arcIn(node(8), nodes(9), keyOfPlace(9), 3)).toEqual({ predecessor: node(8), successors: nodes(9) })
  })

  test('nowhere: before the node, or beyond the list', () => {
    for (const place of [0, 4, 7]) expect(arcIn(node(0), nodes(1, 2, 3), keyOfPlace(place), 1)).toBeUndefined()
    expect(arcIn(node(0), [], keyOfPlace(1), 0)).toBeUndefined()
  })

  test('a list counts as far as it is in order', () => {
    expect(arcIn(node(0), nodes(1, 3, 2, 5), keyOfPlace(3), 1)?.successors).toEqual(nodes(3))
    expect(arcIn(node(0), nodes(1, 3, 2, 5), keyOfPlace(5), 1)).toBeUndefined()
    expect(arcIn(node(5), nodes(6, 6, 7), keyOfPlace(7), 1)).toBeUndefined()
  })
})
