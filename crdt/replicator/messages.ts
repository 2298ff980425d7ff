import { fromString, toString } from 'uint8arrays'
import {
  MalformedMessageError,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type DocumentId,
} from '../../node/protocol/index.ts'
import { storeReconciliationCodec } from '../../node/reconciliation/index.ts'
import type { ReplicaId } from '../index.ts'
import { changeSetLimit, readReplica, replicaBytes } from './change-set.ts'
import { readEquivocation, writeEquivocation, type Equivocation } from './equivocation.ts'
import { isSimple, patternLimit, patternsLimit } from './follow.ts'
import { genesisLimit } from './genesis.ts'
import type { ToldInterests } from './interests.ts'
import type { SessionMessage } from './sessions.ts'
import {
  digestLength,
  headPrefixLength,
  readSummary,
  writeSummary,
  type SummaryEntry,
  type ToldSummary,
} from './summary.ts'

/** Documents in one `news`, `describe`, `genesis`, `interests` or `declined` message. */
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

/** When the receiver of a summary answers with its own: not at all, if it lacks something, in any case. */
export type SummaryAnswer = 'never' | 'if-behind' | 'always'

/** Why a peer does not take what another has sent of a document. */
export type Refusal = 'not-permitted' | 'quarantined' | 'document-limit' | 'waiting-full'

export type ReplicatorMessage =
  /** Of which documents the sender wants to hear. */
  | ({
      readonly type: 'interests'
      /** Whether this takes the place of what was said before; else it is added. */
      readonly isWhole: boolean
      /** Whether the receiver shall say the same of itself. */
      readonly isQuestion: boolean
    } & ToldInterests)
  /** The sender was told of these documents and wants to hear no more of them. */
  | { readonly type: 'declined'; readonly documents: readonly DocumentId[] }
  /** A message of a session in which both find out which documents differ. */
  | ({ readonly type: 'compare' } & SessionMessage)
  /** These documents have just changed: whoever differs asks with a summary. */
  | { readonly type: 'news'; readonly digests: readonly DocumentDigest[] }
  /** Asks for the genesis of documents the sender has heard of, and for all their sets where it is sure to want them. */
  | { readonly type: 'describe'; readonly wantsSets: boolean; readonly documents: readonly DocumentId[] }
  | { readonly type: 'genesis'; readonly genesis: readonly Uint8Array[] }
  /** What the sender has of a document: the receiver sends what is missing, and its own summary when asked. */
  | {
      readonly type: 'summary'
      readonly document: DocumentId
      readonly answer: SummaryAnswer
      readonly summary: ToldSummary
    }
  /** Change sets, each after what it depends on. */
  | { readonly type: 'sets'; readonly sets: readonly Uint8Array[] }
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
  /** What was sent of a document is not taken. */
  | { readonly type: 'refused'; readonly document: DocumentId; readonly reason: Refusal }

const answers: readonly SummaryAnswer[] = ['never', 'if-behind', 'always']
export const refusals: readonly Refusal[] = ['not-permitted', 'quarantined', 'document-limit', 'waiting-full']
const typeCodes = {
  interests: 1,
  declined: 2,
  compare: 3,
  news: 4,
  describe: 5,
  genesis: 6,
  summary: 7,
  sets: 8,
  trace: 9,
  equivocation: 10,
  refused: 11,
} as const

const isWholeFlag = 1
const isEverythingFlag = 2
const isQuestionFlag = 4
const interestFlags = isWholeFlag + isEverythingFlag + isQuestionFlag

type InterestsMessage = Extract<ReplicatorMessage, { readonly type: 'interests' }>

export const replicatorCodec: Codec<ReplicatorMessage> = {
  encode(message: ReplicatorMessage, writer: ByteWriter): void {
    writer.u8(typeCodes[message.type])
    switch (message.type) {
      case 'interests':
        return writeInterests(message, writer)
      case 'declined':
        return writeIds(message.documents, writer)
      case 'compare':
        writer.u8(sessionCode(message)).varint(message.session)
        if (message.interests !== undefined) writer.u32(message.interests)
        return storeReconciliationCodec.encode(message.message, writer)
      case 'news':
        writer.varint(message.digests.length)
        for (const { document, digest } of message.digests) writeId(writer, document).raw(digest)
        return
      case 'describe':
        writer.u8(Number(message.wantsSets))
        return writeIds(message.documents, writer)
      case 'genesis':
        writer.varint(message.genesis.length)
        for (const genesis of message.genesis) writer.bytes(genesis)
        return
      case 'summary':
        writeId(writer, message.document).u8(answers.indexOf(message.answer))
        return writeSummary(message.summary, writer)
      case 'sets':
        writer.varint(message.sets.length)
        for (const set of message.sets) writer.bytes(set)
        return
      case 'trace':
        writeId(writer, message.document).raw(replicaBytes(message.replica)).varint(message.places.length)
        for (const { sequence, fragment, head } of message.places) writer.varint(sequence).varint(fragment).raw(head)
        return
      case 'equivocation':
        return writeEquivocation(message.equivocation, writer)
      case 'refused':
        writeId(writer, message.document).u8(refusals.indexOf(message.reason))
        return
    }
  },

  decode(reader: ByteReader): ReplicatorMessage {
    const type = reader.u8()
    switch (type) {
      case typeCodes.interests:
        return readInterests(reader)
      case typeCodes.declined:
        return { type: 'declined', documents: reader.list(documentsPerMessage, readId) }
      case typeCodes.compare:
        return { type: 'compare', ...readSessionMessage(reader) }
      case typeCodes.news:
        return { type: 'news', digests: reader.list(documentsPerMessage, readDigest) }
      case typeCodes.describe:
        return {
          type: 'describe',
          wantsSets: readFlag(reader),
          documents: reader.list(documentsPerMessage, readId),
        }
      case typeCodes.genesis:
        return {
          type: 'genesis',
          genesis: reader.list(documentsPerMessage, (item) => item.bytes(genesisLimit).slice()),
        }
      case typeCodes.summary:
        return {
          type: 'summary',
          document: readId(reader),
          answer: readOne(answers, reader),
          summary: readSummary(reader),
        }
      case typeCodes.sets:
        return { type: 'sets', sets: reader.list(setsPerMessage, readSet) }
      case typeCodes.trace:
        return {
          type: 'trace',
          document: readId(reader),
          replica: readReplica(reader),
          places: reader.list(tracePlaces, readPlace),
        }
      case typeCodes.equivocation:
        return { type: 'equivocation', equivocation: readEquivocation(reader) }
      case typeCodes.refused:
        return { type: 'refused', document: readId(reader), reason: readOne(refusals, reader) }
      default:
        throw new MalformedMessageError(`A message of the unknown type ${type}`)
    }
  },
}

function writeInterests({ isWhole, isQuestion, patterns, documents }: InterestsMessage, writer: ByteWriter): void {
  const isEverything = documents === 'everything'
  const flags =
    Number(isWhole) * isWholeFlag + Number(isEverything) * isEverythingFlag + Number(isQuestion) * isQuestionFlag
  writer.u8(flags).varint(patterns.length)
  for (const pattern of patterns) writer.text(pattern)
  writeIds(isEverything ? [] : documents, writer)
}

function readInterests(reader: ByteReader): InterestsMessage {
  const flags = reader.u8()
  if (flags > interestFlags) throw new MalformedMessageError('Interests with unknown flags')
  const patterns = reader.list(patternsLimit, readPattern)
  const documents = reader.list(documentsPerMessage, readId)
  const isEverything = (flags & isEverythingFlag) !== 0
  if (isEverything && documents.length > 0) throw new MalformedMessageError('Interests in everything and then some')
  return {
    type: 'interests',
    isWhole: (flags & isWholeFlag) !== 0,
    isQuestion: (flags & isQuestionFlag) !== 0,
    patterns,
    documents: isEverything ? 'everything' : documents,
  }
}

/** Who says something in a session: whoever answers, whoever has begun it, and that with the first message. */
const sessionCodes = { answered: 0, begun: 1, opened: 2 } as const

function sessionCode({ isOwn, message }: SessionMessage): number {
  if (message.kind === 'open') return sessionCodes.opened
  return isOwn ? sessionCodes.begun : sessionCodes.answered
}

function readSessionMessage(reader: ByteReader): SessionMessage {
  const code = reader.u8()
  if (code > 2) throw new MalformedMessageError('A session of neither side')
  const session = reader.varint()
  const interests = code === sessionCodes.opened ? reader.u32() : undefined
  const message = storeReconciliationCodec.decode(reader)
  if ((message.kind === 'open') !== (interests !== undefined)) {
    throw new MalformedMessageError('A session that does not begin with its first message')
  }
  return { isOwn: code !== sessionCodes.answered, session, message, ...(interests === undefined ? {} : { interests }) }
}

function readPattern(reader: ByteReader): string {
  const pattern = reader.text(4 * patternLimit)
  if (pattern.length > 0 && pattern.length <= patternLimit && isSimple(pattern)) return pattern
  throw new MalformedMessageError('Interests with a pattern that is none')
}

function writeIds(documents: readonly DocumentId[], writer: ByteWriter): void {
  writer.varint(documents.length)
  for (const document of documents) writeId(writer, document)
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

function readOne<Value>(values: readonly Value[], reader: ByteReader): Value {
  const value = values[reader.u8()]
  if (value === undefined) throw new MalformedMessageError('A message with an unknown code')
  return value
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8()
  if (flag > 1) throw new MalformedMessageError('A flag that is neither 0 nor 1')
  return flag === 1
}
