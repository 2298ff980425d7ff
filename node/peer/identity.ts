import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { DocumentStore } from '../protocol/index.ts'

/** Under which name a store keeps the author's private key. */
const authorKeyName = 'author-key'

/**
 * The author's key: made on the first start, kept in the store from then on. Whoever calls this sees to it that no
 * other session of the same store does so at once.
 */
export async function readAuthorKey(store: DocumentStore): Promise<Ed25519PrivateKey> {
  const kept = await store.get(authorKeyName)
  if (kept !== undefined) return readKey(kept)
  const made = await generateKeyPair('Ed25519')
  await store.put(authorKeyName, made.raw)
  return made
}

function readKey(raw: Uint8Array): Ed25519PrivateKey {
  const key = privateKeyFromRaw(raw)
  if (key.type !== 'Ed25519') throw new TypeError(`Cannot use the stored author key: it is of type ${key.type}`)
  return key
}
