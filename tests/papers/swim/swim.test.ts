import { expect, test } from 'vitest'
import { mean } from '../statistics.ts'
import { experiment as firstDetection } from './first-detection.ts'
import { experiment as messageLoad } from './message-load.ts'

test('a failure is first detected in e/(e−1) protocol periods on average (SWIM §3.1)', () => {
  const periods = [1, 2].flatMap((seed) => firstDetection.run({ seed, size: 100, crashes: 500 }).periods)
  // The mean of 1,000 crashes is off by 0.03 or so.
  expect(Math.abs(mean(periods) - 1.58)).toBeLessThan(0.1)
})

test('how soon does not depend on the size of the group', () => {
  const means = [50, 200, 800].map((size) => mean(firstDetection.run({ seed: 3, size, crashes: 400 }).periods))
  for (const each of means) expect(Math.abs(each - 1.58)).toBeLessThan(0.15)
})

test('a member sends two messages in a period, however many members there are (SWIM, Figure 2)', () => {
  for (const size of [50, 500]) {
    expect(Math.abs(messageLoad.run({ seed: 1, size }).messages - 2)).toBeLessThan(0.1)
  }
})
