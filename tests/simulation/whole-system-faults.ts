import { ByteWriter, integer, type DocumentId, type Random } from '../../node/protocol/index.ts'
import {
  authorReplicaId,
  encodeChangeSet,
  hashBody,
  sealChangeSet,
  type ReplicatorEntry,
  type SealedChangeSet,
} from '../../crdt/replicator/index.ts'

/** A set that its author did not sign. @param after goes on where this one ends; else it is the first of a replica */
export function forged(claimed: Uint8Array, document: DocumentId, after: SealedChangeSet | undefined): Uint8Array {
  const counter = after?.counter ?? 1000
  const author = after?.author ?? claimed
  const set = {
    document,
    author,
    counter,
    replica: authorReplicaId(author, counter),
    sequence: after === undefined ? 0 : after.sequence + after.count,
    count: 1,
    fragment: 0,
    continues: false,
    previous: after?.hash ?? new Uint8Array(32),
    dependencies: [],
    time: 0,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: forgedOperations,
    extensions: [],
  }
  const body = encodeChangeSet(set)
  return sealChangeSet(set, body, hashBody(body), new Uint8Array(64).fill(7)).bytes
}

const forgedOperations = new ByteWriter().varint(1).varint(1).bytes(Uint8Array.of(1)).finish()

/** Its first bytes, at times none. What stands beside them is a key, which is there or not. */
export function tear(entry: ReplicatorEntry, random: Random): ReplicatorEntry | undefined {
  const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, integer(random, bytes.length))
  switch (entry.type) {
    case 'set':
      return { ...entry, set: { ...entry.set, bytes: cut(entry.set.bytes) } }
    case 'document':
      return { ...entry, genesis: cut(entry.genesis) }
    case 'equivocation':
      return { ...entry, proof: cut(entry.proof) }
    case 'cursor':
      return undefined
  }
}
