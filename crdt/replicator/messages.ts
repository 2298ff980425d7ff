import { fromString, toString } from 'uint8arrays'
import {
  MalformedMessageError,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type DocumentId,
} from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'
import { changeSetLimit, readReplica, replicaBytes } from './change-set.ts'
import { genesisLimit } from './genesis.ts'
import { readEquivocation, writeEquivocation, type Equivocation } from './equivocation.ts'
import {
  digestLength,
  headPrefixLength,
  readSummary,
  writeSummary,
  type SummaryEntry,
  type ToldSummary,
} from './summary.ts'

/** Documents in one `digests`, `describe` or `genesis` message. */
export const documentsPerMessage = 1000

/** Places in one `trace` message. */
export const tracePlaces = 64

/** Change sets in one `sets` message. */
const setsPerMessage = 4096

const idLength = 32

export interface DocumentDigest {
  readonly document: DocumentId
  /** Of the sender's summary, 16 bytes. */
  readonly digest: Uint8Array
}

/**
 * What digests are sent for. A `question` is answered: with a summary of each document that differs, then with an
 * `answer`. `news` says that something has just changed: whoever differs asks with a summary.
 */
export type DigestPurpose = 'question' | 'answer' | 'news'

export type ReplicatorMessage =
  /** Which documents the sender carries, and in which state. */
  | { readonly type: 'digests'; readonly purpose: DigestPurpose; readonly digests: readonly DocumentDigest[] }
  /** Asks for the genesis of documents the sender has heard of. */
  | { readonly type: 'describe'; readonly documents: readonly DocumentId[] }
  | { readonly type: 'genesis'; readonly genesis: readonly Uint8Array[] }
  /** What the sender has of a document: the receiver sends what is missing, and its own summary when asked. */
  | {
      readonly type: 'summary'
      readonly document: DocumentId
      readonly question: boolean
      readonly summary: ToldSummary
    }
  /**
   * The other has another history of this replica: places of the sender's, newest first, so that the receiver finds where
   * the two part and sends its own from there on.
   */
  | {
      readonly type: 'trace'
      readonly document: DocumentId
      readonly replica: ReplicaId
      readonly places: readonly SummaryEntry[]
    }
  /** Proof that an author of the document wrote two histories. */
  | { readonly type: 'equivocation'; readonly equivocation: Equivocation }
  /** Change sets, each after what it depends on. */
  | { readonly type: 'sets'; readonly document: DocumentId; readonly sets: readonly Uint8Array[] }

const purposes: readonly DigestPurpose[] = ['question', 'answer', 'news']
const typeCodes = { digests: 1, describe: 2, genesis: 3, summary: 4, sets: 5, trace: 6, equivocation: 7 } as const

export const replicatorCodec: Codec<ReplicatorMessage> = {
  encode(message: ReplicatorMessage, writer: ByteWriter): void {
    writer.u8(typeCodes[message.type])
    switch (message.type) {
      case 'digests':
        writer.u8(purposes.indexOf(message.purpose)).varint(message.digests.length)
        for (const { document, digest } of message.digests) writeId(writer, document).raw(digest)
        return
      case 'describe':
        writer.varint(message.documents.length)
        for (const document of message.documents) writeId(writer, document)
        return
      case 'genesis':
        writer.varint(message.genesis.length)
        for (const genesis of message.genesis) writer.bytes(genesis)
        return
      case 'summary':
        writeId(writer, message.document).u8(Number(message.question))
        return writeSummary(message.summary, writer)
      case 'sets':
        writeId(writer, message.document).varint(message.sets.length)
        for (const set of message.sets) writer.bytes(set)
        return
      case 'trace':
        writeId(writer, message.document).raw(replicaBytes(message.replica)).varint(message.places.length)
        for (const { sequence, fragment, head } of message.places) writer.varint(sequence).varint(fragment).raw(head)
        return
      case 'equivocation':
        return writeEquivocation(message.equivocation, writer)
    }
  },

  decode(reader: ByteReader): ReplicatorMessage {
    const type = reader.u8()
    switch (type) {
      case typeCodes.digests:
        return { type: 'digests', purpose: readPurpose(reader), digests: reader.list(documentsPerMessage, readDigest) }
      case typeCodes.describe:
        return { type: 'describe', documents: reader.list(documentsPerMessage, readId) }
      case typeCodes.genesis:
        return {
          type: 'genesis',
          genesis: reader.list(documentsPerMessage, (item) => item.bytes(genesisLimit).slice()),
        }
      case typeCodes.summary:
        return { type: 'summary', document: readId(reader), question: readFlag(reader), summary: readSummary(reader) }
      case typeCodes.sets:
        return { type: 'sets', document: readId(reader), sets: reader.list(setsPerMessage, readSet) }
      case typeCodes.trace:
        return {
          type: 'trace',
          document: readId(reader),
          replica: readReplica(reader),
          places: reader.list(tracePlaces, readPlace),
        }
      case typeCodes.equivocation:
        return { type: 'equivocation', equivocation: readEquivocation(reader) }
      default:
        throw new MalformedMessageError(`A message of the unknown type ${type}`)
    }
  },
}

function writeId(writer: ByteWriter, document: DocumentId): ByteWriter {
  return writer.raw(fromString(document, 'base16'))
}

function readId(reader: ByteReader): DocumentId {
  return toString(reader.raw(idLength), 'base16') as DocumentId
}

function readDigest(reader: ByteReader): DocumentDigest {
  return { document: readId(reader), digest: reader.raw(digestLength).slice() }
}

function readSet(reader: ByteReader): Uint8Array {
  return reader.bytes(changeSetLimit).slice()
}

function readPlace(reader: ByteReader): SummaryEntry {
  return { sequence: reader.varint(), fragment: reader.varint(), head: reader.raw(headPrefixLength).slice() }
}

function readPurpose(reader: ByteReader): DigestPurpose {
  const purpose = purposes[reader.u8()]
  if (purpose === undefined) throw new MalformedMessageError('Digests sent for an unknown purpose')
  return purpose
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8()
  if (flag > 1) throw new MalformedMessageError('A flag that is neither 0 nor 1')
  return flag === 1
}
