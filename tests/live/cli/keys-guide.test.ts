import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { immutableKey, keyOf, sharedKey } from '../../../node/protocol/index.ts'
import { Machine } from './machine.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/consistent-hashing.md'), 'utf8')

/** The blocks of the guide, with the language that they are said to be in. */
const blocks = Array.from(guide.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language = '', text = '']) => ({
  language,
  text,
}))

/** Each program, with what the block after it says that it prints. */
const programs = blocks.flatMap(({ language, text }, index) =>
  language === 'ts' ? [{ code: text, printed: blocks[index + 1]?.text }] : [],
)

/** Each command, with what the lines after it say that it prints. */
const commands = blocks
  .filter(({ language, text }) => language === 'sh' && text.startsWith('$ '))
  .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
  .map((entry) => {
    const [command = '', ...printed] = entry.trimEnd().split('\n')
    return { command, printed: printed.join('\n') }
  })

test('the programs of the guide print what it says', () => {
  mkdirSync(join(root, 'dist/guides'), { recursive: true })
  const folder = mkdtempSync(join(root, 'dist/guides/'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  expect(programs).toHaveLength(2)
  for (const [index, { code, printed }] of programs.entries()) {
    const file = join(folder, `program-${index}.ts`)
    writeFileSync(file, code)
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toBe(printed)
  }
})

test('the commands of the guide print what it says, on three peers', { timeout: 120_000 }, async () => {
  await using machine = new Machine()
  const profiles = ['lan-1', 'lan-2', 'lan-3']
  const { report } = await machine.up('lan-1')
  await Promise.all(profiles.slice(1).map((name) => machine.up(name, '--join', report.addresses[0] ?? '')))
  for (const name of profiles) {
    const show = ['overlay', 'show', 'chord', '--profile', name]
    let known = 0
    while (known < 2) known = (await machine.json<{ readonly gathered: readonly unknown[] }>(show)).gathered.length
  }
  for (const { command, printed } of commands) {
    const { stdout, stderr } = await machine.run(command.split(' ').slice(1))
    expect({ command, printed: comparable(`${stdout.toString()}${stderr}`) }).toEqual({
      command,
      printed: comparable(printed),
    })
  }
})

test('the keys in the guide that are the same everywhere are right, and its sections are listed', () => {
  const keys = [sharedKey('greeting'), keyOf('greeting'), sharedKey('colour'), keyOf('holiday.mp4'), keyOf('nothing')]
  for (const key of [...keys, immutableKey(new TextEncoder().encode('blob'))]) expect(guide).toContain(key)
  const titles = Array.from(guide.matchAll(/^## (.*)$/gm), ([, title = '']) => title)
  const links = Array.from(guide.matchAll(/^- \[(.*)\]\(#(.*)\)$/gm), ([, title, target]) => ({ title, target }))
  expect(links).toEqual(titles.map((title) => ({ title, target: title.toLowerCase().replaceAll(' ', '-') })))
})

/** Without what differs from run to run: who the peers are, their order, ports and times. */
function comparable(printed: string): string[] {
  return printed
    .trimEnd()
    .replace(/12D3KooW\w{44}( {2}this peer)?/g, 'PEER')
    .replace(/[\w-]{8}… +…\w{8}/g, 'WRITER VERSION')
    .replace(/\b[0-9a-f]{12}…/g, 'KEY…')
    .replace(/\b[0-9a-f]{64}\b/g, 'KEY')
    .replace(/tcp\/\d+/g, 'tcp/PORT')
    .replace(/[\d.]+ ms/g, 'TIME')
    .replace(/ +/g, ' ')
    .split('\n')
    .toSorted()
}
