import { integer, sample, type Instant, type PeerId, type Random } from '../../node/protocol/index.ts'

export interface Neighbour {
  readonly peer: PeerId
  heardAt: Instant
}

/** Most connected peers remembered as possible neighbours; the longest known make room. */
const acquaintanceLimit = 256

/** Most peers remembered that were lost; the longest lost make room. */
const departedLimit = 64

/** How often a lost peer is asked, in vain, before it is forgotten. */
const departedAsks = 30

/**
 * The neighbours of this peer, a small random part of all. The relation is meant to be symmetric: a peer enters the
 * view when both have said so, and is told when it leaves (HyParView §4.1, the active view).
 */
export class View {
  readonly #neighbours = new Map<PeerId, Neighbour>()
  /** Whom the host says it is connected to. */
  readonly #acquaintances = new Set<PeerId>()
  /** Lost peers, and how often each was asked since. */
  readonly #departed = new Map<PeerId, number>()

  get size(): number {
    return this.#neighbours.size
  }

  get(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer)
  }

  has(peer: PeerId): boolean {
    return this.#neighbours.has(peer)
  }

  neighbours(): Iterable<Neighbour> {
    return this.#neighbours.values()
  }

  peers(): PeerId[] {
    return [...this.#neighbours.keys()]
  }

  add(peer: PeerId, now: Instant): void {
    this.#departed.delete(peer)
    this.#neighbours.set(peer, { peer, heardAt: now })
  }

  remove(peer: PeerId): boolean {
    return this.#neighbours.delete(peer)
  }

  heard(peer: PeerId, now: Instant): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour !== undefined) neighbour.heardAt = now
  }

  /** Any neighbour, all equally likely: whoever is to make room. */
  anyone(random: Random): PeerId | undefined {
    return this.#neighbours.size === 0 ? undefined : this.peers()[integer(random, this.#neighbours.size)]
  }

  meet(peer: PeerId): void {
    this.#departed.delete(peer)
    this.#acquaintances.delete(peer)
    this.#acquaintances.add(peer)
    if (this.#acquaintances.size <= acquaintanceLimit) return
    const [longest] = this.#acquaintances
    this.#acquaintances.delete(longest as PeerId)
  }

  part(peer: PeerId): void {
    this.#acquaintances.delete(peer)
    this.#departed.delete(peer)
    this.#departed.set(peer, 0)
    if (this.#departed.size <= departedLimit) return
    const [longest] = this.#departed.keys()
    this.#departed.delete(longest as PeerId)
  }

  /** Peers that could become neighbours. @param others whom the host does not tell of, but somebody else knows */
  candidates(random: Random, others: readonly PeerId[], count: number): PeerId[] {
    const pool = new Set([...this.#acquaintances, ...others])
    for (const peer of this.#neighbours.keys()) pool.delete(peer)
    return sample(random, [...pool], count)
  }

  /** Someone who was lost: a partition may have healed. */
  departed(random: Random): PeerId | undefined {
    const [peer] = sample(random, [...this.#departed.keys()], 1)
    if (peer === undefined) return undefined
    const asks = (this.#departed.get(peer) ?? 0) + 1
    if (asks < departedAsks) this.#departed.set(peer, asks)
    else this.#departed.delete(peer)
    return peer
  }
}
