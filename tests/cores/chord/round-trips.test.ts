import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
// How questions are kept is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { Requests } from '../../../overlays/chord/requests.ts'
// oxlint-disable-next-line no-restricted-imports
import { RoundTrips } from '../../../overlays/chord/round-trips.ts'

const [ann, bob] = ['ann', 'bob'] as [PeerId, PeerId]

describe('a question', () => {
  let now = 0
  const measured: (number | undefined)[] = []
  const requests = new Requests<{ readonly number: number }, { readonly number: number }>(
    {
      now: () => now,
      send: () => undefined,
      schedule: () => undefined,
      answered: (_, roundTrip) => void measured.push(roundTrip),
    },
    500,
  )

  test('that was sent once tells how long its answer took', () => {
    requests.ask(ann, {}, 3, () => undefined)
    now += 80
    requests.replied({ number: 1 }, ann)
    expect(measured.splice(0)).toEqual([80])
  })

  test('that was sent again does not: any of them may be answered', () => {
    requests.ask(ann, {}, 3, () => undefined)
    now += 500
    requests.expire(2)
    now += 80
    requests.replied({ number: 2 }, ann)
    expect(measured.splice(0)).toEqual([undefined])
  })
})

describe('round trips', () => {
  test('are smoothed; an answer that could not be measured changes nothing', () => {
    const roundTrips = new RoundTrips()
    roundTrips.answered(ann, 80)
    roundTrips.answered(ann, 160)
    expect(roundTrips.of(ann)).toBe(90)
    roundTrips.answered(ann, undefined)
    expect(roundTrips.of(ann)).toBe(90)
  })

  test('are unknown of whom nobody could measure, though it has answered', () => {
    const roundTrips = new RoundTrips()
    roundTrips.answered(ann, undefined)
    expect([roundTrips.hasAnswered(ann), roundTrips.of(ann)]).toEqual([true, undefined])
    expect(roundTrips.hasAnswered(bob)).toBe(false)
    roundTrips.answered(ann, 70)
    expect(roundTrips.of(ann)).toBe(70)
  })
})
