import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { membershipContract } from '../contracts/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/contract-suites.md'), 'utf8')

/** The blocks of code of the guide, with the language that they are said to be in. */
const blocks = Array.from(guide.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language, code = '']) => ({ language, code }))
const [program = ''] = blocks.filter(({ language }) => language === 'ts').map(({ code }) => code)

/** Runs it within the package, where `peerloom` is the built one. @returns what it prints, line by line */
function run(code: string): string[] {
  mkdirSync(join(root, 'dist/guides'), { recursive: true })
  const folder = mkdtempSync(join(root, 'dist/guides/'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'guide.ts')
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout.trimEnd().split('\n')
}

const cases = membershipContract({
  open: () => Promise.reject(new Error('not opened')),
  partitions: true,
  restarts: true,
})

test('the overlay of the guide is the example, and keeps every promise that it makes', () => {
  expect(program).toBe(readFileSync(join(root, 'examples/own-membership.ts'), 'utf8'))
  const expected = cases.map(({ name, leftOut }) =>
    leftOut === undefined ? `kept: ${name}` : `left out: ${name} (${leftOut})`,
  )
  const lines = run(program)
  expect(lines).toEqual(expected)
  // What the guide shows of it.
  const shown = blocks.filter(({ language, code }) => language === 'sh' && code.startsWith('$ node examples/own-mem'))
  for (const line of shown[0]?.code.trimEnd().split('\n').slice(1, -1) ?? ['nothing is shown'])
    expect(lines).toContain(line)
})

test('the overlay of the guide that is broken as the guide says fails as the guide says', () => {
  const [, wrong = '', right = ''] = /: `(this\.#change\(.*?)` instead of\n`(this\.#change\(.*?)`/.exec(guide) ?? []
  expect(program).toContain(right)
  const broken = run(program.replace(right, wrong)).filter((line) => line.startsWith('BROKEN'))
  const shown = blocks.find(({ code }) => code.startsWith('BROKEN'))
  expect(broken).toContain(shown?.code.trimEnd())
})

test('the guide names every option of the harness and every suite', () => {
  for (const name of ['leaves', 'rejoins', 'tags', 'handsOver', 'forgetsProviders', 'partitions', 'restarts'])
    expect(guide).toContain(`| \`${name}\``)
  for (const suite of [
    'membershipContract',
    'broadcastContract',
    'routerContract',
    'dhtContract',
    'documentStoreContract',
  ])
    expect(guide).toContain(suite)
})
