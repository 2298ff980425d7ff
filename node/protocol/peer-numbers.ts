import type { PeerId } from './environment.ts'

/** Table entries are pairs: the hash of a name, and its number, or this. */
const vacant = -1

/**
 * Numbers many peers from 0 on, in the order in which they are added: a hash table with linear probing, at most half
 * full, beside a list of the names.
 *
 * A `Map` does the same, but to compare a name it has to look at each other name of the same bucket. With a hundred
 * thousand peers, as in large simulations, none of them is in the processor's cache, and the look-ups are what takes most
 * of the time. For names that nobody chose so that they collide.
 */
export class PeerNumbers {
  /** By number. */
  readonly peers: readonly PeerId[] = []
  #table = new Int32Array(32).fill(vacant)

  /** @returns the number of that peer, −1 if it has none */
  of(peer: PeerId): number {
    return this.#table[this.#find(peer, hashOf(peer)) + 1] as number
  }

  /** @returns the number that the peer has or gets */
  add(peer: PeerId): number {
    const hash = hashOf(peer)
    const at = this.#find(peer, hash)
    const known = this.#table[at + 1] as number
    if (known !== vacant) return known
    const number = this.peers.length
    ;(this.peers as PeerId[]).push(peer)
    this.#table[at] = hash
    this.#table[at + 1] = number
    if (4 * this.peers.length > this.#table.length) this.#grow()
    return number
  }

  /** @returns where the peer is, or where it would be put */
  #find(peer: PeerId, hash: number): number {
    const table = this.#table
    const mask = table.length - 2
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const number = table[at + 1] as number
      if (number === vacant || (table[at] === hash && this.peers[number] === peer)) return at
    }
  }

  #grow(): void {
    const before = this.#table
    const mask = 2 * before.length - 2
    const table = new Int32Array(2 * before.length).fill(vacant)
    for (let entry = 0; entry < before.length; entry += 2) {
      if (before[entry + 1] === vacant) continue
      const hash = before[entry] as number
      let at = (hash << 1) & mask
      while (table[at + 1] !== vacant) at = (at + 2) & mask
      table[at] = hash
      table[at + 1] = before[entry + 1] as number
    }
    this.#table = table
  }
}

function hashOf(peer: PeerId): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < peer.length; index++) hash = Math.imul(hash ^ peer.charCodeAt(index), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) | 0
}
