import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

const domain = utf8ToBytes('peerloom/heads/1')

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of big-endian words, under a key of 16 bytes: whoever lacks the key cannot
 * choose what collides. In halves of 32 bits, since BigInt takes a hundred times as long.
 */
export class KeyedHash {
  /** The result: a 64-bit number. */
  high = 0
  low = 0
  readonly #key: Int32Array

  /** @param key any bytes that the network shares */
  static of(key: Uint8Array): KeyedHash {
    return new KeyedHash(sha256(Uint8Array.from([...domain, ...key])).subarray(0, 16))
  }

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, 16)
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => view.getInt32(at, true))
  }

  /** @param count an even number of words */
  hash(words: Uint32Array, at: number, count: number): void {
    const [k0l, k0h, k1l, k1h] = this.#key as unknown as readonly [number, number, number, number]
    let v0l = k0l ^ 0x70736575
    let v0h = k0h ^ 0x736f6d65
    let v1l = k1l ^ 0x6e646f6d
    let v1h = k1h ^ 0x646f7261
    let v2l = k0l ^ 0x6e657261
    let v2h = k0h ^ 0x6c796765
    let v3l = k1l ^ 0x79746573
    let v3h = k1h ^ 0x74656462
    let low = 0
    let high = 0
    // Two rounds a block of two words, one block for the length, four rounds at the end.
    const blocks = count / 2
    for (let round = 0; round < 2 * blocks + 6; round++) {
      const block = round >> 1
      if ((round & 1) === 0 && block <= blocks) {
        low = block === blocks ? 0 : reversed(words[at + 2 * block] as number)
        high = block === blocks ? count << 26 : reversed(words[at + 2 * block + 1] as number)
        v3l ^= low
        v3h ^= high
      } else if (round === 2 * blocks + 2) v2l ^= 0xff
      let sum = (v0l >>> 0) + (v1l >>> 0)
      v0h = (v0h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0
      v0l = sum | 0
      sum = (v2l >>> 0) + (v3l >>> 0)
      v2h = (v2h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0
      v2l = sum | 0
      let turned = (v1l << 13) | (v1h >>> 19)
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
      v1l = turned ^ v0l
      turned = (v3l << 16) | (v3h >>> 16)
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
      v3l = turned ^ v2l
      turned = v0l
      v0l = v0h
      v0h = turned
      sum = (v2l >>> 0) + (v1l >>> 0)
      v2h = (v2h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0
      v2l = sum | 0
      sum = (v0l >>> 0) + (v3l >>> 0)
      v0h = (v0h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0
      v0l = sum | 0
      turned = (v1l << 17) | (v1h >>> 15)
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
      v1l = turned ^ v2l
      turned = (v3l << 21) | (v3h >>> 11)
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
      v3l = turned ^ v0l
      turned = v2l
      v2l = v2h
      v2h = turned
      if ((round & 1) === 1 && block <= blocks) {
        v0l ^= low
        v0h ^= high
      }
    }
    this.low = (v0l ^ v1l ^ v2l ^ v3l) >>> 0
    this.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0
  }
}

/** SipHash reads its input as little-endian. */
function reversed(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
