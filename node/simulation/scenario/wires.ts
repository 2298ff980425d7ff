import type { Duration } from '../../protocol/index.ts'
import { constantLatency, logNormalLatency, uniformLatency, cityLatency, type Latency } from '../latency.ts'
import { duration, readDuration, share } from './quantities.ts'
import {
  converted,
  either,
  keyed,
  list,
  number,
  optional,
  record,
  refuse,
  required,
  word,
  type Shape,
} from './shape.ts'

/** A model of how long messages take, by name. */
export type LatencyModel =
  | { readonly model: 'constant'; readonly duration: Duration }
  | { readonly model: 'uniform'; readonly least: Duration; readonly most: Duration }
  | { readonly model: 'logNormal'; readonly median: Duration; readonly spread: number }
  | { readonly model: 'cities' }

/** What the wires between all peers are like. */
export interface Wires {
  readonly latency?: LatencyModel
  readonly loss?: number
  readonly duplication?: number
  readonly reordering?: number
}

const constant: Shape<LatencyModel> = converted(duration(), (given) => ({ model: 'constant', duration: given }))

const uniform: Shape<LatencyModel> = converted(list(duration(), { least: 2, most: 2 }), ([least = 0, most = 0]) => {
  if (least > most) throw new RangeError(`found ${least} to ${most} ms, allowed is the least first, then the most`)
  return { model: 'uniform', least, most }
})

const logNormal: Shape<LatencyModel> = converted(
  record<{ median: Duration; spread: number }>('an object with "median" and "spread"', {
    median: required(duration(1), 'Half of the messages are faster.'),
    spread: required(
      number({ least: 0, most: 3 }),
      'Standard deviation of the logarithm: 0.1 quiet, 0.5 busy, 1 mobile.',
    ),
  }),
  (given) => ({ model: 'logNormal', ...given }),
)

const wish =
  '"20ms" or milliseconds, {"uniform": ["1ms", "50ms"]}, {"logNormal": {"median": "40ms", "spread": 0.5}} or "cities"'

const cities: Shape<LatencyModel> = converted(word('cities'), () => ({ model: 'cities' }))

const latency: Shape<LatencyModel> = either<LatencyModel>(
  {
    number: constant,
    string: {
      wish,
      schema: { anyOf: [cities.schema, constant.schema] },
      read(value, place) {
        const isDuration = typeof value === 'string' && readDuration(value) !== undefined
        if (value !== 'cities' && !isDuration) return refuse(place, value, wish)
        return (isDuration ? constant : cities).read(value, place)
      },
    },
    object: keyed('an object with one of the keys "constant", "uniform" and "logNormal"', {
      constant,
      uniform,
      logNormal,
    }),
  },
  wish,
)

export const wires: Shape<Wires> = record<Wires>('an object that says what the wires are like', {
  latency: optional(latency, 'How long a message takes one way. Left out: evenly from 1 to 10 ms.'),
  loss: optional(share, 'Share of the messages that are lost.'),
  duplication: optional(share, 'Share of the messages that arrive twice.'),
  reordering: optional(share, 'Share of the messages that later ones overtake.'),
})

export function createLatency(given: LatencyModel): Latency {
  switch (given.model) {
    case 'constant':
      return constantLatency(given.duration)
    case 'uniform':
      return uniformLatency(given.least, given.most)
    case 'logNormal':
      return logNormalLatency(given.median, given.spread)
    case 'cities':
      return cityLatency()
  }
}
