import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/**
 * What a set of items adds up to: 32 numbers modulo 2^32 each, 1024 bits. Adding is associative and commutative and can
 * be undone, so a range's sum is the difference of two sums from the beginning (Meyer: a group, not only a monoid).
 * The README says why so wide.
 */
export type Sum = Uint32Array

export const lanes = 32

/** Digits of a nonce, and of a fingerprint: 8 bytes each. */
export const nonceBytes = 8
export const fingerprintBytes = 8

/** Adds the sum at one place of an array of sums to that at a place of another. */
export function addSum(target: Sum, at: number, source: Sum, from: number): void {
  const base = at * lanes
  const other = from * lanes
  for (let lane = 0; lane < lanes; lane++) {
    target[base + lane] = (target[base + lane] as number) + (source[other + lane] as number)
  }
}

export function subtractSum(target: Sum, at: number, source: Sum, from: number): void {
  const base = at * lanes
  const other = from * lanes
  for (let lane = 0; lane < lanes; lane++) {
    target[base + lane] = (target[base + lane] as number) - (source[other + lane] as number)
  }
}

/** How many items there are up to some place, and what they add up to. */
export interface Reach {
  readonly count: number
  readonly sum: Sum
}

/**
 * What is sent of a range: of its count and sum 8 bytes, in hexadecimal digits, that nobody can foresee who does not know
 * the session's nonce.
 */
export class Fingerprints {
  readonly #input: Uint8Array<ArrayBuffer> = new Uint8Array(nonceBytes + 4 + 4 * lanes)
  readonly #view = new DataView(this.#input.buffer)

  /** @param nonce 8 bytes in hexadecimal digits */
  constructor(nonce: string) {
    this.#input.set(hexToBytes(nonce))
  }

  /** Of what lies between two places of one set. */
  between(lower: Reach, upper: Reach): string {
    const view = this.#view
    view.setUint32(nonceBytes, upper.count - lower.count)
    for (let lane = 0; lane < lanes; lane++) {
      view.setUint32(nonceBytes + 4 + 4 * lane, (upper.sum[lane] as number) - (lower.sum[lane] as number))
    }
    return bytesToHex(sha256(this.#input).subarray(0, fingerprintBytes))
  }
}
