import { sample, type Instant, type PeerId, type Random } from '../../node/protocol/index.ts'

interface Place {
  heardAt: Instant
  /** This peer asked for it of its own accord. */
  readonly isChosen: boolean
}

/** Who must make room, and for whom. */
export interface Displacement {
  /** How many trees grow over the link: what its loss would break. */
  readonly branches: (peer: PeerId) => number
  readonly random: Random
  /** Whether the peer that comes was chosen here. */
  readonly isChosen: boolean
}

/**
 * The places of the neighbours (HyParView §4.1), a few. Peers that were not asked displace anybody while they hold fewer
 * than half of the places, then only each other: strangers alone do not surround a peer.
 */
export class ActiveView {
  readonly #places = new Map<PeerId, Place>()
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  get size(): number {
    return this.#places.size
  }

  get isFull(): boolean {
    return this.#places.size >= this.#size
  }

  /** How many places are free. */
  get room(): number {
    return this.#size - this.#places.size
  }

  has(peer: PeerId): boolean {
    return this.#places.has(peer)
  }

  peers(): PeerId[] {
    return [...this.#places.keys()]
  }

  add(peer: PeerId, now: Instant, isChosen: boolean): void {
    this.#places.set(peer, { heardAt: now, isChosen })
  }

  /** @returns whether it was one */
  remove(peer: PeerId): boolean {
    return this.#places.delete(peer)
  }

  heard(peer: PeerId, now: Instant): void {
    const place = this.#places.get(peer)
    if (place !== undefined) place.heardAt = now
  }

  /** Who was not heard since that time. */
  silent(since: Instant): PeerId[] {
    return this.peers().filter((peer) => (this.#places.get(peer)?.heardAt ?? since) <= since)
  }

  /** Deviation: in the paper anybody makes room. Whose link is no branch of a tree is missed by nobody. */
  mostExpendable({ branches, random, isChosen }: Displacement): PeerId | undefined {
    let fewest = Number.POSITIVE_INFINITY
    let candidates: PeerId[] = []
    for (const peer of this.#displaceable(isChosen)) {
      const count = branches(peer)
      if (count > fewest) continue
      if (count < fewest) candidates = []
      fewest = count
      candidates.push(peer)
    }
    return sample(random, candidates, 1)[0]
  }

  #displaceable(isChosen: boolean): readonly PeerId[] {
    const peers = this.peers()
    if (isChosen) return peers
    const unchosen = peers.filter((peer) => this.#places.get(peer)?.isChosen === false)
    return 2 * unchosen.length < this.#size ? peers : unchosen
  }
}
