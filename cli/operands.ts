import { Failure } from './failure.ts'

/** @throws Failure unless it is a whole number within the limits */
export function readCount(given: unknown, what: string, least = 1, most = 1_000_000): number {
  const number = typeof given === 'string' && /^\d{1,7}$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new Failure(
    'usage',
    `Cannot use ${JSON.stringify(given)} as ${what}: a number from ${least} to ${most} is wanted`,
  )
}
