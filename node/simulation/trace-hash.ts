/**
 * A running hash over everything that happens, in two 32-bit lanes of integer arithmetic: the same on every engine. It
 * tells two runs apart; it does not withstand somebody who looks for collisions.
 */
export class TraceHash {
  #left = 0x9e3779b9
  #right = 0x7f4a7c15

  add(value: number): void {
    this.#mix(value | 0)
    if (value > 0x7fff_ffff) this.#mix(Math.floor(value / 0x1_0000_0000) | 0)
  }

  /** What happened (kind and protocol), when, and to whom. */
  addEvent(time: number, kind: number, protocol: number, peer: number, other: number): void {
    this.add(time)
    this.#mix((protocol << 8) | kind)
    this.#mix(peer)
    this.#mix(other)
  }

  addBytes(bytes: Uint8Array): void {
    this.add(bytes.length)
    for (const byte of bytes) this.#mix(byte)
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return finish(this.#left) + finish(this.#right)
  }

  #mix(word: number): void {
    this.#left = Math.imul(this.#left ^ word, 0x85ebca6b)
    this.#left ^= this.#left >>> 13
    this.#right = Math.imul(this.#right + word, 0xc2b2ae35)
    this.#right = (this.#right << 15) | (this.#right >>> 17)
  }
}

function finish(lane: number): string {
  let hash = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0')
}
