import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { figure } from '../figures.ts'
import { traceHashOf } from './trace-hashes.ts'

const program = fileURLToPath(new URL('./trace-hashes-process.ts', import.meta.url))

async function inAnotherProcess(seeds: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, `${seeds}`])
  return stdout.trim()
}

const seeds = figure('hashes', 100, 1000)

test(`${seeds} seeds give the same trace hashes in two processes`, async () => {
  const [first, second] = await Promise.all([inAnotherProcess(seeds), inAnotherProcess(seeds)])
  expect(first).toMatch(/^[0-9a-f]{8}$/)
  expect(second).toBe(first)
})

test('no two seeds give the same trace hash', () => {
  expect(new Set(Array.from({ length: 50 }, (_, index) => traceHashOf(index + 1))).size).toBe(50)
})
