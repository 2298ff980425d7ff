import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'

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
  return {
    publicKey: privateKey.publicKey.raw,
    sign: async (bytes) => privateKey.sign(bytes),
  }
}

export function isEd25519(key: PrivateKey): key is Ed25519PrivateKey {
  return key.type === 'Ed25519'
}
