import { assert, integer, type Duration, type Random } from '../protocol/index.ts'
import { exponential, normal } from './arithmetic.ts'
import { cityTable } from './cities.ts'

/**
 * How long a message takes one way, drawn for each one.
 *
 * @param random the sender's chance
 * @param from peers are numbered 0 to n − 1 in the order in which they were added
 * @returns whole milliseconds
 */
export type Latency = (random: Random, from: number, to: number) => Duration

export function constantLatency(duration: Duration): Latency {
  return () => duration
}

/** Evenly from `least` to `most`, both included. */
export function uniformLatency(least: Duration, most: Duration): Latency {
  assert(Number.isInteger(least) && Number.isInteger(most) && 0 <= least && least <= most, 'latencies are ordered')
  return (random) => least + integer(random, most - least + 1)
}

/**
 * Log-normal, the usual shape of measured delays: half of them below `median`, a long tail above it.
 *
 * @param median milliseconds
 * @param spread standard deviation of the logarithm: 0.1 is a quiet wire, 0.5 a busy one, 1 a mobile phone
 */
export function logNormalLatency(median: Duration, spread: number): Latency {
  assert(median > 0 && spread >= 0 && spread <= 3, 'a median is above 0, a spread from 0 to 3')
  return (random) => Math.round(median * exponential(spread * normal(random)))
}

export interface CityLatencyOptions {
  /** Names from the table. @default all of them */
  readonly cities?: readonly string[]
  /** How far a delay strays from the table's, as a share of it; evenly to both sides. @default 0.1 */
  readonly jitter?: number
  /** One way between two peers of one city. @default 1 */
  readonly within?: Duration
}

/**
 * Half of the round trip between the cities of the two peers, as measured; peer i sits in city i modulo their number.
 *
 * @throws RangeError for a city that is not in the table
 */
export function cityLatency({ cities = cityTable.cities, jitter = 0.1, within = 1 }: CityLatencyOptions = {}): Latency {
  assert(jitter >= 0 && jitter <= 1, 'jitter is a share from 0 to 1')
  const rows = cities.map(cityNumber)
  assert(rows.length > 0, 'there is at least one city')
  return (random, from, to) => {
    const source = rows[from % rows.length] ?? 0
    const target = rows[to % rows.length] ?? 0
    const base = source === target ? within : (cityTable.roundTrips[source]?.[target] ?? 0) / 2
    return Math.round(base * (1 + jitter * (2 * random.next() - 1)))
  }
}

function cityNumber(name: string): number {
  const number = cityTable.cities.indexOf(name)
  if (number < 0) throw new RangeError(`No latencies are known of ${name}: there are ${cityTable.cities.join(', ')}`)
  return number
}
