import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

declare const brand: unique symbol

/** A point of the identifier space that routers route to: a SHA-256, as 64 lower-case hexadecimal digits. */
export type Key = string & { readonly [brand]: 'Key' }

const textEncoder = new TextEncoder()
const pattern = /^[0-9a-f]{64}$/

/** @param content bytes, or text as UTF-8 */
export function keyOf(content: Uint8Array | string): Key {
  return bytesToHex(sha256(typeof content === 'string' ? textEncoder.encode(content) : content)) as Key
}

/** Whether a text is a key already. */
export function isKey(text: string): text is Key {
  return pattern.test(text)
}
