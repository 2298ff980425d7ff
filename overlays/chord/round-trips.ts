import type { Duration, PeerId } from '../../node/protocol/index.ts'

/** Peers that are remembered. Beyond, those measured longest ago are forgotten. */
const rememberedPeers = 512

/** The weight of a new measurement (RFC 6298). */
const share = 1 / 8

/** How long peers take to answer, smoothed. */
export class RoundTrips {
  readonly #byPeer = new Map<PeerId, number>()

  measured(peer: PeerId, roundTrip: Duration): void {
    const before = this.#byPeer.get(peer)
    // Put in anew, so that the first of the map is the one measured longest ago.
    if (before !== undefined) this.#byPeer.delete(peer)
    this.#byPeer.set(peer, before === undefined ? roundTrip : before + share * (roundTrip - before))
    if (this.#byPeer.size <= rememberedPeers) return
    const [oldest] = this.#byPeer.keys()
    if (oldest !== undefined) this.#byPeer.delete(oldest)
  }

  of(peer: PeerId): Duration | undefined {
    return this.#byPeer.get(peer)
  }
}
