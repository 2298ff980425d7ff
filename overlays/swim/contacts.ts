import type { PeerId } from '../../node/protocol/index.ts'

/** Most seeds remembered, and half of the peers that may be asked for their list at once. */
const contactLimit = 64

const nobody: ReadonlySet<PeerId> = new Set()

/** Those whose member list is wanted (SWIM §3: a joiner contacts members it was told of), until they gave it. */
export class Contacts {
  #seeds: Set<PeerId> | undefined
  #waiting: Set<PeerId> | undefined

  get waiting(): ReadonlySet<PeerId> {
    return this.#waiting ?? nobody
  }

  /** Seeds stay known for good: they are the way back for a member that has lost everybody. */
  addSeeds(seeds: readonly PeerId[]): void {
    this.#seeds ??= new Set()
    for (const seed of seeds) {
      if (this.#seeds.size < contactLimit) this.#seeds.add(seed)
    }
    this.recallSeeds()
  }

  recallSeeds(): void {
    for (const seed of this.#seeds ?? nobody) this.#wait(seed)
  }

  /** @returns false when it is waited for already, or too many are */
  add(peer: PeerId): boolean {
    if (this.waiting.has(peer) || this.waiting.size >= 2 * contactLimit) return false
    this.#wait(peer)
    return true
  }

  /** It has told its list. */
  satisfied(peer: PeerId): void {
    this.#waiting?.delete(peer)
  }

  lost(peer: PeerId): void {
    if (this.#seeds?.has(peer) !== true) this.#waiting?.delete(peer)
  }

  clear(): void {
    this.#waiting = undefined
  }

  #wait(peer: PeerId): void {
    this.#waiting ??= new Set()
    this.#waiting.add(peer)
  }
}
