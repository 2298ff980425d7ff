/**
 * What a figure counts; `PEERLOOM_SEEDS` and so on set it for one run: seeds of the whole system, frames of each handler,
 * seeds whose trace hashes are compared, seeds of smaller groups, connections one after the other.
 */
export type Counted = 'seeds' | 'frames' | 'hashes' | 'groups' | 'cycles'

/**
 * How much a test tries: little enough for each change, or as much as a long run has time for (`npm run test:long`, which
 * sets `PEERLOOM_LONG`).
 */
export function figure(counted: Counted, eachChange: number, longRun: number): number {
  const chosen = process.env[`PEERLOOM_${counted.toUpperCase()}`]
  const count = chosen === undefined ? (isLongRun ? longRun : eachChange) : Number(chosen)
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`Cannot try ${chosen} ${counted}`)
  return count
}

export const isLongRun: boolean = (process.env['PEERLOOM_LONG'] ?? '') !== ''
