import { Failure } from './failure.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** The longest that a timer of Node takes. */
const longest = 2 ** 31 - 1

/** @param given `500ms`, `5s`, `1.5m` @returns milliseconds @throws Failure for anything else */
export function readDuration(given: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(given)
  const duration = match === null ? Number.NaN : Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? 0))
  if (duration > 0 && duration <= longest) return duration
  throw new Failure('usage', `Cannot use ${JSON.stringify(given)} as a duration`, {
    hint: 'A duration is a number and a unit: 500ms, 5s, 2m, 1h; at most 24 days',
  })
}
