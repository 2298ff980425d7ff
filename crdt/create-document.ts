import { VectorClock } from '../node/protocol/index.ts'
import type { Change } from './change.ts'
import type { Document, DocumentOptions } from './document.ts'
import { decoding, openChunk } from './encoding/decoding.ts'
import { changesOf } from './encoding/stretch-changes.ts'
import { ReplicaDocument } from './replica-document.ts'

/** An empty document. @throws RangeError when the replica is no ReplicaId, or a limit is no positive integer */
export function createDocument(options: DocumentOptions = {}): Document {
  return new ReplicaDocument(options)
}

/**
 * A document with all that `encode` wrote. What `compact` wrote is for `loadCompacted`.
 *
 * @throws DecodeError when the bytes are damaged, or are no whole document (what `changesSince` wrote is for `merge`)
 */
export function loadDocument(bytes: Uint8Array, options: DocumentOptions = {}): Document {
  const document = new ReplicaDocument(options)
  document.load(bytes)
  return document
}

/**
 * The changes that `encode` or `changesSince` wrote, each behind all it depends on; of a compacted document those that were
 * not dropped.
 *
 * @throws DecodeError when the bytes are damaged
 */
export function decodeChanges(bytes: Uint8Array): Change[] {
  const reader = openChunk(bytes)
  if (reader.isSnapshot) return decodeChanges(loadDocument(bytes).changesSince(VectorClock.zero))
  return decoding(() => reader.stretches().flatMap((stretch) => [...changesOf(stretch)]))
}
