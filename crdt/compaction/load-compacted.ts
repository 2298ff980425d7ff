import { MalformedMessageError } from '../../node/protocol/index.ts'
import { loadDocument } from '../create-document.ts'
import type { Document, DocumentOptions } from '../document.ts'
import type { ChunkReader } from '../encoding/chunk.ts'
import { decoding, openChunk } from '../encoding/decoding.ts'
import { ReplicaDocument } from '../replica-document.ts'
import { baseOf } from './base-reader.ts'

/**
 * A document with all that `compact` wrote, or `encode`, of this document or of one that has all its history. Who never
 * compacts has `loadDocument`, and does not carry what this needs.
 *
 * @throws DecodeError when the bytes are damaged, or are no whole document
 */
export function loadCompacted(bytes: Uint8Array, options: DocumentOptions = {}): Document {
  const reader = openChunk(bytes)
  const { base } = reader
  if (base === undefined) return loadDocument(bytes, options)
  const document = new ReplicaDocument(options)
  decoding(() => fill(document, reader, base))
  return document
}

/** @throws MalformedMessageError */
function fill(document: ReplicaDocument, reader: ChunkReader, base: Uint8Array): void {
  document.replay(reader.stretches(), baseOf(base))
  const { graph } = document.inside().history
  for (const { replica, sequence, count } of reader.head.slices) {
    if (graph.countOf(replica) >= sequence + count) continue
    throw new MalformedMessageError('Changes that were not made on what is kept')
  }
}
