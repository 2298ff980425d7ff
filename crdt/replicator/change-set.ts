import { sha256 } from '@noble/hashes/sha2.js'
import { compare, concat, fromString, toString } from 'uint8arrays'
import {
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  assert,
  type DocumentId,
  type Signed,
} from '../../node/protocol/index.ts'
import type { Dot, ReplicaId } from '../index.ts'

declare const brand: unique symbol

/** Greatest change set with its signature, in bytes. */
export const changeSetLimit: number = 64 * 1024

/** Greatest `operations` of one change set, in bytes: the rest is for the header with its dependencies. */
export const operationsLimit: number = 48 * 1024

/** Sets that one transaction may span: 16 MiB and what the encoding adds. */
const fragmentLimit = 400

export const hashLength = 32
const keyLength = 32
const signatureLength = 64
const replicaLength = 16
/** Dependencies in one set; a change with more is written as several fragments. */
export const dependencyLimit = 512
/** Operations of one replica: summaries double the number. */
const sequenceLimit = 2 ** 51
const extensionLimit = 16
const extensionBytesLimit = 4096
const formatVersion = 1
const continuesFlag = 1

const signingDomain = fromString('peerloom/change-set/v1')
const replicaDomain = fromString('peerloom/replica/v1')

/** A field that this version does not know: signed over, kept and handed on as it is. */
export interface Extension {
  readonly tag: number
  readonly bytes: Uint8Array
}

/**
 * An operation of another replica, and the hash of the set that holds it (of its last set, where a transaction spans
 * several): where a replica has two histories, it says which one was built on.
 */
export interface Dependency extends Dot {
  readonly hash: Uint8Array
}

/**
 * What an author signs: changes of one replica to one document, linked to the replica's previous set by its hash.
 *
 * A transaction too large for one set spans several, its *fragments*. All but the last carry `continues` and a count
 * of 0; the last one counts the transaction's operations, and only with it do they become visible.
 */
export interface ChangeSet {
  readonly document: DocumentId
  /** Ed25519 public key. */
  readonly author: Uint8Array
  /** With the author's key it gives the ReplicaId, so nobody can write as somebody else's replica. */
  readonly counter: number
  readonly replica: ReplicaId
  /** First operation. */
  readonly sequence: number
  readonly count: number
  /** Place among the sets of one transaction. */
  readonly fragment: number
  readonly continues: boolean
  /** Hash of the replica's previous set in this document, zeros for its first. */
  readonly previous: Uint8Array
  /** What the first change was made on besides its own replica, ordered. Later fragments may add to it. */
  readonly dependencies: readonly Dependency[]
  /** Milliseconds since 1970: a label for history, never used for order or rights. */
  readonly time: number
  /** Head of the access graph; empty until roles exist. */
  readonly accessHead: Uint8Array
  /** 0 until roles exist. */
  readonly keyEpoch: number
  readonly operations: Uint8Array
  readonly extensions: readonly Extension[]
}

/** A change set with its bytes: the form in which it is checked, kept and handed on. */
export interface SealedChangeSet extends ChangeSet {
  /** SHA-256 of the body. */
  readonly hash: Uint8Array
  readonly signature: Uint8Array
  /** Body and signature. */
  readonly bytes: Uint8Array
}

/** 128 bits of a hash over the author's key and a counter: nobody can pick an id that wins every tie. */
export function replicaId(author: Uint8Array, counter: number): ReplicaId {
  const preimage = new ByteWriter().raw(replicaDomain).raw(author).varint(counter).finish()
  return toString(sha256(preimage).subarray(0, replicaLength), 'base64url') as ReplicaId
}

/** The 16 bytes that a ReplicaId stands for. @throws AssertionError for an id that is no such hash */
export function replicaBytes(replica: ReplicaId): Uint8Array {
  const bytes = fromString(replica, 'base64url')
  assert(bytes.length === replicaLength, 'a replica that is signed for has an id made of its author and a counter')
  return bytes
}

export function readReplica(reader: ByteReader): ReplicaId {
  return toString(reader.raw(replicaLength), 'base64url') as ReplicaId
}

/** In canonical order: by replica, and where two histories of one were built on, by hash. */
export function compareDependencies(one: Dependency, other: Dependency): number {
  if (one.replica !== other.replica) return one.replica < other.replica ? -1 : 1
  return compare(one.hash, other.hash)
}

export function encodeChangeSet(set: ChangeSet): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(256 + set.operations.length)
    .u8(formatVersion)
    .u8(set.continues ? continuesFlag : 0)
    .raw(fromString(set.document, 'base16'))
    .raw(set.author)
    .varint(set.counter)
    .varint(set.sequence)
    .varint(set.count)
    .varint(set.fragment)
    .raw(set.previous)
    .varint(set.dependencies.length)
  for (const { replica, sequence, hash } of set.dependencies)
    writer.raw(replicaBytes(replica)).varint(sequence).raw(hash)
  writer.varint(set.time).bytes(set.accessHead).varint(set.keyEpoch).bytes(set.operations).varint(set.extensions.length)
  for (const { tag, bytes } of set.extensions) writer.varint(tag).bytes(bytes)
  return writer.finish()
}

/** What the author's key signs for a body of that hash. */
export function signingBytes(hash: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([signingDomain, hash])
}

export function sealChangeSet(
  set: ChangeSet,
  body: Uint8Array,
  hash: Uint8Array,
  signature: Uint8Array,
): SealedChangeSet {
  return { ...set, hash, signature, bytes: concat([body, signature]) }
}

export function hashBody(body: Uint8Array): Uint8Array {
  return sha256(body)
}

/** @returns the claim that the set's author signed it */
export function signatureClaim(set: SealedChangeSet): Signed {
  return { key: set.author, bytes: signingBytes(set.hash), signature: set.signature }
}

/**
 * Takes the bytes over: they are kept in what is returned.
 *
 * @throws MalformedMessageError for bytes that `encodeChangeSet` cannot have written. Whether the signature holds is
 * not looked at.
 */
export function decodeChangeSet(bytes: Uint8Array): SealedChangeSet {
  if (bytes.length > changeSetLimit) throw new MalformedMessageError(`A change set of ${bytes.length} bytes`)
  if (bytes.length <= signatureLength) throw new MalformedMessageError('A change set without a signature')
  const bodyLength = bytes.length - signatureLength
  const reader = new ByteReader(bytes, 0, bodyLength)
  const set = readBody(reader)
  reader.finish()
  checkShape(set)
  return { ...set, hash: sha256(bytes.subarray(0, bodyLength)), signature: bytes.subarray(bodyLength), bytes }
}

/** A hash as the key of a map. */
export type HashKey = string & { readonly [brand]: 'HashKey' }

export function hashKey(hash: Uint8Array): HashKey {
  return toString(hash, 'base64') as HashKey
}

function readBody(reader: ByteReader): ChangeSet {
  if (reader.u8() !== formatVersion) throw new MalformedMessageError('A change set of an unknown format')
  const flags = reader.u8()
  if (flags > continuesFlag) throw new MalformedMessageError('A change set with unknown flags')
  const document = toString(reader.raw(hashLength), 'base16') as DocumentId
  const author = reader.raw(keyLength)
  const counter = reader.varint()
  return {
    document,
    author,
    counter,
    replica: replicaId(author, counter),
    sequence: reader.varint(),
    count: reader.varint(),
    fragment: reader.varint(fragmentLimit),
    continues: flags === continuesFlag,
    previous: reader.raw(hashLength),
    dependencies: reader.list(dependencyLimit, readDependency),
    time: reader.varint(),
    accessHead: readAccessHead(reader),
    keyEpoch: reader.varint(),
    operations: reader.bytes(changeSetLimit),
    extensions: reader.list(extensionLimit, readExtension),
  }
}

function readDependency(reader: ByteReader): Dependency {
  return { replica: readReplica(reader), sequence: reader.varint(), hash: reader.raw(hashLength) }
}

function readAccessHead(reader: ByteReader): Uint8Array {
  const head = reader.bytes(hashLength)
  if (head.length !== 0 && head.length !== hashLength) throw new MalformedMessageError('An access head that is no hash')
  return head
}

function readExtension(reader: ByteReader): Extension {
  return { tag: reader.varint(), bytes: reader.bytes(extensionBytesLimit) }
}

function checkShape(set: ChangeSet): void {
  if (set.continues !== (set.count === 0)) throw new MalformedMessageError('A change set whose count is off')
  if (set.sequence + set.count > sequenceLimit) throw new MalformedMessageError('A sequence beyond 2^51')
  let last: Dependency | undefined
  for (const dependency of set.dependencies) {
    if (last !== undefined && compareDependencies(last, dependency) >= 0) {
      throw new MalformedMessageError('Dependencies out of order')
    }
    if (dependency.replica === set.replica) throw new MalformedMessageError('A replica that depends on itself')
    last = dependency
  }
}
