import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/replication.md'), 'utf8')
const programs = Array.from(guide.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code)

test.each(programs.map((code) => [/createPeer.*\n\n?(.*)\n/.exec(code)?.[1] ?? '', code]))(
  'a program of the guide prints what it says: %s',
  { timeout: 60_000 },
  (_, code) => {
    mkdirSync(join(root, 'dist/guides'), { recursive: true })
    const folder = mkdtempSync(join(root, 'dist/guides/'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'program.ts')
    writeFileSync(file, code.replaceAll("'peerloom'", "'../../../node/peer/index.ts'"))
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 50_000 })
    expect(stderr).toBe('')
    const printed = Array.from(code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm), ([, text = '']) => text)
    expect(stdout.split('\n').slice(0, -1)).toEqual(printed)
    expect(printed).not.toEqual([])
  },
)

test('the guide lists its sections', () => {
  const sections = Array.from(guide.matchAll(/^## (.*)$/gm), ([, title = '']) => title)
  const listed = Array.from(guide.matchAll(/^- \[(.*)\]\(#/gm), ([, title = '']) => title)
  expect(listed).toEqual(sections)
})
