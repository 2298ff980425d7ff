import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import {
  resolveChordOptions,
  ringNode,
  type LookupOutcome,
  type RingNode,
  type RingPoint,
} from '../../../overlays/chord/index.ts'
// Whom a lookup asks is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { IterativeLookup } from '../../../overlays/chord/lookup.ts'

/** Ten nodes in the order of the ring; the key is that of the last one, and each knows all before it. */
const ring = Array.from({ length: 10 }, (_, index) => ringNode(`p${index}` as PeerId)).sort((left, right) =>
  left.point < right.point ? -1 : 1,
)
const key = ring[9]?.point as RingPoint
const nodes = (...places: number[]): RingNode[] => places.map((place) => ring[place] as RingNode)

interface Question {
  readonly place: number
  readonly avoid: readonly number[]
}

/**
 * A lookup whose questions are answered at once.
 *
 * @param knows whom each names, the nearest to the key first
 * @param dying those who answer once, and then no more
 */
function look(
  knows: Readonly<Record<number, readonly number[]>>,
  dead: readonly number[],
  deadMemory: boolean,
  dying: readonly number[] = [],
): { readonly questions: readonly Question[]; readonly begin: (...places: number[]) => LookupOutcome | undefined } {
  const questions: Question[] = []
  let outcome: LookupOutcome | undefined
  const placeOf = (peer: PeerId): number => ring.findIndex((node) => node.peer === peer)
  const lookup = new IterativeLookup(
    { key, following: 0, inDoubt: 0 },
    {
      self: 'self' as PeerId,
      now: () => 0,
      own: () => ({ type: 'outside' }),
      ask: (peer, _, avoid, settle) => {
        const place = placeOf(peer)
        const hasDied = dying.includes(place) && questions.some((question) => question.place === place)
        questions.push({ place, avoid: avoid.map(placeOf) })
        if (dead.includes(place) || hasDied) return settle(undefined)
        const named = (knows[place] ?? []).filter((other) => !avoid.includes((ring[other] as RingNode).peer))
        if (named.length > 0) settle({ type: 'closer', number: 0, nodes: nodes(...named) })
        else settle({ type: 'found', number: 0, at: 0, successors: nodes(9) })
      },
      spacing: () => undefined,
      silent: () => undefined,
      disordered: () => undefined,
      settle: (end) => (outcome = end),
    },
    resolveChordOptions({ deadMemory }),
  )
  return {
    questions,
    begin: (...places: number[]): LookupOutcome | undefined => {
      lookup.begin(nodes(...places))
      return outcome
    },
  }
}

test('nobody behind the nearest that answers is asked: that one is told who is dead, and asked again', () => {
  const { questions, begin } = look({ 2: [7, 6, 5], 7: [8] }, [8], true)
  const outcome = begin(2, 1)
  expect(questions).toEqual([
    { place: 2, avoid: [] },
    { place: 7, avoid: [] },
    { place: 8, avoid: [] },
    { place: 7, avoid: [8] },
  ])
  expect(outcome).toMatchObject({ type: 'found', hops: 2 })
})

test.each([true, false])(
  'who dies after it has answered is left alone, and who is behind it asked (memory: %s)',
  (deadMemory) => {
    const { questions, begin } = look({ 2: [7, 6], 7: [8] }, [8], deadMemory, [7])
    expect(begin(2)).toMatchObject({ type: 'found' })
    expect(questions.map(({ place }) => place)).toEqual([2, 7, 8, 7, 6])
  },
)

test('with a memory of the dead, the next to be asked is told of them', () => {
  const { questions, begin } = look({ 2: [8, 7], 7: [8] }, [8], true)
  expect(begin(2)).toMatchObject({ type: 'found' })
  expect(questions).toEqual([
    { place: 2, avoid: [] },
    { place: 8, avoid: [] },
    { place: 7, avoid: [8] },
  ])
})

test('without one, it names them again', () => {
  const { questions, begin } = look({ 2: [8, 7], 7: [8] }, [8], false)
  expect(begin(2)).toMatchObject({ type: 'found' })
  expect(questions).toEqual([
    { place: 2, avoid: [] },
    { place: 8, avoid: [] },
    { place: 7, avoid: [] },
    { place: 8, avoid: [] },
    { place: 7, avoid: [8] },
  ])
})

test('who cannot be told of all the dead is told of those nearest to the key', () => {
  const many = Array.from({ length: 40 }, (_, index) => ringNode(`q${index}` as PeerId))
  const target = '0'.repeat(64) as RingPoint
  const order = many.sort((left, right) => (left.point < right.point ? -1 : 1))
  const [last] = order.slice(-1)
  const told: PeerId[][] = []
  const lookup = new IterativeLookup(
    { key: target, following: 0, inDoubt: 0 },
    {
      self: 'self' as PeerId,
      now: () => 0,
      own: () => ({ type: 'outside' }),
      ask: (peer, _, avoid, settle) => {
        if (peer !== order[0]?.peer) return settle(undefined)
        told.push([...avoid])
        const named = order.filter((node) => !avoid.includes(node.peer) && node.peer !== peer).slice(-8)
        settle({ type: 'closer', number: 0, nodes: named.reverse() })
      },
      spacing: () => undefined,
      silent: () => undefined,
      disordered: () => undefined,
      settle: () => undefined,
    },
    resolveChordOptions(),
  )
  lookup.begin(order.slice(0, 1))
  expect(told.at(-1)).toHaveLength(16)
  expect(told.at(-1)?.[0]).toBe(last?.peer)
  expect(told.at(-1)).toEqual(
    order
      .slice(-16)
      .reverse()
      .map(({ peer }) => peer),
  )
})
