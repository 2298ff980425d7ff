import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
// Which answers a lookup believes is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { IterativeLookup, type LookupOutcome } from '../../../overlays/chord/lookup.ts'
import { resolveChordOptions, ringNode, type RingNode } from '../../../overlays/chord/index.ts'

/** In the order of the ring. */
const ring = Array.from({ length: 60 }, (_, index) => ringNode(`p${index}` as PeerId)).sort((left, right) =>
  left.point < right.point ? -1 : 1,
)
const key = (ring[59] as RingNode).point
const at = (place: number): RingNode => ring[place] as RingNode

/** @param says whom each names: nearer ones, or one that owns the key */
function look(says: (place: number) => { readonly nearer: readonly RingNode[] } | { readonly owner: RingNode }): {
  readonly outcome: LookupOutcome | undefined
  readonly asked: readonly number[]
} {
  const asked: number[] = []
  let outcome: LookupOutcome | undefined
  const lookup = new IterativeLookup(
    { key, following: 0, inDoubt: 0 },
    {
      self: 'self' as PeerId,
      now: () => 0,
      own: () => ({ type: 'outside' }),
      ask: (peer, _following, _avoid, settle) => {
        const place = ring.findIndex((node) => node.peer === peer)
        asked.push(place)
        const said = says(place)
        if ('owner' in said) settle({ type: 'found', number: 0, at: 0, successors: [said.owner] })
        else settle({ type: 'closer', number: 0, nodes: said.nearer })
      },
      // A thousandth of what it is: whoever names an owner claims an arc that is much too long.
      spacing: () => 1 / 60_000,
      silent: () => undefined,
      disordered: () => undefined,
      settle: (end) => (outcome = end),
    },
    resolveChordOptions(),
  )
  lookup.begin([at(0)])
  return { outcome, asked }
}

test('an arc that is longer than seems right is believed once eight others know no better', () => {
  const { outcome, asked } = look((place) => {
    if (place === 58) return { owner: at(59) }
    return { nearer: Array.from({ length: 8 }, (_, index) => at(Math.min(58, place + 8 - index))) }
  })
  expect(outcome).toMatchObject({ type: 'found', predecessor: at(58), successors: [at(59)] })
  const doubted = asked.indexOf(58)
  expect(asked).toHaveLength(doubted + 1 + 8)
})

test('of several such answers the one is believed whose owner is nearest to the key, if not at it', () => {
  const { outcome, asked } = look((place) => {
    if (place === 0) return { nearer: [at(20), at(10)] }
    return { owner: place === 20 ? ring[5]! : at(59) }
  })
  expect(asked).toEqual([0, 20, 10])
  expect(outcome).toMatchObject({ type: 'found', predecessor: at(10), successors: [at(59)] })
})
