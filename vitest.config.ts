import { defineConfig } from 'vitest/config'
import { isLongRun } from './tests/figures.ts'

/**
 * What a test may take before it is taken to hang, in milliseconds: the longest take 15 seconds on a quiet machine, and
 * machines differ by three times and more.
 */
const limit = isLongRun ? 3_600_000 : 120_000

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: limit,
    // Of those of one file that run side by side: live networks, which wait for most of their time.
    maxConcurrency: 3,
    hookTimeout: limit,
  },
})
