import type { Duration } from '../../protocol/index.ts'
import { either, number, text, wholeNumber, type Shape } from './shape.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const durationPattern = String.raw`^(0|[1-9]\d{0,8})(\.\d{1,6})?(ms|s|m|h|d)$`

/** Thirty days: the longest that a scenario may name. */
const durationLimit: Duration = 30 * 86_400_000

/** @returns milliseconds of `90s`, `1.5m`, `200ms`; undefined for anything else, and for what is no whole millisecond */
export function readDuration(given: string): Duration | undefined {
  const match = new RegExp(durationPattern).exec(given)
  if (match === null) return undefined
  const [, whole = '', fraction = '', unit = ''] = match
  const duration = Number(whole + fraction) * (units[unit] ?? Number.NaN)
  const rounded = Math.round(duration)
  return Math.abs(duration - rounded) < 1e-6 && rounded <= durationLimit ? rounded : undefined
}

/** @param least milliseconds */
export function duration(least = 0): Shape<Duration> {
  const wish = 'a duration such as "90s" or 500 (milliseconds)'
  const above = least === 0 ? '' : `, at least ${least} ms`
  return either(
    {
      number: wholeNumber({ least, most: durationLimit }),
      string: text(`${wish}${above}, at most 30 days`, durationPattern, (given) => {
        const read = readDuration(given)
        return read === undefined || read < least ? undefined : read
      }),
    },
    `${wish}${above}`,
  )
}

/** `0.8` and `"80%"` are the same. */
export const share: Shape<number> = either(
  {
    number: number({ least: 0, most: 1 }),
    string: text('a share such as "1%", at most "100%"', percentPattern(), readPercent),
  },
  'a share from 0 to 1, or such as "80%"',
)

export function percentPattern(): string {
  return String.raw`^(100|\d{1,2}(\.\d{1,4})?)%$`
}

export function readPercent(given: string): number {
  return Number(given.slice(0, -1)) / 100
}

/** `90 s`, `2 m 30 s`, `1.25 s`, `40 ms`. */
export function durationInWords(duration: Duration): string {
  if (duration < 1000) return `${round(duration)} ms`
  if (duration < 120_000) return `${round(duration / 1000)} s`
  const whole = Math.round(duration / 1000)
  const minutes = Math.floor(whole / 60)
  const rest = whole % 60 === 0 ? '' : ` ${whole % 60} s`
  return minutes < 120 ? `${minutes} m${rest}` : `${round(duration / 3_600_000)} h`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
