import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { promptSigner } from './prompt-ed25519.ts'

/** Signs with the key of an author (a person's device), which need not be the key behind the PeerId. */
export interface AuthorKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** @throws TypeError when the key is not Ed25519 */
export function authorKey(privateKey: PrivateKey): AuthorKey {
  if (!isEd25519(privateKey)) {
    throw new TypeError(`Cannot sign changes with a key of type ${privateKey.type}: an author key is Ed25519`)
  }
  const publicKey = privateKey.publicKey.raw
  // libp2p reads its key anew for every signature, which takes twice as long as to sign.
  const sign = promptSigner(privateKey.raw.subarray(0, 32), publicKey)
  return {
    publicKey,
    sign: async (bytes) => sign?.(bytes) ?? privateKey.sign(bytes),
  }
}

export function isEd25519(key: PrivateKey): key is Ed25519PrivateKey {
  return key.type === 'Ed25519'
}
