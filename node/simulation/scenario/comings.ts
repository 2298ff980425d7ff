import type { Duration } from '../../protocol/index.ts'
import type { Lifetime } from '../churn.ts'
import { peerChoice, type PeerChoice } from './peer-choice.ts'
import { duration, share } from './quantities.ts'
import { converted, fallback, flag, keyed, number, optional, record, required, type Shape } from './shape.ts'

/** Peers that come and go, as a scenario file says it: see `ChurnOptions`. */
export interface Comings {
  readonly arrivalsPerMinute: number
  readonly peers?: PeerChoice
  readonly lifetime?: Lifetime
  readonly crashShare: number
  readonly restartShare: number
  readonly downtime: Lifetime
  readonly disk: boolean
  readonly at: Duration
  readonly for?: Duration
}

const lifetime: Shape<Lifetime> = keyed<Lifetime>(
  '{"exponential": "10m"} or {"weibull": {"scale": "10m", "shape": 0.5}}',
  {
    exponential: converted(duration(1), (scale) => ({ scale })),
    weibull: record<{ scale: Duration; shape: number }>('an object with "scale" and "shape"', {
      scale: required(duration(1), 'About two thirds are shorter.'),
      shape: required(number({ least: 0.1, most: 10 }), 'Below 1 many short and few long ones; real peers about 0.5.'),
    }),
  },
)

export const comings: Shape<Comings> = record<Comings>('an object with "arrivalsPerMinute", "lifetime" and others', {
  arrivalsPerMinute: fallback(number({ least: 0, most: 100_000 }), 0, 'New peers a minute on average (Poisson).'),
  peers: optional(peerChoice, 'Peers of the start that go like the new ones. Left out: none.'),
  lifetime: optional(lifetime, 'How long each stays. Left out: to the end.'),
  crashShare: fallback(share, 0.5, 'Of those that go, the share that crashes; the others stop cleanly.'),
  restartShare: fallback(share, 0, 'Of those that go, the share that comes back.'),
  downtime: fallback(
    lifetime,
    { scale: 60_000 },
    'How long they are away. Left out: a minute on average, exponential.',
  ),
  disk: fallback(flag, true, 'Whether they then have what their disk held.'),
  at: fallback(duration(), 0, 'When it begins.'),
  for: optional(duration(1), 'How long it goes on; who is away then stays away. Left out: to the end.'),
})
