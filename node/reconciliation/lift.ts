import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Item } from './item.ts'
import { lanes, type Sum } from './sum.ts'

const digestWords = 8

/** So many bytes of an item fit in one block of SHA-256, behind the counter and before the padding. */
const oneBlockBytes = 54

/** Words of a head record: a document's id of 32 bytes, and 16 bytes of its head. */
const recordWords = 12

/** An item as a sum of its own: SHA-256 of a counter and the item, as often as the sum is wide (Meyer's "lift"). */
export function lift(item: Item): Sum {
  const bytes = hexToBytes(item)
  return bytes.length <= oneBlockBytes ? liftOfBlock(bytes) : liftOfLong(bytes)
}

/** Adds the lift of a record to a sum, or, with the sign −1, takes it away. @param at where its words begin */
export function addLift(sum: Sum, words: Uint32Array, at: number, sign: 1 | -1): void {
  schedule.fill(0, 0, 16)
  let carried = 0
  for (let word = 0; word < recordWords; word++) {
    const value = words[at + word] as number
    schedule[word] = (carried << 24) | (value >>> 8)
    carried = value
  }
  schedule[recordWords] = (carried << 24) | 0x80_0000
  schedule[15] = 8 * (1 + 4 * recordWords)
  addDigests(sum, sign)
}

function liftOfBlock(bytes: Uint8Array): Sum {
  schedule.fill(0, 0, 16)
  for (let at = 0; at <= bytes.length; at++) {
    const place = at + 1
    schedule[place >> 2] = (schedule[place >> 2] as number) | ((bytes[at] ?? 0x80) << (24 - 8 * (place & 3)))
  }
  schedule[15] = 8 * (1 + bytes.length)
  const sum = new Uint32Array(lanes)
  addDigests(sum, 1)
  return sum
}

function liftOfLong(bytes: Uint8Array): Sum {
  const input = new Uint8Array(1 + bytes.length)
  input.set(bytes, 1)
  const lifted = new Uint32Array(lanes)
  for (let lane = 0; lane < lanes; lane += digestWords) {
    const digest = sha256(input)
    const view = new DataView(digest.buffer, digest.byteOffset)
    for (let word = 0; word < digestWords; word++) lifted[lane + word] = view.getUint32(4 * word)
    input[0] = (input[0] as number) + 1
  }
  return lifted
}

// FIPS 180-4, of one padded block. A record is lifted at each change and four times over, and most of what a general
// SHA-256 spends on it is not hashing: this takes a quarter of its time.

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const roundConstants = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
])

/** Its first 16 words are the block. */
const schedule = new Uint32Array(64)

/** Digests of the block with its first byte counting up, one behind the other. */
function addDigests(sum: Sum, sign: 1 | -1): void {
  const first = (schedule[0] as number) & 0xff_ffff
  for (let lane = 0, counter = 0; lane < lanes; lane += digestWords, counter++) {
    schedule[0] = first | (counter << 24)
    addDigest(sum, lane, sign)
  }
}

function addDigest(sum: Sum, lane: number, sign: 1 | -1): void {
  const words = schedule
  for (let at = 16; at < 64; at++) {
    const early = words[at - 15] as number
    const late = words[at - 2] as number
    const small = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3)
    const large = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10)
    words[at] = ((words[at - 16] as number) + small + (words[at - 7] as number) + large) | 0
  }
  let a = 0x6a09e667
  let b = 0xbb67ae85 | 0
  let c = 0x3c6ef372
  let d = 0xa54ff53a | 0
  let e = 0x510e527f
  let f = 0x9b05688c | 0
  let g = 0x1f83d9ab
  let h = 0x5be0cd19
  for (let at = 0; at < 64; at++) {
    const turned = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const chosen = g ^ (e & (f ^ g))
    const one = (h + turned + chosen + (roundConstants[at] as number) + (words[at] as number)) | 0
    const spun = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const two = (spun + ((a & b) ^ (c & (a ^ b)))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  sum[lane] = (sum[lane] as number) + sign * (a + 0x6a09e667)
  sum[lane + 1] = (sum[lane + 1] as number) + sign * (b + 0xbb67ae85)
  sum[lane + 2] = (sum[lane + 2] as number) + sign * (c + 0x3c6ef372)
  sum[lane + 3] = (sum[lane + 3] as number) + sign * (d + 0xa54ff53a)
  sum[lane + 4] = (sum[lane + 4] as number) + sign * (e + 0x510e527f)
  sum[lane + 5] = (sum[lane + 5] as number) + sign * (f + 0x9b05688c)
  sum[lane + 6] = (sum[lane + 6] as number) + sign * (g + 0x1f83d9ab)
  sum[lane + 7] = (sum[lane + 7] as number) + sign * (h + 0x5be0cd19)
}
