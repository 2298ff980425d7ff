import type { Signed } from '../protocol/index.ts'
import { promptVerifier } from './prompt-ed25519.ts'

/** Keys of authors that are kept imported. */
const keyLimit = 1024

const attemptLimit = 3

/** Field prime 2^255 − 19, group order and the y coordinates of the points of small order, little-endian. */
const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
const smallOrder = new Set(
  [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  ].map((point) => text(hex(point))),
)

/** This platform cannot check signatures at all; answering "invalid" would split it from all others. */
export class SignaturesUnavailableError extends Error {
  override readonly name: 'SignaturesUnavailableError' = 'SignaturesUnavailableError'
}

/**
 * The one rule for signatures: Ed25519 as RFC 8032 has it, without the factor 8, and strict. Platforms differ only on
 * keys and points of small order or with a second encoding, and on S ≥ L (Chalkias, Garillot and Nikolaenko, "Taming
 * the many EdDSAs", SSR 2020), so these are refused here before the platform is asked. A change that is valid on some
 * replicas only would be a permanent split.
 *
 * @throws SignaturesUnavailableError where WebCrypto has no Ed25519 (a page from another host without https, an old browser)
 */
export async function verifySignature({ key, bytes, signature }: Signed): Promise<boolean> {
  if (!wellFormed(key, signature)) return false
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) {
    throw new SignaturesUnavailableError('Cannot check signatures: crypto.subtle needs https or a loopback address')
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await subtle.verify('Ed25519', await importKey(key), buffer(signature), buffer(bytes))
    } catch (cause) {
      // An exception is no verdict: whatever went wrong here, other replicas may find the signature right.
      imported.delete(text(key))
      if (cause instanceof Error && cause.name === 'DataError') return false
      if (attempt === attemptLimit) {
        throw new SignaturesUnavailableError('Cannot check signatures: WebCrypto fails on Ed25519', { cause })
      }
    }
  }
}

function wellFormed(key: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false
  return canonicalPoint(key) && canonicalPoint(signature.subarray(0, 32)) && canonicalScalar(signature.subarray(32))
}

/** y < p, and not of small order. */
function canonicalPoint(point: Uint8Array): boolean {
  // Not slice(): that of a Buffer is a view, and the sign bit would be cleared in the signature itself.
  const y = Uint8Array.from(point)
  y[31] = (y[31] as number) & 0x7f
  if (y[31] === 0x7f && (y[0] as number) >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff)) return false
  return !smallOrder.has(text(y))
}

/** S < L. */
function canonicalScalar(scalar: Uint8Array): boolean {
  for (let index = 31; index >= 0; index--) {
    const difference = (scalar[index] as number) - (order[index] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

const imported = new Map<string, Promise<CryptoKey>>()

function importKey(key: Uint8Array): Promise<CryptoKey> {
  return kept(imported, key, () => globalThis.crypto.subtle.importKey('raw', buffer(key), 'Ed25519', false, ['verify']))
}

const verifiers = new Map<string, ReturnType<typeof promptVerifier>>()

/** As `verifySignature`, with nobody else to wait for where the platform can: Node's crypto and its WebCrypto are one. */
async function verifyPromptly(claim: Signed): Promise<boolean> {
  const { key, bytes, signature } = claim
  if (!wellFormed(key, signature)) return false
  try {
    const verify = kept(verifiers, key, () => promptVerifier(key))
    if (verify !== undefined) return verify(bytes, signature)
  } catch {
    // No verdict: the other way says what is wrong.
  }
  return verifySignature(claim)
}

function kept<Value>(known: Map<string, Value>, key: Uint8Array, make: () => Value): Value {
  const name = text(key)
  const present = known.get(name)
  if (present !== undefined) return present
  const [oldest] = known.keys()
  if (known.size >= keyLimit && oldest !== undefined) known.delete(oldest)
  const made = make()
  known.set(name, made)
  return made
}

/**
 * Runs checks in turn, so many at once, and answers each exactly once, never before `verify` has returned. One that is
 * alone is done here, sooner than a thread could be asked; where there are more, threads share them.
 */
export class SignatureChecks {
  readonly #limit: number
  readonly #waiting: (() => Promise<void>)[] = []
  #running = 0
  #next = 0

  /** @param limit checks under way at once */
  constructor(limit: number) {
    this.#limit = limit
  }

  verify(claim: Signed, answer: (valid: boolean) => void, failed: (error: unknown) => void): void {
    const check = this.#running === 0 && this.#waiting.length === 0 ? verifyPromptly : verifySignature
    this.#waiting.push(() => check(claim).then(answer, failed))
    this.#fill()
  }

  /** Forgets what has not begun. */
  stop(): void {
    this.#waiting.length = 0
    this.#next = 0
  }

  #fill(): void {
    while (this.#running < this.#limit && this.#next < this.#waiting.length) {
      const check = this.#waiting[this.#next++] as () => Promise<void>
      this.#running++
      void check().finally(this.#done)
    }
    // The queue is an array with a moving head: shifting a long one costs its length every time.
    if (this.#next > 1024 || this.#next === this.#waiting.length) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
  }

  readonly #done = (): void => {
    this.#running--
    this.#fill()
  }
}

function buffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes)
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
