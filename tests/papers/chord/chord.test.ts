import { expect, test } from 'vitest'
import { experiment as constantChurn, type ConstantChurnTrial } from './constant-churn.ts'
import { meanOf, percentileOf } from './counts.ts'
import { experiment as load } from './load.ts'
import { experiment as lookupLatency } from './lookup-latency.ts'
import { experiment as pathLength } from './path-length.ts'
import { experiment as suddenFailure } from './sudden-failure.ts'

test('a lookup asks half of log2 N peers, routed by fingers alone (SIGCOMM 2001, Figure 10)', () => {
  const { hops, wrong } = pathLength.run({ seed: 1, size: 1024, options: { successors: 1 }, lookups: 5000 })
  expect(wrong).toBe(0)
  expect(Math.abs(meanOf(hops) - 4.86)).toBeLessThan(0.1)
  expect(percentileOf(hops, 0.01)).toBeLessThanOrEqual(2)
  expect(percentileOf(hops, 0.99)).toBeLessThanOrEqual(9)
})

test('successor lists and wider tables shorten the way', () => {
  const hops = [{ successors: 1 }, { successors: 8 }, { successors: 8, fingerBase: 16 }].map((options) =>
    meanOf(pathLength.run({ seed: 1, size: 1000, options, lookups: 2000 }).hops),
  )
  expect(hops[1]).toBeLessThan((hops[0] ?? 0) - 0.3)
  expect(hops[2]).toBeLessThan((hops[1] ?? 0) - 1)
})

test('twenty virtual nodes make the load even (SIGCOMM 2001, Figures 8 and 9)', () => {
  const trial = { seed: 1, peers: 2000, keys: [200_000] }
  const alone = load.run({ ...trial, virtualNodes: 1 })
  expect(Math.abs((alone.p99[0] ?? 0) - 4.6)).toBeLessThan(0.6)
  const spread = load.run({ ...trial, virtualNodes: 20 })
  expect(Math.abs((spread.p99[0] ?? 0) - 1.6)).toBeLessThan(0.2)
  expect(Math.abs((spread.p1[0] ?? 0) - 0.5)).toBeLessThan(0.1)
})

test('when a fifth fails at once, no lookup fails but those for lost keys (SIGCOMM 2001, Figure 11)', () => {
  const trial = { size: 1000, options: { successors: 20 }, failed: 0.2, lookups: 2000, mends: true }
  const { before, after } = suddenFailure.run({ ...trial, seed: 1 })
  expect(Math.abs(before.failed - 0.2)).toBeLessThan(0.03)
  expect(before.beyond).toBe(0)
  expect(after?.beyond).toBe(0)
  // Fingers are dead still; successors are not.
  expect(meanOf(after?.timeouts ?? [])).toBeLessThan(meanOf(before.timeouts))
})

test('with half of all dead, a memory of the dead saves time-outs (ToN 2003, Table II)', () => {
  const trial = { size: 1000, failed: 0.5, lookups: 5000, mends: false }
  const timeouts = [true, false].map((deadMemory) => {
    const { before } = suddenFailure.run({ ...trial, seed: 2, options: { successors: 20, deadMemory } })
    expect(before.beyond).toBe(0)
    return meanOf(before.timeouts)
  })
  expect(timeouts[0]).toBeLessThan(4.6)
  expect(timeouts[1]).toBeLessThan(5.5)
  expect(timeouts[1]).toBeGreaterThan((timeouts[0] ?? 0) + 0.3)
})

test('under churn few lookups fail, fewest with Zave’s rules and a way round the dead (SIGCOMM 2001, Figure 12)', () => {
  const trial = { size: 100, rate: 0.02, successors: 3, duration: 900_000 }
  const failed = (way: Pick<ConstantChurnTrial, 'rules' | 'manners'>): number =>
    constantChurn.run({ ...trial, ...way, seed: 1 }).failed
  const original = failed({ rules: 'original', manners: 'paper' })
  expect(original).toBeGreaterThan(0.005)
  expect(original).toBeLessThan(0.05)
  expect(failed({ rules: 'zave', manners: 'ours' })).toBeLessThan(original)
})

test('fingers chosen by their round trips make lookups little slower than asking the owner', () => {
  const options = { routing: 'recursive', fingerBase: 16, successors: 16 } as const
  const { lookup, direct, wrong } = lookupLatency.run({ seed: 1, size: 500, options, candidates: 16, lookups: 2000 })
  expect(wrong).toBe(0)
  expect(lookup / direct).toBeLessThan(1.5)
})
