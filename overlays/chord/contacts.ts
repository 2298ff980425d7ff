import { sample, type PeerId, type Random } from '../../node/protocol/index.ts'

/** Peers that are remembered, connected or not. */
const contactLimit = 256
/** Of those that were lost so many are tried again at a time: they may have come back, or the network may. */
const triedAgain = 2

/** Peers that were met on the network, whatever they are on the ring. */
export class Contacts {
  readonly #random: Random
  readonly #connected = new Set<PeerId>()
  readonly #lost = new Set<PeerId>()

  constructor(random: Random) {
    this.#random = random
  }

  /** @returns `new` also for one that was lost; `full` if there is no room for it */
  add(peer: PeerId): 'new' | 'known' | 'full' {
    if (this.#connected.has(peer)) return 'known'
    if (this.#connected.size >= contactLimit) return 'full'
    this.#lost.delete(peer)
    this.#connected.add(peer)
    this.#makeRoom()
    return 'new'
  }

  lost(peer: PeerId): void {
    if (!this.#connected.delete(peer)) return
    this.#lost.add(peer)
  }

  /** It said that it goes. */
  gone(peer: PeerId): void {
    this.#connected.delete(peer)
    this.#lost.delete(peer)
  }

  connected(): readonly PeerId[] {
    return [...this.#connected]
  }

  /** Those that are connected, and a few that were. */
  promising(): readonly PeerId[] {
    if (this.#lost.size === 0) return [...this.#connected]
    return [...this.#connected, ...sample(this.#random, [...this.#lost], triedAgain)]
  }

  #makeRoom(): void {
    if (this.#connected.size + this.#lost.size <= contactLimit) return
    const [oldest] = this.#lost
    if (oldest !== undefined) this.#lost.delete(oldest)
  }
}
