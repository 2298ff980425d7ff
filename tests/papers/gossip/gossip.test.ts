import { expect, test } from 'vitest'
import { resolveGossipOptions } from '../../../overlays/gossip/index.ts'
import { experiment as churn } from './churn.ts'
import { experiment as hundredCycles } from './hundred-cycles.ts'
import { experiment as massFailure } from './mass-failure.ts'
import { experiment as treeCosts } from './tree-costs.ts'
import { experiment as treeFailure } from './tree-failure.ts'
import { experiment as viewGraph } from './view-graph.ts'

test('messages reach the living after half of the peers have crashed (HyParView, Figure 2)', () => {
  const outcome = massFailure.run({ seed: 1, size: 300, failed: 0.5, passiveViewSize: 30, messages: 50 })
  expect(outcome.reliability).toBeGreaterThan(0.98)
  expect(outcome.last).toBe(1)
})

test('active views are symmetric, full, and a random graph (HyParView, Table 1)', () => {
  const outcome = viewGraph.run({ seed: 1, size: 500 })
  expect(outcome.asymmetric).toBe(0)
  expect(outcome.degree).toBeGreaterThan(4.9)
  expect(outcome.clustering).toBeLessThan(0.02)
  // ln 500 / ln 4 = 4.5
  expect(outcome.averagePath).toBeLessThan(5)
})

test('after the warm-up a message is sent once to each peer (Plumtree, Table 1)', () => {
  const outcome = treeCosts.run({ seed: 1, size: 300 })
  expect(outcome.deliveries).toBe(1)
  expect(outcome.redundancy).toBeLessThan(0.005)
  expect(outcome.floodedPayload / 299).toBeGreaterThan(3.8)
  expect(outcome.control / 300).toBeGreaterThan(2.8)
})

test('eager push alone brings the first message after a failure to few; then the tree heals (Plumtree §4.4)', () => {
  const trial = { seed: 1, size: 500, failed: 0.8, messages: 30 }
  const { messageReliability, finalReliability } = treeFailure.run(trial)
  expect(messageReliability[0]).toBeLessThan(0.05)
  expect(messageReliability.at(-1)).toBeGreaterThan(0.8)
  expect(finalReliability[0]).toBeGreaterThan(0.98)
})

test('a message in each cycle reaches everybody', () => {
  expect(hundredCycles.run({ seed: 1, size: 300, cycles: 5 }).delivered).toBe(1)
})

test('while peers come and go and everybody publishes, everything arrives, nearly all of it once', () => {
  const options = resolveGossipOptions()
  const outcome = churn.run({ seed: 1, size: 300, options, churn: 0.01, messages: 60, every: 1000 })
  expect(outcome.missing).toBe(0)
  expect(outcome.redundancy).toBeLessThan(0.05)
})
