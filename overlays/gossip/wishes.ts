import type { Instant, PeerId } from '../../node/protocol/index.ts'

/** What was asked of a peer that has not answered; of one that a walk named, at the end of the walk. */
export type Wish = 'join' | 'walk' | 'urgent' | 'low'

interface Asked {
  readonly wish: Wish
  readonly since: Instant
}

/** Who was asked to be a neighbour, and who has refused of late (HyParView §4.3). */
export class Wishes {
  readonly #asked = new Map<PeerId, Asked>()
  readonly #refusals = new Set<PeerId>()

  /** How many have not answered yet, of those that were chosen here: others may make up as many newcomers as they like. */
  get size(): number {
    let size = 0
    for (const { wish } of this.#asked.values()) if (wish !== 'walk') size++
    return size
  }

  get wereRefused(): boolean {
    return this.#refusals.size > 0
  }

  /** Whether it makes sense to ask that peer. */
  mayAsk(peer: PeerId): boolean {
    return !this.#asked.has(peer) && !this.#refusals.has(peer)
  }

  ask(peer: PeerId, wish: Wish, now: Instant): void {
    this.#asked.set(peer, { wish, since: now })
  }

  /** It has answered, or will not. @returns what it was asked */
  settle(peer: PeerId): Wish | undefined {
    const wish = this.#asked.get(peer)?.wish
    this.#asked.delete(peer)
    return wish
  }

  refused(peer: PeerId): void {
    this.#asked.delete(peer)
    this.#refusals.add(peer)
  }

  /** Whoever was full may have room by now. */
  forgetRefusals(): void {
    this.#refusals.clear()
  }

  /** @returns those of them that were asked before that time and have not answered: they are asked no longer */
  giveUp(peers: readonly PeerId[], before: Instant): PeerId[] {
    // One that has answered may have been asked again since.
    const silent = peers.filter((peer) => (this.#asked.get(peer)?.since ?? Number.POSITIVE_INFINITY) <= before)
    for (const peer of silent) this.#asked.delete(peer)
    return silent
  }
}
