import type { Duration, PeerId } from '../../node/protocol/index.ts'

/** Peers that are remembered. Beyond, those that answered longest ago are forgotten. */
const rememberedPeers = 512

/** The weight of a new measurement (RFC 6298). */
const share = 1 / 8

/** Who has answered, and how long that took, smoothed. */
export class RoundTrips {
  /** Undefined for whom it could not be measured yet. */
  readonly #byPeer = new Map<PeerId, Duration | undefined>()

  /** @param roundTrip undefined where it could not be measured */
  answered(peer: PeerId, roundTrip: Duration | undefined): void {
    const before = this.#byPeer.get(peer)
    // Put in anew, so that the first of the map is the one that answered longest ago.
    this.#byPeer.delete(peer)
    this.#byPeer.set(peer, smoothed(before, roundTrip))
    if (this.#byPeer.size <= rememberedPeers) return
    const [oldest] = this.#byPeer.keys()
    if (oldest !== undefined) this.#byPeer.delete(oldest)
  }

  of(peer: PeerId): Duration | undefined {
    return this.#byPeer.get(peer)
  }

  hasAnswered(peer: PeerId): boolean {
    return this.#byPeer.has(peer)
  }
}

function smoothed(before: Duration | undefined, roundTrip: Duration | undefined): Duration | undefined {
  if (before === undefined || roundTrip === undefined) return before ?? roundTrip
  return before + share * (roundTrip - before)
}
