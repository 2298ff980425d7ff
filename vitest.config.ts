import { defineConfig } from 'vitest/config'
import { isLongRun } from './tests/figures.ts'

/** What a test may take before something is wrong, in milliseconds. */
const limit = isLongRun ? 3_600_000 : 30_000

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: limit,
    hookTimeout: limit,
  },
})
