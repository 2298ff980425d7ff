import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { experiment } from './rumors.ts'

const shared = { seed: 1, size: 1000, rumors: 40 }

test.each([
  { k: 1, residue: 0.18, traffic: 1.7, last: 16.8 },
  { k: 2, residue: 0.037, traffic: 3.3, last: 16.9 },
])(
  'rumors pushed until $k contacts were in vain leave out $residue (Demers, Table 1)',
  ({ k, residue, traffic, last }) => {
    const outcome = experiment.run({ ...shared, direction: 'push', response: 'feedback', loss: 'counter', k })
    expect(Math.abs(outcome.residue / residue - 1)).toBeLessThan(0.1)
    expect(Math.abs(outcome.traffic / traffic - 1)).toBeLessThan(0.05)
    expect(Math.abs(outcome.lastDelay / last - 1)).toBeLessThan(0.05)
  },
)

test('a blind coin leaves out more than feedback and a counter, pull fewer, for like traffic (Demers, Tables 1 to 3)', () => {
  const counted = experiment.run({ ...shared, direction: 'push', response: 'feedback', loss: 'counter', k: 3 })
  const blind = experiment.run({ ...shared, direction: 'push', response: 'blind', loss: 'coin', k: 5 })
  const pulled = experiment.run({ ...shared, direction: 'pull', response: 'feedback', loss: 'counter', k: 2 })
  for (const { traffic } of [counted, blind, pulled]) expect(Math.abs(traffic - 4.7)).toBeLessThan(0.5)
  expect(blind.lastDelay).toBeGreaterThan(1.5 * counted.lastDelay)
  expect(pulled.residue).toBeLessThan(counted.residue / 5)
})

test('the example sets rumors beside gossip(), and prints the same every time', async () => {
  const program = fileURLToPath(new URL('../../../examples/rumor-mongering/main.ts', import.meta.url))
  const run = async (): Promise<string> => (await promisify(execFile)('node', [program, '0.01'])).stdout
  const printed = await run()
  expect(printed).toMatch(/^push, feedback, counter of 1 +0\.\d+ +1\.\d+/m)
  expect(printed).toMatch(/^gossip\(\), a tree +0\.0* /m)
  expect(await run()).toBe(printed)
})
