import type { Duration } from '../../../node/protocol/index.ts'
import { combinations, type Extent } from '../experiment.ts'

/** How the parameters are set (Lifeguard, Table III; see the notes of the tables for what of it is from memory). */
export interface Grid {
  readonly anomalies: readonly number[]
  readonly durations: readonly Duration[]
  readonly intervals: readonly Duration[]
}

const whole: Grid = {
  anomalies: [1, 4, 8, 12, 16, 20, 24, 28, 32],
  durations: [128, 512, 2048, 8192, 16_384, 32_768],
  intervals: [1, 4, 16, 64, 256, 1024, 4096, 16_384],
}

/** Every length of a block; of the rest the corners and the middle. */
const coarse: Grid = { anomalies: [1, 16, 32], durations: whole.durations, intervals: [1, 64, 16_384] }

const first: Grid = { anomalies: [4, 32], durations: [2048, 16_384], intervals: [64] }

export function intervalGrid({ quick, wholeGrid }: Extent): Grid {
  if (quick) return first
  return wholeGrid ? whole : coarse
}

/** Shorter blocks than these end before anybody is declared failed. */
const detectable: readonly Duration[] = [16_384, 32_768]

export function thresholdGrid({ quick }: Extent): Grid {
  return { ...(quick ? first : whole), durations: detectable }
}

/** The settings of one repetition of the interval experiment. */
export function intervalSettings(
  grid: Grid,
): { readonly anomalies: number; readonly duration: Duration; readonly interval: Duration }[] {
  return combinations(
    thresholdSettings(grid),
    grid.intervals.map((interval) => ({ interval })),
  )
}

/** Those of the threshold experiment. */
export function thresholdSettings(grid: Grid): { readonly anomalies: number; readonly duration: Duration }[] {
  return combinations(
    grid.anomalies.map((anomalies) => ({ anomalies })),
    grid.durations.map((duration) => ({ duration })),
  )
}
