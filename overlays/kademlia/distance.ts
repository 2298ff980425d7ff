import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { sha256 } from '@noble/hashes/sha2.js'

/** A point of the space in which kad-dht measures: the SHA-256 of a key's bytes, or of the multihash of a peer. */
export type KadId = Uint8Array

export function kadIdOf(bytes: Uint8Array): KadId {
  return sha256(bytes)
}

export function kadIdOfPeer(peer: Libp2pPeerId): KadId {
  return sha256(peer.toMultihash().bytes)
}

/** Negative when `left` is nearer to the target by the XOR metric (§2.1). */
export function compareDistance(target: KadId, left: KadId, right: KadId): number {
  for (let index = 0; index < target.length; index++) {
    const byte = target[index] as number
    const difference = (byte ^ (left[index] as number)) - (byte ^ (right[index] as number))
    if (difference !== 0) return difference
  }
  return 0
}

/** Leading bits that both have. */
export function commonPrefixLength(left: KadId, right: KadId): number {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) ^ (right[index] as number)
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24
  }
  return left.length * 8
}
