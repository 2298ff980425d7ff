import { sample, type PeerId, type Random } from '../../node/protocol/index.ts'

/** Most peers remembered that were lost; the longest lost make room. */
const lostLimit = 64

/** How often a lost peer is asked, in vain, before it is forgotten. */
const askLimit = 30

/** Peers that were lost, and may be back: a partition may heal. */
export class LostPeers {
  readonly #asked = new Map<PeerId, number>()

  add(peer: PeerId): void {
    if (this.#asked.has(peer)) return
    this.#asked.set(peer, 0)
    if (this.#asked.size <= lostLimit) return
    const [longest] = this.#asked.keys()
    this.#asked.delete(longest as PeerId)
  }

  remove(peer: PeerId): void {
    this.#asked.delete(peer)
  }

  /** Anybody: who is alone forgets nobody. */
  any(random: Random): PeerId | undefined {
    return sample(random, [...this.#asked.keys()], 1)[0]
  }

  /** Somebody to ask whether it is back; forgotten after the last time. */
  next(random: Random): PeerId | undefined {
    const peer = this.any(random)
    if (peer === undefined) return undefined
    const asks = (this.#asked.get(peer) ?? 0) + 1
    if (asks < askLimit) this.#asked.set(peer, asks)
    else this.#asked.delete(peer)
    return peer
  }
}
