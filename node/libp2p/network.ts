import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** Longest name of a network, in characters. */
const nameLimit = 64

const keyLength = 32

export interface NetworkOptions {
  /** 1–64 characters. Peers of networks with different names never mix. Not a secret: it can be guessed. */
  readonly name: string
  /** 32 bytes that only members know. With it, nobody without it is heard. */
  readonly key?: Uint8Array
}

/** What peers of one network share, and what their channels prove to know. */
export interface NetworkSecret {
  readonly name: string
  /** Whether a key, and not the name alone, stands behind it. */
  readonly keyed: boolean
  /** 32 bytes. */
  readonly secret: Uint8Array
  /** 16 hexadecimal digits that tell networks apart in public (mDNS) and give neither name nor key away. */
  readonly tag: string
}

/**
 * HKDF-SHA-256 (RFC 5869) of the key, or of the name alone, with the name in the info. Network, tag and proof have
 * separate domains, so that none of them says anything about another.
 *
 * @throws RangeError when the name or the key is not of the allowed length
 */
export function networkSecret(network: NetworkOptions | string): NetworkSecret {
  const { name, key } = typeof network === 'string' ? { name: network } : network
  if (name.length < 1 || name.length > nameLimit) {
    throw new RangeError(`Cannot use a network name of ${name.length} characters: 1 to ${nameLimit} are allowed`)
  }
  if (key !== undefined && key.length !== keyLength) {
    throw new RangeError(`Cannot use a network key of ${key.length} bytes: it has ${keyLength}`)
  }
  const nameBytes = utf8ToBytes(name.normalize('NFC'))
  const material = key ?? nameBytes
  const mode = key === undefined ? 'open' : 'keyed'
  const derive = (purpose: string, length: number): Uint8Array =>
    hkdf(
      sha256,
      material,
      utf8ToBytes('peerloom/network/v1'),
      Uint8Array.from([...utf8ToBytes(`${purpose}/${mode}/`), ...nameBytes]),
      length,
    )
  const tag = Array.from(derive('tag', 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return Object.freeze({ name, keyed: key !== undefined, secret: derive('secret', 32), tag })
}
