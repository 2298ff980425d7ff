import { sha256 } from '@noble/hashes/sha2.js'
import { equals } from 'uint8arrays'
import { ByteReader, ByteWriter, MalformedMessageError, type DocumentId } from '../../node/protocol/index.ts'
import { changeSetLimit, decodeChangeSet, hashLength, type SealedChangeSet } from './change-set.ts'
import { decodeGenesis, documentId, genesisLimit, type Genesis } from './genesis.ts'

/** As of PNG: who takes the file for text, and changes its line breaks or its high bits, changes these. */
const magic = Uint8Array.of(0x89, 0x50, 0x4c, 0x44, 0x0d, 0x0a, 0x1a, 0x0a)
const formatVersion = 1

/**
 * Why a file is not taken in:
 *
 * - `no-document-file`: it is something else
 * - `newer-format`: a later release has written it
 * - `truncated`: its end is missing
 * - `damaged`: it is not what was written
 * - `malformed`: whoever wrote it broke the rules of the format
 * - `other-network`: it is a document of another network
 * - `signature`: a change set is not signed by its author
 * - `refused`: change sets contradict what is here, or their authors may not write the document
 */
export type DocumentFileFault =
  | 'no-document-file'
  | 'newer-format'
  | 'truncated'
  | 'damaged'
  | 'malformed'
  | 'other-network'
  | 'signature'
  | 'refused'

/** The bytes are no file of a document that could be taken in. Unless `fault` is `refused`, nothing of it was. */
export class DocumentFileError extends Error {
  override readonly name: 'DocumentFileError' = 'DocumentFileError'
  readonly fault: DocumentFileFault

  constructor(fault: DocumentFileFault, reason: string, options?: ErrorOptions) {
    super(`Cannot take in the file of a document: ${reason}`, options)
    this.fault = fault
  }
}

/** A document with its whole history: all that somebody else needs to check it. */
export interface DocumentFile {
  readonly document: DocumentId
  readonly genesis: Genesis
  /** Each after what it depends on. Whether their signatures hold is not looked at. */
  readonly sets: readonly SealedChangeSet[]
}

/** @param sets each after what it depends on */
export function encodeDocumentFile(genesis: Uint8Array, sets: readonly SealedChangeSet[]): Uint8Array<ArrayBuffer> {
  const length = sets.reduce((sum, { bytes }) => sum + bytes.length + 4, magic.length + genesis.length + 64)
  const writer = new ByteWriter(length).raw(magic).u8(formatVersion).bytes(genesis)
  for (const { bytes } of sets) writer.bytes(bytes)
  const content = writer.varint(0).varint(sets.length).finish()
  const checksum = sha256(content)
  const file = new Uint8Array(content.length + checksum.length)
  file.set(content)
  file.set(checksum, content.length)
  return file
}

/** @throws DocumentFileError */
export function decodeDocumentFile(bytes: Uint8Array): DocumentFile {
  const { genesis: genesisBytes, sets: parts } = readParts(bytes)
  const document = documentId(genesisBytes)
  const genesis = reading('its beginning', () => decodeGenesis(genesisBytes))
  const sets = parts.map((part, index) => reading(`change set ${index + 1}`, () => decodeChangeSet(part)))
  checkOrder(document, sets)
  return { document, genesis, sets }
}

interface Parts {
  readonly genesis: Uint8Array
  readonly sets: readonly Uint8Array[]
}

function readParts(bytes: Uint8Array): Parts {
  const reader = new ByteReader(bytes)
  const start = bytes.subarray(0, magic.length)
  if (!equals(start, magic.subarray(0, start.length)) || start.length === 0) {
    throw new DocumentFileError('no-document-file', 'it is none, but something else')
  }
  readBytes(reader, magic.length, 'its first bytes')
  const version = readBytes(reader, 1, 'its first bytes')[0] as number
  if (version > formatVersion) {
    const reason = `its format is version ${version}, this release knows up to ${formatVersion}. Install a newer one`
    throw new DocumentFileError('newer-format', reason)
  }
  if (version !== formatVersion) throw new DocumentFileError('damaged', 'its format has no known version')
  const genesis = readPart(reader, genesisLimit, 'its beginning')
  const sets: Uint8Array[] = []
  for (;;) {
    const set = readPart(reader, changeSetLimit, `change set ${sets.length + 1}`)
    if (set.length === 0) break
    sets.push(set)
  }
  const count = readVarint(reader, 'its last part')
  const content = bytes.subarray(0, reader.offset)
  const checksum = readBytes(reader, hashLength, 'its last part')
  if (reader.remaining > 0) throw new DocumentFileError('damaged', 'something stands behind its end')
  if (count !== sets.length) {
    throw new DocumentFileError('damaged', `${sets.length} change sets are there where ${count} were written`)
  }
  if (!equals(sha256(content), checksum)) throw new DocumentFileError('damaged', 'it is not what was written')
  return { genesis, sets }
}

function readPart(reader: ByteReader, limit: number, what: string): Uint8Array {
  const length = readVarint(reader, what)
  if (length > limit) throw new DocumentFileError('damaged', `${what} would have ${length} bytes`)
  return readBytes(reader, length, what)
}

function readVarint(reader: ByteReader, what: string): number {
  try {
    return reader.varint()
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    if (reader.remaining === 0) throw truncated(what)
    throw new DocumentFileError('damaged', `${what} has no length`, { cause })
  }
}

function readBytes(reader: ByteReader, length: number, what: string): Uint8Array {
  if (length > reader.remaining) throw truncated(what)
  return reader.raw(length)
}

function truncated(what: string): DocumentFileError {
  return new DocumentFileError('truncated', `it ends before the end of ${what}. Was it copied to its end?`)
}

function reading<Result>(what: string, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    throw new DocumentFileError('malformed', `${what} does not read`, { cause })
  }
}

/** What a set depends on stands before it: then nothing of the file has to wait for somebody who may never come. */
function checkOrder(document: DocumentId, sets: readonly SealedChangeSet[]): void {
  const hashes = new Set([text(new Uint8Array(hashLength))])
  for (const [index, set] of sets.entries()) {
    const needed = [set.previous, ...set.dependencies.map(({ hash }) => hash)]
    if (set.document !== document) throw malformed(index, 'is of another document')
    if (!needed.every((hash) => hashes.has(text(hash)))) throw malformed(index, 'stands before what it depends on')
    hashes.add(text(set.hash))
  }
}

function malformed(index: number, reason: string): DocumentFileError {
  return new DocumentFileError('malformed', `change set ${index + 1} ${reason}`)
}

function text(hash: Uint8Array): string {
  return String.fromCharCode(...hash)
}
