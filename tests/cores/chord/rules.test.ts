import { describe, expect, test } from 'vitest'
import {
  zaveRules,
  type Answer,
  type Neighbourhood,
  type RingNode,
  type RingPoint,
} from '../../../overlays/chord/index.ts'
import type { PeerId } from '../../../node/protocol/index.ts'

/** Places in the order of the alphabet. */
const [a, b, c, d, e, f] = Array.from('abcdef', (name) => ({
  peer: name as PeerId,
  index: 0,
  point: name as RingPoint,
})) as [RingNode, RingNode, RingNode, RingNode, RingNode, RingNode]
const length = 2

const state = (predecessor: RingNode | undefined, ...successors: RingNode[]): Answer => ({
  type: 'state',
  neighbourhood: { predecessor, successors },
})

const names = ({ successors, predecessor }: Neighbourhood): string =>
  `${predecessor?.point ?? '-'} < > ${successors.map(({ point }) => point).join('')}`

describe('join', () => {
  test('whoever joins takes the whole list of the member that it follows, and has no predecessor', () => {
    expect(zaveRules.join(b, a, { successors: [c, d], predecessor: f })).toEqual({ successors: [c, d] })
  })

  test.each([
    ['somebody has joined between them meanwhile', c, a, [b, d]],
    ['the ring names the newcomer still, as one that was here before', b, a, [b, c]],
    ['that member knows nobody', b, a, []],
  ])('it does not where %s', (_, self, from, successors) => {
    expect(zaveRules.join(self, from, { successors, predecessor: undefined })).toBeUndefined()
  })
})

describe('stabilise from the successor', () => {
  const known: Neighbourhood = { successors: [c, d], predecessor: f }
  const pending = { step: 'stabilise-from-successor', to: c } as const

  test('the head of the list is asked', () => {
    expect(zaveRules.stabilise(a, known).pending).toEqual(pending)
  })

  test('an answer gives the list, cut to its length, and ends with a notification even if nothing changed', () => {
    const step = zaveRules.answered(a, known, pending, state(a, d, e), length)
    expect([names(step.neighbourhood), step.pending, step.notify]).toEqual(['f < > cd', undefined, c])
  })

  test('a head that is silent is dropped and the next one asked; its list is not guessed', () => {
    const step = zaveRules.answered(a, known, pending, { type: 'timed-out' }, length)
    expect([names(step.neighbourhood), step.pending?.to, step.notify]).toEqual(['f < > d', d, undefined])
  })

  test('a head that is busy is left alone until the next time', () => {
    expect(zaveRules.answered(a, known, pending, { type: 'busy' }, length)).toEqual({ neighbourhood: known })
  })

  test('a predecessor of the head that lies between is asked before it is believed', () => {
    const step = zaveRules.answered(a, known, pending, state(b, d, e), length)
    expect([names(step.neighbourhood), step.pending]).toEqual([
      'f < > cd',
      { step: 'stabilise-from-predecessor', to: b },
    ])
  })
})

describe('stabilise from the predecessor', () => {
  const known: Neighbourhood = { successors: [c, d], predecessor: f }
  const pending = { step: 'stabilise-from-predecessor', to: b } as const

  test('it becomes the successor once it has answered', () => {
    const step = zaveRules.answered(a, known, pending, state(undefined, c, d), length)
    expect([names(step.neighbourhood), step.notify]).toEqual(['f < > bc', b])
  })

  test.each(['timed-out', 'busy'] as const)(
    'it does not where it is %s; the successor is notified all the same',
    (type) => {
      const step = zaveRules.answered(a, known, pending, { type }, length)
      expect([names(step.neighbourhood), step.notify]).toEqual(['f < > cd', c])
    },
  )
})

describe('rectify', () => {
  test.each([
    ['a node without one takes whoever notifies it', undefined, b],
    ['a nearer one is taken at once', b, c],
  ])('%s', (_, predecessor, candidate) => {
    const step = zaveRules.notified(d, { successors: [e, f], predecessor }, candidate)
    expect([step.neighbourhood.predecessor, step.pending]).toEqual([candidate, undefined])
  })

  test('for one that is farther away the predecessor is pinged, and replaced only if it is silent', () => {
    const known: Neighbourhood = { successors: [e, f], predecessor: c }
    const { pending } = zaveRules.notified(d, known, b)
    expect(pending).toEqual({ step: 'rectify', to: c, candidate: b })
    if (pending === undefined) throw new Error('nothing is asked')
    expect(zaveRules.answered(d, known, pending, { type: 'alive' }, length).neighbourhood).toBe(known)
    expect(zaveRules.answered(d, known, pending, { type: 'timed-out' }, length).neighbourhood.predecessor).toBe(b)
  })
})
