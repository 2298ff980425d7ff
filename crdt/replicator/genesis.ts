import { sha256 } from '@noble/hashes/sha2.js'
import { toString } from 'uint8arrays'
import { ByteReader, ByteWriter, MalformedMessageError, type DocumentId } from '../../node/protocol/index.ts'

/** Longest name of a document, in characters (UTF-16 code units). */
export const documentNameLimit = 128

/** Longest encoded genesis, in bytes. */
export const genesisLimit = 1024

/** Longest name of a network, in bytes of UTF-8. */
const networkLimit = 256

const formatVersion = 1
const kinds = { named: 1, owned: 2 } as const
const keyLength = 32
const nonceLength = 16

/**
 * What a document begins with; its SHA-256 is the document's id.
 *
 * - `named`: no owner, every member of the network may write. The same name is the same document everywhere.
 * - `owned`: the owner's key rules. Until roles exist, only the owner writes.
 */
export type Genesis =
  | { readonly kind: 'named'; readonly network: string; readonly name: string }
  | { readonly kind: 'owned'; readonly network: string; readonly owner: Uint8Array; readonly nonce: Uint8Array }

/** The text is no name of a document. */
export class DocumentNameError extends Error {
  override readonly name: 'DocumentNameError' = 'DocumentNameError'
  /** What was given. */
  readonly given: string

  constructor(given: string, reason: string) {
    super(`Cannot name a document ${JSON.stringify(given.slice(0, 80))}: ${reason}`)
    this.given = given
  }
}

/**
 * Names are compared in Unicode normal form C, so that the same letters typed on two machines are the same document.
 *
 * @throws DocumentNameError for text that is empty, longer than 128 characters, begins or ends with white space, or
 * holds control characters or lone surrogates
 */
export function normaliseDocumentName(given: string): string {
  const name = given.normalize('NFC')
  if (name.length === 0) throw new DocumentNameError(given, 'a name has at least one character')
  if (name.length > documentNameLimit) {
    throw new DocumentNameError(given, `a name has at most ${documentNameLimit} characters`)
  }
  if (name.trim() !== name) throw new DocumentNameError(given, 'a name neither begins nor ends with white space')
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name)) {
    throw new DocumentNameError(given, 'a name holds no control characters, line breaks or lone surrogates')
  }
  return name
}

export function encodeGenesis(genesis: Genesis): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u8(formatVersion).u8(kinds[genesis.kind]).text(genesis.network)
  if (genesis.kind === 'named') writer.text(genesis.name)
  else writer.raw(genesis.owner).raw(genesis.nonce)
  return writer.finish()
}

/** @throws MalformedMessageError for bytes that `encodeGenesis` cannot have written */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  if (bytes.length > genesisLimit) throw new MalformedMessageError(`A genesis of ${bytes.length} bytes`)
  const reader = new ByteReader(bytes)
  if (reader.u8() !== formatVersion) throw new MalformedMessageError('A genesis of an unknown format')
  const genesis = readKind(reader)
  reader.finish()
  return genesis
}

export function documentId(genesis: Uint8Array): DocumentId {
  return toString(sha256(genesis), 'base16') as DocumentId
}

function readKind(reader: ByteReader): Genesis {
  const kind = reader.u8()
  const network = reader.text(networkLimit)
  if (kind === kinds.named) return { kind: 'named', network, name: readName(reader) }
  if (kind !== kinds.owned) throw new MalformedMessageError('A genesis of an unknown kind')
  return { kind: 'owned', network, owner: reader.raw(keyLength).slice(), nonce: reader.raw(nonceLength).slice() }
}

function readName(reader: ByteReader): string {
  const name = reader.text(4 * documentNameLimit)
  try {
    if (normaliseDocumentName(name) === name) return name
  } catch (cause) {
    throw new MalformedMessageError('A genesis whose name is no name', { cause })
  }
  throw new MalformedMessageError('A genesis whose name is not in normal form')
}
