// Ed25519 without a wait, where the platform has it: in Node, whose crypto signs and checks before it returns. Browsers
// have WebCrypto alone, which answers later.
import { toString } from 'uint8arrays'

declare const keyObject: unique symbol

interface KeyObject {
  readonly [keyObject]: true
}

interface JsonWebKey {
  readonly format: 'jwk'
  readonly key: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly d?: string }
}

interface NodeCrypto {
  createPrivateKey(key: JsonWebKey): KeyObject
  createPublicKey(key: JsonWebKey): KeyObject
  sign(algorithm: null, bytes: Uint8Array, key: KeyObject): Uint8Array
  verify(algorithm: null, bytes: Uint8Array, key: KeyObject, signature: Uint8Array): boolean
}

interface NodeProcess {
  getBuiltinModule?(name: string): unknown
}

const { process } = globalThis as { readonly process?: NodeProcess }
const crypto = process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** @returns a function that signs with this key, which is read once; undefined where the platform has none */
export function promptSigner(seed: Uint8Array, publicKey: Uint8Array): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (crypto === undefined) return undefined
  const key = crypto.createPrivateKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: toString(publicKey, 'base64url'), d: toString(seed, 'base64url') },
  })
  // A copy: Node's Buffer is a Uint8Array whose `slice` copies nothing.
  return (bytes) => Uint8Array.from(crypto.sign(null, bytes, key))
}

/** @returns a function that checks signatures of this key; undefined where the platform has none */
export function promptVerifier(
  publicKey: Uint8Array,
): ((bytes: Uint8Array, signature: Uint8Array) => boolean) | undefined {
  if (crypto === undefined) return undefined
  const key = crypto.createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: toString(publicKey, 'base64url') },
  })
  return (bytes, signature) => crypto.verify(null, bytes, key, signature)
}
