import type { Signed } from '../protocol/index.ts'

const signatureLength = 64

/**
 * Signatures of the simulated world: a keyed hash in place of Ed25519, a thousand times quicker and the same in every
 * run. What binds it to the author is the simulation's secret, which no protocol can see: bytes or a key that were
 * changed do not verify, and a core that makes up a signature is found out.
 */
export class SimulatedSignatures {
  readonly #secret: number

  constructor(secret: number) {
    this.#secret = secret
  }

  /** A public key for an author of that name, 32 bytes. */
  key(name: string): Uint8Array {
    return spread(digest(this.#secret, new TextEncoder().encode(name)), 32)
  }

  sign(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    return spread(digest(digest(this.#secret ^ 0x5bd1e995, key), bytes), signatureLength)
  }

  verify({ key, bytes, signature }: Signed): boolean {
    const expected = this.sign(key, bytes)
    return signature.length === signatureLength && expected.every((byte, index) => byte === signature[index])
  }
}

function digest(seed: number, bytes: Uint8Array): number {
  let hash = seed | 0
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, 0x01000193)
    hash ^= hash >>> 15
  }
  return Math.imul(hash ^ bytes.length, 0x85ebca6b)
}

function spread(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let index = 0; index < length; index++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + index
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    bytes[index] = state >>> 24
  }
  return bytes
}
