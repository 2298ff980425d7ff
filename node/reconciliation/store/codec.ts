import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MalformedMessageError, type ByteReader, type ByteWriter, type Codec } from '../../protocol/index.ts'
import { reconciliationCodec } from '../codec.ts'
import type { Mark } from '../heads/head-index.ts'
import {
  headBytes,
  readDocument,
  readHead,
  recordBytes,
  recordWords,
  writeDocument,
  writeHead,
  type Head,
  type HeadRecord,
} from '../heads/head-record.ts'
import type { PeeledHash } from '../sketch/peeling.ts'
import { Sketch } from '../sketch/sketch.ts'
import { fingerprintBytes, nonceBytes } from '../sum.ts'
import { storeLimits } from './limits.ts'
import type { SketchHead, Standing, StoreBodyOf, StoreMessage, StoreMessageBody, StoreMessageKind } from './messages.ts'

const kinds: readonly StoreMessageKind[] = ['open', 'equal', 'feed', 'sketch', 'more', 'tell', 'ranges', 'done', 'stop']

/** Bits of the byte that says what an optional part follows. */
const hasCursor = 1
const hasRecords = 2
const hasFingerprint = 2
const isLastBit = 1

const hashBytes = 8
/** Hash and checksum. The count takes a byte more at least. */
const symbolBytes = 12
/** No set has more, and a count fits in 32 bits with its sign. */
const sizeLimit = 0x3fff_ffff

const ranges = reconciliationCodec(recordBytes)

/** Of the record that is written or read. */
const words = new Uint32Array(recordWords)

export const storeReconciliationCodec: Codec<StoreMessage> = {
  encode(message, writer) {
    writer.u8(kinds.indexOf(message.kind)).u8(message.round)
    encodeBody(message, writer)
  },
  decode(reader) {
    const start = reader.offset
    const kind = kinds[reader.u8()]
    if (kind === undefined) throw new MalformedMessageError('A message of an unknown kind')
    const round = reader.u8()
    if (round >= storeLimits.rounds) throw new MalformedMessageError('A round after the last')
    if ((round === 0) !== (kind === 'open')) throw new MalformedMessageError('A round that this kind does not have')
    const message = { ...decodeBody(kind, reader), round }
    if (reader.offset - start > storeLimits.bytes) throw new MalformedMessageError('A message of too many bytes')
    return message
  },
}

function encodeBody(message: StoreMessageBody, writer: ByteWriter): void {
  switch (message.kind) {
    case 'open':
      return encodeOpen(message, writer)
    case 'equal':
      return encodeMark(message.mark, writer)
    case 'feed':
      return encodeFeed(message, writer)
    case 'sketch':
      return encodeSketch(message, writer)
    case 'more':
      return void writer.varint(message.to)
    case 'tell':
      return encodeTell(message, writer)
    case 'ranges':
      encodeFingerprint(message.fingerprint, writer.u8(message.fingerprint === undefined ? 0 : hasFingerprint))
      return ranges.encode(message.ranges, writer)
    case 'done':
      encodeFingerprint(message.fingerprint, writer.u8(message.fingerprint === undefined ? 0 : hasFingerprint))
      return encodeStandings(message.standings, writer)
    case 'stop':
  }
}

function decodeBody(kind: StoreMessageKind, reader: ByteReader): StoreMessageBody {
  switch (kind) {
    case 'open':
      return decodeOpen(reader)
    case 'equal':
      return { kind, mark: decodeMark(reader) }
    case 'feed':
      return decodeFeed(reader)
    case 'sketch':
      return decodeSketch(reader)
    case 'more':
      return { kind, to: reader.varint(sizeLimit) }
    case 'tell':
      return decodeTell(reader)
    case 'ranges': {
      const fingerprint = decodeFingerprint(decodeFlags(reader, hasFingerprint), reader)
      return { kind, ...fingerprint, ranges: ranges.decode(reader) }
    }
    case 'done': {
      const fingerprint = decodeFingerprint(decodeFlags(reader, hasFingerprint), reader)
      return { kind, ...fingerprint, standings: decodeStandings(reader) }
    }
    case 'stop':
      return { kind }
  }
}

function encodeOpen(
  { nonce, size, fingerprint, mark, cursor, records }: StoreBodyOf<'open'>,
  writer: ByteWriter,
): void {
  writer.u8((cursor === undefined ? 0 : hasCursor) | (records === undefined ? 0 : hasRecords))
  writer.raw(hexToBytes(nonce)).varint(size).raw(hexToBytes(fingerprint))
  encodeMark(mark, writer)
  if (cursor !== undefined) encodeMark(cursor, writer)
  if (records !== undefined) encodeRecords(records, writer)
}

function decodeOpen(reader: ByteReader): StoreBodyOf<'open'> {
  const flags = decodeFlags(reader, hasCursor | hasRecords)
  const nonce = bytesToHex(reader.raw(nonceBytes))
  const size = reader.varint(sizeLimit)
  const fingerprint = bytesToHex(reader.raw(fingerprintBytes))
  const mark = decodeMark(reader)
  const cursor = (flags & hasCursor) === 0 ? {} : { cursor: decodeMark(reader) }
  const records = (flags & hasRecords) === 0 ? {} : { records: decodeRecords(reader, storeLimits.fed) }
  return { kind: 'open', nonce, size, fingerprint, mark, ...cursor, ...records }
}

function encodeFeed({ mark, cursor, records, standings, fingerprint }: StoreBodyOf<'feed'>, writer: ByteWriter): void {
  writer.u8((cursor === undefined ? 0 : hasCursor) | (fingerprint === undefined ? 0 : hasFingerprint))
  encodeMark(mark, writer)
  if (cursor !== undefined) encodeMark(cursor, writer)
  encodeFingerprint(fingerprint, writer)
  encodeRecords(records, writer)
  encodeStandings(standings, writer)
}

function decodeFeed(reader: ByteReader): StoreBodyOf<'feed'> {
  const flags = decodeFlags(reader, hasCursor | hasFingerprint)
  const mark = decodeMark(reader)
  const cursor = (flags & hasCursor) === 0 ? {} : { cursor: decodeMark(reader) }
  const fingerprint = decodeFingerprint(flags, reader)
  const records = decodeRecords(reader, storeLimits.fed)
  return { kind: 'feed', mark, ...cursor, ...fingerprint, records, standings: decodeStandings(reader) }
}

function encodeSketch({ from, size, symbols, first }: StoreBodyOf<'sketch'>, writer: ByteWriter): void {
  writer.varint(from).varint(size)
  if (first !== undefined) encodeMark(first.mark, writer)
  writer.varint(symbols.length)
  for (let at = 0; at < symbols.length; at++) {
    writer.u32(symbols.highs[at] as number).u32(symbols.lows[at] as number)
    writer.u32(symbols.checks[at] as number)
    encodeCount(symbols.counts[at] as number, size, from + at, writer)
  }
  if (first === undefined) return
  writer.varint(first.counts.length)
  for (let at = 0; at < first.counts.length; at++) {
    encodeCount(first.counts[at] as number, size, symbols.length + at, writer)
  }
  encodeStandings(first.standings, writer)
}

function decodeSketch(reader: ByteReader): StoreBodyOf<'sketch'> {
  const from = reader.varint(sizeLimit)
  const size = reader.varint(sizeLimit)
  const mark = from === 0 ? decodeMark(reader) : undefined
  const symbols = new Sketch(decodeLength(reader, storeLimits.symbols, symbolBytes + 1))
  for (let at = 0; at < symbols.length; at++) {
    symbols.highs[at] = reader.u32()
    symbols.lows[at] = reader.u32()
    symbols.checks[at] = reader.u32()
    symbols.counts[at] = decodeCount(size, from + at, reader)
  }
  if (mark === undefined) return { kind: 'sketch', from, size, symbols }
  const counts = new Int32Array(decodeLength(reader, storeLimits.counts, 1))
  for (let at = 0; at < counts.length; at++) counts[at] = decodeCount(size, symbols.length + at, reader)
  const first: SketchHead = { mark, standings: decodeStandings(reader), counts }
  return { kind: 'sketch', from, size, symbols, first }
}

/** How many of so many hashes a symbol has by chance (the paper's 1/(1 + i/2)). What is sent is how far a count is off. */
function expectedCount(size: number, index: number): number {
  return Math.floor((4 * size + index + 2) / (2 * index + 4))
}

function encodeCount(count: number, size: number, index: number, writer: ByteWriter): void {
  const deviation = count - expectedCount(size, index)
  writer.varint(deviation < 0 ? -2 * deviation - 1 : 2 * deviation)
}

function decodeCount(size: number, index: number, reader: ByteReader): number {
  const coded = reader.varint(4 * sizeLimit)
  const deviation = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
  const count = deviation + expectedCount(size, index)
  if (count < 0 || count > size)
    throw new MalformedMessageError('A count of more hashes than there are, or of fewer than none')
  return count
}

function encodeTell({ records, wants, isLast, fingerprint }: StoreBodyOf<'tell'>, writer: ByteWriter): void {
  writer.u8((isLast ? isLastBit : 0) | (fingerprint === undefined ? 0 : hasFingerprint))
  encodeFingerprint(fingerprint, writer)
  encodeRecords(records, writer)
  writer.varint(wants.length)
  for (const { high, low } of wants) writer.u32(high).u32(low)
}

function decodeTell(reader: ByteReader): StoreBodyOf<'tell'> {
  const flags = decodeFlags(reader, isLastBit | hasFingerprint)
  const fingerprint = decodeFingerprint(flags, reader)
  const records = decodeRecords(reader, storeLimits.records)
  const length = decodeLength(reader, storeLimits.wants, hashBytes)
  const wants = Array.from({ length }, (): PeeledHash => ({ high: reader.u32(), low: reader.u32() }))
  return { kind: 'tell', records, wants, isLast: (flags & isLastBit) !== 0, ...fingerprint }
}

function decodeFlags(reader: ByteReader, known: number): number {
  const flags = reader.u8()
  if ((flags & ~known) !== 0) throw new MalformedMessageError('A part that this kind of message does not have')
  return flags
}

function encodeMark({ epoch, counter }: Mark, writer: ByteWriter): void {
  writer.u32(epoch).varint(counter)
}

function decodeMark(reader: ByteReader): Mark {
  return { epoch: reader.u32(), counter: reader.varint() }
}

function encodeFingerprint(fingerprint: string | undefined, writer: ByteWriter): void {
  if (fingerprint !== undefined) writer.raw(hexToBytes(fingerprint))
}

function decodeFingerprint(flags: number, reader: ByteReader): { readonly fingerprint?: string } {
  return (flags & hasFingerprint) === 0 ? {} : { fingerprint: bytesToHex(reader.raw(fingerprintBytes)) }
}

function encodeRecords(records: readonly HeadRecord[], writer: ByteWriter): void {
  writer.varint(records.length)
  for (const { document, head } of records) {
    writeDocument(words, 0, document)
    writeHead(words, 0, head)
    for (const word of words) writer.u32(word)
  }
}

function decodeRecords(reader: ByteReader, limit: number): HeadRecord[] {
  const length = decodeLength(reader, limit, recordBytes)
  return Array.from({ length }, () => {
    for (let word = 0; word < recordWords; word++) words[word] = reader.u32()
    return { document: readDocument(words, 0), head: readHead(words, 0) }
  })
}

function encodeStandings(standings: readonly Standing[], writer: ByteWriter): void {
  writer.varint(standings.length)
  for (const standing of standings) {
    if (standing === 'same') writer.u8(0)
    else if (standing === 'lacked') writer.u8(1)
    else writer.u8(2).raw(hexToBytes(standing))
  }
}

function decodeStandings(reader: ByteReader): Standing[] {
  return Array.from({ length: decodeLength(reader, storeLimits.fed, 1) }, () => {
    switch (reader.u8()) {
      case 0:
        return 'same'
      case 1:
        return 'lacked'
      case 2:
        return bytesToHex(reader.raw(headBytes)) as Head
      default:
        throw new MalformedMessageError('A standing of an unknown kind')
    }
  })
}

/** Of a list, before anything is allocated for it. */
function decodeLength(reader: ByteReader, limit: number, entryBytes: number): number {
  const length = reader.varint(limit)
  if (length * entryBytes > reader.remaining) throw new MalformedMessageError('A list with more entries than bytes')
  return length
}
