import { expect, test } from 'vitest'
import { swimPresets } from '../../../overlays/swim/index.ts'
import { experiment } from './one-way-loss.ts'

const base = { options: swimPresets.lan, seed: 1, size: 60, duration: 120_000 }

test.each(['sent', 'received'] as const)(
  'members that lose all that is %s are removed, and nobody else',
  (direction) => {
    const outcome = experiment.run({ ...base, faulty: 0.05, direction, loss: 1 })
    expect(outcome).toMatchObject({ removed: 3, wronglyRemoved: 0, wrongInTheEnd: 0 })
    expect(outcome.views).toBeGreaterThan(1)
  },
)

test('where nothing is lost there is one view', () => {
  const outcome = experiment.run({ ...base, faulty: 0.05, direction: 'sent', loss: 0 })
  expect(outcome).toMatchObject({ removed: 0, wronglyRemoved: 0, views: 1, viewsOfAll: 1, settled: 0 })
})
