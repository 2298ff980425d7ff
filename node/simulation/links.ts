/** Above the number of peers: two of them and a factor of four make a safe integer. */
const peerBase = 2 ** 25

/** The lower of two linked peers knows of the link; the higher does. */
const lowerKnows = 1
const higherKnows = 2

const vacant = -1

/**
 * Which peers are linked, as each of the two sees it: one table of numbers for all (open addressing, linear probing).
 * Everybody talks to everybody in the end, and a set for each peer took four times the memory and three misses of the
 * cache for each message.
 */
export class Links {
  /** Pairs, each times four plus who of the two knows. */
  #slots: Float64Array = new Float64Array(1024).fill(vacant)
  #size = 0

  /** Whether the peer knows of its link to the other. */
  has(peer: number, other: number): boolean {
    const slot = this.#slots[this.#find(pairOf(peer, other))] as number
    return slot !== vacant && ((slot % 4) & bitOf(peer, other)) !== 0
  }

  /** @returns whether it is new to the peer */
  add(peer: number, other: number): boolean {
    const pair = pairOf(peer, other)
    const at = this.#find(pair)
    const slot = this.#slots[at] as number
    const bit = bitOf(peer, other)
    if (slot !== vacant) {
      if (((slot % 4) & bit) !== 0) return false
      this.#slots[at] = slot + bit
      return true
    }
    this.#slots[at] = pair * 4 + bit
    if (++this.#size * 3 > this.#slots.length * 2) this.#grow()
    return true
  }

  /** @returns whether the peer knew of it */
  delete(peer: number, other: number): boolean {
    const at = this.#find(pairOf(peer, other))
    const slot = this.#slots[at] as number
    const bit = bitOf(peer, other)
    if (slot === vacant || ((slot % 4) & bit) === 0) return false
    if (slot % 4 !== bit) this.#slots[at] = slot - bit
    else this.#vacate(at)
    return true
  }

  /** The others that the peer knows it is linked to, in ascending order. @param count of all peers */
  of(peer: number, count: number): number[] {
    const others: number[] = []
    for (let other = 0; other < count; other++) if (other !== peer && this.has(peer, other)) others.push(other)
    return others
  }

  /** Pairs of whom at least one knows, and for whom that holds; the lower of the two first. */
  where(holds: (lower: number, higher: number) => boolean): (readonly [number, number])[] {
    const found: (readonly [number, number])[] = []
    for (const slot of this.#slots) {
      if (slot === vacant) continue
      const pair = Math.floor(slot / 4)
      const lower = Math.floor(pair / peerBase)
      if (holds(lower, pair - lower * peerBase)) found.push([lower, pair - lower * peerBase])
    }
    return found
  }

  /** @returns where the pair is, or where it would be put */
  #find(pair: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = home(pair) & mask
    for (;;) {
      const slot = slots[at] as number
      if (slot === vacant || Math.floor(slot / 4) === pair) return at
      at = (at + 1) & mask
    }
  }

  /** Moves up what was displaced by the one that goes, so that no search ends at the gap. */
  #vacate(gap: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let vacated = gap
    this.#size--
    slots[vacated] = vacant
    for (let at = (gap + 1) & mask; slots[at] !== vacant; at = (at + 1) & mask) {
      const slot = slots[at] as number
      const wanted = home(Math.floor(slot / 4)) & mask
      if (((at - wanted) & mask) < ((at - vacated) & mask)) continue
      slots[vacated] = slot
      slots[at] = vacant
      vacated = at
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Float64Array(old.length * 2).fill(vacant)
    for (const slot of old) if (slot !== vacant) this.#slots[this.#find(Math.floor(slot / 4))] = slot
  }
}

function pairOf(peer: number, other: number): number {
  return peer < other ? peer * peerBase + other : other * peerBase + peer
}

function bitOf(peer: number, other: number): number {
  return peer < other ? lowerKnows : higherKnows
}

function home(pair: number): number {
  const high = Math.floor(pair / peerBase)
  const hash = Math.imul(high, 0x9e3779b1) ^ Math.imul(pair - high * peerBase, 0x85ebca6b)
  return hash ^ (hash >>> 15)
}
