import { afterAll, beforeAll, expect, test } from 'vitest'
import { MutantTree } from './mutant-tree.ts'
import { mutants, type Mutant } from './mutants.ts'

const limit = { timeout: 120_000 }

let tree: MutantTree

beforeAll(async () => {
  tree = await MutantTree.create()
}, limit.timeout)

afterAll(() => tree[Symbol.asyncDispose]())

test.for(mutants.map((mutant): [string, Mutant] => [mutant.name, mutant]))(
  'removed, and a test fails: %s',
  limit,
  async ([, mutant]) => {
    const { failed } = await tree.run(mutant)
    expect(failed).not.toEqual([])
  },
)

// After the mutants, so that it also shows that none of their mistakes has stayed.
test('without a mistake every test of the mutants passes', limit, async () => {
  const { passed, failed } = await tree.test([...new Set(mutants.flatMap(({ tests }) => tests))])
  expect(failed).toEqual([])
  expect(passed).toBeGreaterThan(0)
})

const harmless = {
  file: 'overlays/swim/suspicion.ts',
  text: '* How long a suspect may clear its name',
  replacement: '* For how long a suspect may clear its name',
  tests: ['tests/cores/swim/suspicion.test.ts'],
}

test('a change that breaks nothing is not taken for a mistake that was found', limit, async () => {
  expect((await tree.run(harmless)).failed).toEqual([])
})

test('a mutant that does not apply, or does not load, is an error', limit, async () => {
  await expect(tree.run({ ...harmless, text: 'no such text' })).rejects.toThrow('stands 0 times')
  await expect(tree.run({ ...harmless, replacement: '*/ this is no program' })).rejects.toThrow('Cannot run')
  await expect(tree.run({ ...harmless, tests: ['tests/cores/swim/no-such.test.ts'] })).rejects.toThrow('Cannot')
})
