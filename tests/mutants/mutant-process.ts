// Runs in the copy of the tree, as a process of its own, the test files that its parent names, and sends how they went. One
// vitest for all mutants: its start takes longer than the tests of a mutant.
import { resolve } from 'node:path'
import { createVitest } from 'vitest/node'
import type { FileOutcome, RunRequest } from './mutant-tree.ts'

const vitest = await createVitest('test', { watch: false, root: process.cwd(), reporters: [{}] })
await vitest.standalone()

process.on('message', (request) => {
  void run(request as RunRequest).then(
    (outcomes) => process.send?.(outcomes),
    (error: unknown) => process.send?.({ failure: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function run({ files, changed }: RunRequest): Promise<readonly FileOutcome[]> {
  for (const file of changed) vitest.invalidateFile(resolve(file))
  const specifications = await vitest.globTestSpecifications([...files])
  const { testModules } = await vitest.runTestSpecifications(specifications)
  // Those of earlier runs are told again.
  const asked = new Set(specifications.map(({ moduleId }) => moduleId))
  const modules = testModules.filter(({ moduleId }) => asked.has(moduleId))
  return modules.map((module) => {
    const tests = [...module.children.allTests()]
    return {
      name: module.moduleId,
      errors: module.errors().map(({ message }) => message),
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed: tests.filter((test) => test.result().state === 'failed').map(({ fullName }) => fullName),
    }
  })
}
