import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { RingRequests } from './ring-requests.ts'
import type { RingNode } from './ring-node.ts'
import type { RoundTrips } from './round-trips.ts'

/** Until one that was silent is asked again. */
const patience: Duration = 30_000

/**
 * Whether those of a successor list are there at all. The rules ask its head alone; the others are hearsay, and whoever
 * can make them up would have lookups wait for them. What the rules do with the list remains theirs: here it is decided
 * whom lookups go by.
 */
export class RollCall {
  readonly #environment: ChordEnvironment
  readonly #requests: RingRequests
  readonly #roundTrips: RoundTrips
  readonly #attempts: number
  readonly #asked = new Set<PeerId>()
  /** When each may be asked again. */
  readonly #silent = new Map<PeerId, Instant>()

  constructor(environment: ChordEnvironment, requests: RingRequests, roundTrips: RoundTrips, attempts: number) {
    this.#environment = environment
    this.#requests = requests
    this.#roundTrips = roundTrips
    this.#attempts = attempts
  }

  /** Asks those of the list, beyond its head, that have never answered. @param changed called for each that does not */
  ask(list: readonly RingNode[], changed: () => void): void {
    const now = this.#environment.now()
    for (const [peer, until] of this.#silent) if (until <= now) this.#silent.delete(peer)
    this.#callUp(
      list.slice(1).filter(({ peer }) => !this.#roundTrips.hasAnswered(peer)),
      changed,
    )
  }

  /** Asks them whether they are on the ring, though they may have answered before. */
  askAgain(list: readonly RingNode[], changed: () => void): void {
    this.#callUp(list, changed)
  }

  heard(peer: PeerId): void {
    if (this.#silent.size > 0) this.#silent.delete(peer)
  }

  present(list: readonly RingNode[]): readonly RingNode[] {
    return this.#silent.size === 0 ? list : list.filter(({ peer }) => !this.#silent.has(peer))
  }
  #callUp(list: readonly RingNode[], changed: () => void): void {
    for (const { peer, index: at } of list) {
      if (this.#silent.has(peer) || this.#asked.has(peer)) continue
      this.#asked.add(peer)
      this.#requests.ask(peer, { type: 'ping', at }, this.#attempts, (reply) => {
        this.#asked.delete(peer)
        if (reply?.type === 'yes') return
        this.#silent.set(peer, this.#environment.now() + patience)
        changed()
      })
    }
  }
}
