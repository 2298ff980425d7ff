import type { Instant, PeerId } from '../../node/protocol/index.ts'
import { ringNode } from './ring-node.ts'

/**
 * Peers known while there is no ring: those heard, and those only heard of, so many of each. Where there are more, those
 * with the lowest points stay: with them the ring begins, so they of all must know each other. Who is only heard of takes
 * no place from who was heard.
 */
export class Roster {
  readonly #limit: number
  /** When each was last heard. */
  readonly #heard = new Map<PeerId, Instant>()
  readonly #rumoured = new Set<PeerId>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#heard.size + this.#rumoured.size
  }

  get isFull(): boolean {
    return this.#rumoured.size >= this.#limit || this.#heard.size >= this.#limit
  }

  get peers(): readonly PeerId[] {
    return [...this.#heard.keys(), ...this.#rumoured]
  }

  has(peer: PeerId): boolean {
    return this.#heard.has(peer) || this.#rumoured.has(peer)
  }

  hasHeard(peer: PeerId): boolean {
    return this.#heard.has(peer)
  }

  heardSince(begin: Instant): PeerId[] {
    return [...this.#heard].filter(([, at]) => at >= begin).map(([peer]) => peer)
  }

  /** @returns whether there is room for it */
  hear(peer: PeerId, now: Instant): boolean {
    this.#rumoured.delete(peer)
    if (!this.#heard.has(peer) && !makeRoom(this.#heard, this.#limit, peer)) return false
    this.#heard.set(peer, now)
    return true
  }

  /** @returns whether it is new, and there is room for it */
  hearOf(peer: PeerId): boolean {
    if (this.has(peer) || !makeRoom(this.#rumoured, this.#limit, peer)) return false
    this.#rumoured.add(peer)
    return true
  }

  delete(peer: PeerId): void {
    this.#heard.delete(peer)
    this.#rumoured.delete(peer)
  }

  /** Those not heard since, and all that were only heard of. */
  forget(begin: Instant): void {
    for (const [peer, at] of this.#heard) if (at < begin) this.#heard.delete(peer)
    this.#rumoured.clear()
  }

  clear(): void {
    this.#heard.clear()
    this.#rumoured.clear()
  }
}

/** In a full one the highest gives way to one that is lower. */
function makeRoom(
  peers: { readonly size: number; keys(): Iterable<PeerId>; delete(peer: PeerId): boolean },
  limit: number,
  peer: PeerId,
): boolean {
  if (peers.size < limit) return true
  let highest = ringNode(peer)
  for (const known of peers.keys()) {
    const node = ringNode(known)
    if (node.point > highest.point) highest = node
  }
  return peers.delete(highest.peer)
}
