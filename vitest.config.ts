import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { isLongRun } from './tests/figures.ts'

/**
 * What a test may take before it is taken to hang, in milliseconds: the longest take 15 seconds on a quiet machine, and
 * machines differ by three times and more.
 */
const limit = isLongRun ? 3_600_000 : 120_000

// Tests start hundreds of processes: what one has compiled, and stripped of its types, the next ones find. An environment
// that is set here is that of the test processes and of all that they start.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'node')

export default defineConfig({
  test: {
    // libp2p's suite for datastores asks its own tool for an assertion library, which would bring half a registry along.
    alias: { 'aegir/chai': join(import.meta.dirname, 'tests/live/stores/suite-expect.ts') },
    server: { deps: { inline: ['interface-datastore-tests'] } },
    include: ['tests/**/*.test.ts'],
    testTimeout: limit,
    // As many as there are cores, where the default leaves one of them to nobody: files wait for about half of their time.
    maxWorkers: '100%',
    // Of those of one file that run side by side: live networks, which wait for most of their time.
    maxConcurrency: 3,
    hookTimeout: limit,
  },
})
