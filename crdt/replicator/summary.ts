import { sha256 } from '@noble/hashes/sha2.js'
import { equals } from 'uint8arrays'
import { ByteWriter, MalformedMessageError, type ByteReader } from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'

/** Bytes of a chain's head that go into a summary: enough to show a fork in the first exchange. */
export const headPrefixLength = 8

/** Bytes of the hash that stands for a whole summary. */
export const digestLength = 8

/** Replicas in one summary. */
const summaryLimit = 16_384

/** How far one replica's chain reaches. */
export interface SummaryEntry {
  readonly sequence: number
  /** Sets beyond `sequence` of a transaction whose end is missing. */
  readonly fragment: number
  /** First 8 bytes of the head's hash. */
  readonly head: Uint8Array
}

/** A version vector whose entries carry the chain's head: what a peer has of one document. */
export type Summary = ReadonlyMap<ReplicaId, SummaryEntry>

export function writeSummary(summary: Summary, writer: ByteWriter): void {
  const entries = [...summary].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  writer.varint(entries.length)
  for (const [replica, { sequence, fragment, head }] of entries) {
    writer.text(replica).varint(sequence).varint(fragment).raw(head)
  }
}

export function readSummary(reader: ByteReader): Summary {
  const entries = reader.list(summaryLimit, (item) => {
    const replica = item.text(64) as ReplicaId
    const entry = { sequence: item.varint(), fragment: item.varint(), head: item.raw(headPrefixLength).slice() }
    return [replica, entry] as const
  })
  const summary = new Map(entries)
  if (summary.size !== entries.length) throw new MalformedMessageError('A summary that names a replica twice')
  return summary
}

/** Equal summaries have equal digests. */
export function digestSummary(summary: Summary): Uint8Array {
  const writer = new ByteWriter()
  writeSummary(summary, writer)
  return sha256(writer.view()).slice(0, digestLength)
}

/** Whether `entry` reaches beyond what `other` has. */
export function isAhead(entry: SummaryEntry, other: SummaryEntry | undefined): boolean {
  if (other === undefined) return true
  return (entry.sequence - other.sequence || entry.fragment - other.fragment) > 0
}

/** Whether both reach equally far and yet end differently. */
export function isForked(entry: SummaryEntry, other: SummaryEntry | undefined): boolean {
  if (other === undefined || entry.sequence !== other.sequence || entry.fragment !== other.fragment) return false
  return !equals(entry.head, other.head)
}
