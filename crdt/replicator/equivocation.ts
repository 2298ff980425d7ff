import { compare, equals } from 'uint8arrays'
import { ByteWriter, MalformedMessageError, type ByteReader } from '../../node/protocol/index.ts'
import { changeSetLimit, decodeChangeSet, type SealedChangeSet } from './change-set.ts'

/**
 * Proof that an author wrote two histories: two sets, both signed by the author, that follow the same set of the same
 * replica. It convinces everyone who checks the two signatures, and needs nothing else.
 */
export interface Equivocation {
  /** That with the lower hash. */
  readonly first: SealedChangeSet
  readonly second: SealedChangeSet
}

/** @returns undefined where the two sets prove nothing; their signatures are not looked at */
export function findEquivocation(one: SealedChangeSet, other: SealedChangeSet): Equivocation | undefined {
  const isSamePlace =
    one.document === other.document &&
    one.replica === other.replica &&
    one.sequence === other.sequence &&
    one.fragment === other.fragment &&
    equals(one.previous, other.previous)
  const order = compare(one.hash, other.hash)
  if (!isSamePlace || order === 0) return undefined
  return order < 0 ? { first: one, second: other } : { first: other, second: one }
}

export function writeEquivocation({ first, second }: Equivocation, writer: ByteWriter): void {
  writer.bytes(first.bytes).bytes(second.bytes)
}

export function encodeProof(equivocation: Equivocation): Uint8Array<ArrayBuffer> {
  const { first, second } = equivocation
  const writer = new ByteWriter(first.bytes.length + second.bytes.length + 8)
  writeEquivocation(equivocation, writer)
  return writer.finish()
}

/** @throws MalformedMessageError for bytes that prove nothing. Signatures are not looked at */
export function readEquivocation(reader: ByteReader): Equivocation {
  const first = decodeChangeSet(reader.bytes(changeSetLimit).slice())
  const second = decodeChangeSet(reader.bytes(changeSetLimit).slice())
  const equivocation = findEquivocation(first, second)
  if (equivocation?.first !== first) throw new MalformedMessageError('An equivocation that proves nothing')
  return equivocation
}
