import { isGone, ranks, type MemberRecord } from './members.ts'
import type { MemberUpdate } from './messages.ts'
import type { VersionedTags } from './tags.ts'

type Claim = Pick<MemberUpdate, 'peer' | 'state' | 'incarnation'> & { readonly tags: VersionedTags }

/**
 * A number that two members have in common when they believe the same of all who live, so that they need not send each
 * other their lists. A sum of hashes: changes are taken out and put in one at a time. It finds accidents of the network;
 * whoever wants to hide something need not send it in the first place.
 */
export class Digest {
  #left: number
  #right: number

  /** @param from starts as that one is now */
  constructor(from?: Digest) {
    this.#left = from === undefined ? 0 : from.#left
    this.#right = from === undefined ? 0 : from.#right
  }

  /** Those who are gone count for nothing: some remember them, some do not. */
  add(record: MemberRecord): void {
    if (!isGone(record.state)) this.#count(record, 1)
  }

  remove(record: MemberRecord): void {
    if (!isGone(record.state)) this.#count(record, -1)
  }

  /** With what a member says of itself. @returns an integer of 52 bits */
  with(self: Claim): number {
    const all = new Digest(this)
    all.#count(self, 1)
    return (all.#left >>> 0) + (all.#right & 0xfffff) * 0x1_0000_0000
  }

  #count({ peer, state, incarnation, tags }: Claim, sign: number): void {
    let [left, right] = [0x811c9dc5 ^ ranks[state], 0x9e3779b9 + ranks[state]]
    for (let index = 0; index < peer.length; index++) {
      const code = peer.charCodeAt(index)
      left = Math.imul(left ^ code, 0x01000193)
      right = Math.imul(right + code, 0x85ebca6b)
    }
    for (const number of [incarnation, tags.version]) {
      left = mixed(mixed(left ^ (number | 0)) ^ Math.floor(number / 0x1_0000_0000))
      right = mixed(mixed(right + (number | 0)) + Math.floor(number / 0x1_0000_0000))
    }
    this.#left = (this.#left + sign * left) | 0
    this.#right = (this.#right + sign * right) | 0
  }
}

function mixed(word: number): number {
  const hash = Math.imul(word ^ (word >>> 16), 0xc2b2ae35)
  return hash ^ (hash >>> 13)
}
