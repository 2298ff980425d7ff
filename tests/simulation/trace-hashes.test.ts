import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { traceHashOf } from './trace-hashes.ts'

const program = fileURLToPath(new URL('./trace-hashes-process.ts', import.meta.url))

async function inAnotherProcess(seeds: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, `${seeds}`])
  return stdout.trim()
}

test('a hundred seeds give the same trace hashes in two processes', async () => {
  const [first, second] = await Promise.all([inAnotherProcess(100), inAnotherProcess(100)])
  expect(first).toMatch(/^[0-9a-f]{8}$/)
  expect(second).toBe(first)
})

test('no two seeds give the same trace hash', () => {
  expect(new Set(Array.from({ length: 50 }, (_, index) => traceHashOf(index + 1))).size).toBe(50)
})
