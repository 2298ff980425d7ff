import { integer, type PeerId, type Random } from '../../node/protocol/index.ts'

/** Peers that could become neighbours, a random few of all (HyParView §4.1). When it is full, anyone makes room. */
export class PassiveView {
  readonly #limit: number
  readonly #peers: PeerId[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#peers.length
  }

  get peers(): readonly PeerId[] {
    return this.#peers
  }

  has(peer: PeerId): boolean {
    return this.#peers.includes(peer)
  }

  /** @param expendable who rather makes room than anyone: those just told to others (HyParView §4.5) */
  add(peer: PeerId, random: Random, expendable: PeerId[] = []): void {
    if (this.has(peer)) return
    while (this.#peers.length >= this.#limit) {
      const told = expendable.pop()
      if (told === undefined) this.#removeAt(integer(random, this.#peers.length))
      else this.remove(told)
    }
    this.#peers.push(peer)
  }

  remove(peer: PeerId): void {
    const index = this.#peers.indexOf(peer)
    if (index >= 0) this.#removeAt(index)
  }

  #removeAt(index: number): void {
    const last = this.#peers.pop() as PeerId
    if (index < this.#peers.length) this.#peers[index] = last
  }
}
