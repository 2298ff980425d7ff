import { expect, test } from 'vitest'
import { resolveChordOptions, type ChordOptions } from '../../../overlays/chord/index.ts'

const refused: readonly [ChordOptions | Record<string, unknown>, string][] = [
  [{ successors: 1 }, 'Cannot use successors = 1 for Chord: it must be an integer from 2 to 64'],
  [{ fingerBase: 6 }, 'Cannot use fingerBase = 6 for Chord: it must be 2, 4, 8 or 16'],
  [{ routing: 'both' }, 'Cannot use routing = both for Chord: it must be iterative or recursive'],
  [{ listAnswers: 1 }, 'Cannot use listAnswers = 1 for Chord: it must be true or false'],
  [{ deadMemory: 'no' }, 'Cannot use deadMemory = no for Chord: it must be true or false'],
  // A tenth of it would be no time at all, and a place that is in a hurry would never rest.
  [{ stabiliseInterval: 4 }, 'Cannot use stabiliseInterval = 4 for Chord: it must be an integer from 10 to 3600000'],
  [{ lookupTimeout: 500 }, 'Cannot use lookupTimeout = 500 for Chord: it must exceed requestTimeout = 500'],
  [{ requestTimeout: 20_000 }, 'Cannot use lookupTimeout = 10000 for Chord: it must exceed requestTimeout = 20000'],
  [{ gatherLimit: 8 }, 'Cannot use gatherLimit = 8 for Chord: it must exceed successors = 8'],
]

test.each(refused)('the options %o are refused', (options, message) => {
  expect(() => resolveChordOptions(options as ChordOptions)).toThrow(new RangeError(message))
})

test('the bounds themselves are taken', () => {
  const bounds = {
    stabiliseInterval: 10,
    requestTimeout: 500,
    lookupTimeout: 501,
    listAnswers: true,
    deadMemory: false,
  }
  expect(resolveChordOptions(bounds)).toMatchObject(bounds)
})
