import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { VectorClock } from '../clocks/vector-clock.ts'
import type { Signed } from '../environment.ts'
import { MalformedMessageError } from '../errors.ts'
import { keyOf, type Key } from './key.ts'

/** Anybody may store it, and nobody can store anything else under its key: the key is the hash of the value. */
export interface ImmutableRecord {
  readonly kind: 'immutable'
  readonly value: Uint8Array
}

/**
 * Only the holder of one key pair can write it. The newest sequence number wins, and none is taken that is older than
 * what is there: a replica that was shown a record once cannot be led back to an earlier one.
 */
export interface OwnedRecord {
  readonly kind: 'owned'
  /** Public key (Ed25519), 32 bytes. Part of the record's key. */
  readonly owner: Uint8Array
  /** Tells records of one owner apart. Part of the record's key. */
  readonly name: string
  readonly sequence: number
  readonly value: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/**
 * Anybody can write it. Versions are ordered by their vector clocks (Dynamo, DeCandia et al., SOSP 2007, §4.4): one
 * replaces what its writer had read; what was written without knowing of each other stands side by side, as siblings.
 */
export interface SharedRecord {
  readonly kind: 'shared'
  /** The record's key is made of it. */
  readonly name: string
  /** Public key (Ed25519), 32 bytes. */
  readonly writer: Uint8Array
  readonly version: VectorClock
  readonly value: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

export type DhtRecord = ImmutableRecord | OwnedRecord | SharedRecord

/** Limits of every overlay in the role `Dht`. A record takes at most `valueBytes` and half a kilobyte or, shared by many, 10 kB. */
export const recordLimits: {
  readonly valueBytes: number
  readonly nameBytes: number
  readonly writers: number
  readonly siblings: number
} = Object.freeze({
  valueBytes: 65_536,
  nameBytes: 128,
  /** Entries of a version. */
  writers: 64,
  /** Versions side by side under one key. */
  siblings: 16,
})

const textEncoder = new TextEncoder()
const kinds = ['immutable', 'owned', 'shared'] as const

export function immutableKey(value: Uint8Array): Key {
  return keyOf(value)
}

/** @param owner public key, 32 bytes */
export function ownedKey(owner: Uint8Array, name: string): Key {
  return keyOf(new ByteWriter().text('peerloom/dht-owned/v1').bytes(owner).text(name).finish())
}

export function sharedKey(name: string): Key {
  return keyOf(new ByteWriter().text('peerloom/dht-shared/v1').text(name).finish())
}

/** The only key under which the record may be stored. */
export function recordKey(record: DhtRecord): Key {
  switch (record.kind) {
    case 'immutable':
      return immutableKey(record.value)
    case 'owned':
      return ownedKey(record.owner, record.name)
    case 'shared':
      return sharedKey(record.name)
  }
}

/** What the writer of an owned record signs. */
export function ownedBytes(record: Omit<OwnedRecord, 'signature'>): Uint8Array {
  const writer = new ByteWriter().text('peerloom/dht-owned/v1').bytes(record.owner).text(record.name)
  return writer.varint(record.sequence).bytes(record.value).finish()
}

/** What the writer of a shared record signs. */
export function sharedBytes(record: Omit<SharedRecord, 'signature'>): Uint8Array {
  const writer = new ByteWriter().text('peerloom/dht-shared/v1').bytes(record.writer).text(record.name)
  record.version.write(writer)
  return writer.bytes(record.value).finish()
}

/** The claim that must be true of a record before it is believed; undefined for one that needs none. */
export function recordClaim(record: DhtRecord): Signed | undefined {
  switch (record.kind) {
    case 'immutable':
      return undefined
    case 'owned':
      return { key: record.owner, bytes: ownedBytes(record), signature: record.signature }
    case 'shared':
      return { key: record.writer, bytes: sharedBytes(record), signature: record.signature }
  }
}

/** Tells records of one key apart; 32 hexadecimal digits. Equal records have equal ids everywhere. */
export function recordId(record: DhtRecord): string {
  const writer = new ByteWriter()
  writeRecord(record, writer)
  return bytesToHex(sha256(writer.view()).subarray(0, 16))
}

export function writeRecord(record: DhtRecord, writer: ByteWriter): void {
  writer.u8(kinds.indexOf(record.kind))
  switch (record.kind) {
    case 'immutable':
      writer.bytes(record.value)
      break
    case 'owned':
      writer.raw(record.owner).text(record.name).varint(record.sequence).bytes(record.value).raw(record.signature)
      break
    case 'shared':
      record.version.write(writer.raw(record.writer).text(record.name))
      writer.bytes(record.value).raw(record.signature)
  }
}

/** @throws MalformedMessageError for bytes that `writeRecord` cannot have written */
export function readRecord(reader: ByteReader): DhtRecord {
  const kind: DhtRecord['kind'] | undefined = kinds[reader.u8()]
  switch (kind) {
    case 'immutable':
      return { kind, value: readValue(reader) }
    case 'owned': {
      const owner = reader.raw(32).slice()
      const name = reader.text(recordLimits.nameBytes)
      const sequence = reader.varint()
      return { kind, owner, name, sequence, value: readValue(reader), signature: reader.raw(64).slice() }
    }
    case 'shared': {
      const writer = reader.raw(32).slice()
      const name = reader.text(recordLimits.nameBytes)
      const version = VectorClock.read(reader, { entries: recordLimits.writers })
      return { kind, writer, name, version, value: readValue(reader), signature: reader.raw(64).slice() }
    }
    case undefined:
      throw new MalformedMessageError('A record of an unknown kind')
  }
}

export function encodeRecord(record: DhtRecord): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  writeRecord(record, writer)
  return writer.finish()
}

/** @throws MalformedMessageError */
export function decodeRecord(bytes: Uint8Array): DhtRecord {
  const reader = new ByteReader(bytes)
  const record = readRecord(reader)
  reader.finish()
  return record
}

/** @throws RangeError when a value or name exceeds `recordLimits` */
export function assertRecordSize(value: Uint8Array, name = ''): void {
  if (value.length > recordLimits.valueBytes) {
    throw new RangeError(
      `Cannot store a value of ${value.length} bytes: at most ${recordLimits.valueBytes} are allowed. Store its parts, or provide its key`,
    )
  }
  const nameBytes = textEncoder.encode(name).length
  if (nameBytes > recordLimits.nameBytes) {
    throw new RangeError(`Cannot use a name of ${nameBytes} bytes: at most ${recordLimits.nameBytes} are allowed`)
  }
}

/** @throws RangeError for what is no sequence number of an owned record */
export function assertSequence(sequence: number): void {
  if (Number.isSafeInteger(sequence) && sequence >= 0) return
  throw new RangeError(`Cannot put a record with the sequence number ${sequence}: it must be an integer from 0 up`)
}

function readValue(reader: ByteReader): Uint8Array {
  return reader.bytes(recordLimits.valueBytes).slice()
}
