import { decodeChanges } from './change-file.ts'
import type { Document, DocumentOptions } from './document.ts'
import { DecodeError } from './errors.ts'
import { ReplicaDocument } from './replica-document.ts'

/** An empty document. @throws RangeError when the replica is no ReplicaId, or a limit is no positive integer */
export function createDocument(options: DocumentOptions = {}): Document {
  return new ReplicaDocument(options)
}

/**
 * A document with all that `encode` wrote.
 *
 * @throws DecodeError when the bytes are damaged, or are no whole document (what `changesSince` wrote is for `merge`)
 */
export function loadDocument(bytes: Uint8Array, options: DocumentOptions = {}): Document {
  const document = new ReplicaDocument(options)
  const changes = decodeChanges(bytes)
  document.integrate(changes, false)
  if (document.statistics.changes === changes.length) return document
  throw new DecodeError('Cannot load the document: changes are missing, or were written by a later version')
}
