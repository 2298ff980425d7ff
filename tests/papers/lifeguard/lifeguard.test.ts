import { expect, test } from 'vitest'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import { percentile, total } from '../statistics.ts'
import { configurations } from './configurations.ts'
import { experiment as interval } from './interval.ts'
import { experiment as threshold } from './threshold.ts'

/** Two settings of the paper's grid under which plain SWIM fares badly. */
const settings = [
  { anomalies: 16, duration: 16_384, interval: 64 },
  { anomalies: 8, duration: 32_768, interval: 4 },
]

function falsePositives(options: SwimOptions): number {
  return total(settings.map((setting) => interval.run({ options, seed: 1, ...setting }).falsePositives))
}

const ofSwim = falsePositives(configurations.SWIM)

test('slow members make SWIM take healthy ones for failed', () => {
  expect(ofSwim).toBeGreaterThan(200)
})

test('Lifeguard has few of its false positives (Table IV)', () => {
  expect(falsePositives(configurations.Lifeguard) / ofSwim).toBeLessThanOrEqual(0.05)
})

test('the experiment notices when suspicion is all but off', () => {
  const planted = { ...configurations.Lifeguard, suspicionMultiplier: 1, suspicionMaximumMultiplier: 1 }
  expect(falsePositives(planted) / ofSwim).toBeGreaterThan(0.05)
})

test.each(['SWIM', 'Lifeguard'] as const)(
  'a true failure is detected as soon as in the paper by %s (Table V)',
  (name) => {
    const latencies = [1, 2, 3].flatMap(
      (seed) => threshold.run({ options: configurations[name], seed, anomalies: 8, duration: 32_768 }).firstDetection,
    )
    expect(latencies).toHaveLength(24)
    expect(Math.abs(percentile(latencies, 0.5) / 1000 - 12.4)).toBeLessThanOrEqual(0.5)
  },
)

test('the experiment notices when suspicion is all but off: failures are detected much too soon', () => {
  const options = { ...configurations.Lifeguard, suspicionMultiplier: 1 }
  const { firstDetection } = threshold.run({ options, seed: 1, anomalies: 8, duration: 32_768 })
  expect(percentile(firstDetection, 0.5)).toBeLessThan(8000)
})
