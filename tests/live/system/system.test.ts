import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Machine, type Report } from '../cli/machine.ts'

const limit = { timeout: 120_000 }
const profiles = ['lan-1', 'lan-2', 'lan-3'] as const

/** `peerloom lan 3`, when all three know each other. */
async function localNetwork(machine: Machine): Promise<Report[]> {
  const lan = machine.start(['lan', '3', '--network', machine.network, '--no-mdns', '--json'])
  const reports: Report[] = []
  for (const _ of profiles) {
    const report = (await lan.json()) as Report
    machine.adopt(report.pid)
    reports.push(report)
  }
  for (const profile of profiles) await machine.text(['wait', '--members', '3', '--profile', profile])
  return reports
}

async function converged(machine: Machine): Promise<void> {
  for (const profile of profiles) {
    await machine.text(['wait', '--converged', '--peers', '2', '--timeout', '60s', '--profile', profile])
  }
}

/** Resolves when the line is durable there. */
async function append(machine: Machine, profile: string, line: string): Promise<void> {
  const env = { VISUAL: `printf '%s\\n' "$LINE" >>`, LINE: line }
  await machine.text(['doc', 'edit', 'notes', '--profile', profile], { env })
}

function markdown(bytes: number): Buffer {
  let text = '# Field notes\n\n'
  for (let day = 1; text.length < bytes; day++) {
    text += `## Day ${day}\n\n- seen: ${day % 7} herons, *${day % 3} kingfishers*\n- water ${(day * 37) % 90} cm\n\n`
    text += `> It rained – or so it seemed – until ${day % 24} o’clock.\n\n\`\`\`js\nlog(${day}, '\\t')\n\`\`\`\n\n`
  }
  return Buffer.from(text)
}

test('three peers of one command show a page each, and hand a file on byte for byte', limit, async () => {
  await using machine = new Machine()
  const pages = (await localNetwork(machine)).map(({ page }) => page)
  expect(new Set(pages).size).toBe(3)
  for (const page of pages) expect(page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+$/)
  const before = markdown(150_000)
  expect(before.length).toBeGreaterThan(150_000)
  writeFileSync(join(machine.directory, 'before.md'), before)
  await machine.text(['doc', 'import', 'field-notes', 'before.md', '--profile', 'lan-2'])
  await converged(machine)
  for (const profile of profiles) {
    await machine.text(['doc', 'export', 'field-notes', `${profile}.md`, '--profile', profile])
    expect(readFileSync(join(machine.directory, `${profile}.md`)).equals(before)).toBe(true)
  }
})

test('a peer is killed while it and another are written to: nothing acknowledged is lost anywhere', limit, async () => {
  await using machine = new Machine()
  const reports = await localNetwork(machine)
  await append(machine, 'lan-1', 'first')
  await converged(machine)
  const acknowledged = ['first']
  const write = async (profile: string, lines: readonly string[]): Promise<void> => {
    for (const line of lines) {
      await append(machine, profile, line)
      acknowledged.push(line)
    }
  }
  const numbers = Array.from({ length: 8 }, (_, number) => number)
  await Promise.all([
    write(
      'lan-1',
      numbers.map((number) => `one ${number}`),
    ),
    write('lan-2', ['two 0', 'two 1']).then(async () => {
      const unacknowledged = append(machine, 'lan-2', 'perhaps').catch(() => {})
      process.kill(reports[1]?.pid ?? 0, 'SIGKILL')
      await unacknowledged
      await machine.again('lan-2')
      await write('lan-2', ['two 2'])
    }),
  ])
  await converged(machine)
  const texts = await Promise.all(
    profiles.map((profile) => machine.text(['doc', 'export', 'notes', '-', '--profile', profile])),
  )
  expect(new Set(texts).size).toBe(1)
  const lines = texts[0]
    ?.trimEnd()
    .split('\n')
    .filter((line) => line !== 'perhaps')
  expect(lines?.toSorted()).toEqual(acknowledged.toSorted())
})
