import type { Duration } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { Question, Reply } from './messages.ts'
import { Requests } from './requests.ts'
import type { RoundTrips } from './round-trips.ts'

/** What members of the ring ask each other. */
export type RingRequests = Requests<Question, Reply>

export function ringRequests(environment: ChordEnvironment, timeout: Duration, roundTrips: RoundTrips): RingRequests {
  return new Requests(
    {
      now: () => environment.now(),
      send: (to, question) => void environment.send(to, question),
      schedule: (number, delay) => environment.schedule({ type: 'request', number }, delay),
      answered: (peer, roundTrip) => roundTrips.answered(peer, roundTrip),
    },
    timeout,
  )
}
