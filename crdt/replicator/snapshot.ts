import { toString, fromString } from 'uint8arrays'
import {
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  type DocumentId,
  type EntryParts,
} from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'
import type { ReplicatorEntry } from './events.ts'
import { idLengthMost, readSummary, tellSummary, writeSummary, type Summary } from './summary.ts'

/** What has to be known of a document while its change sets are in the store alone. */
export interface DocumentSnapshot {
  readonly summary: Summary
  /** Change sets that it stands for, and what they take. */
  readonly changeSets: number
  readonly bytes: number
}

export type SnapshotEntry = Extract<ReplicatorEntry, { readonly type: 'snapshot' }>

/** @param snapshot of a document without proofs, whose chains are named after their replicas */
export function snapshotEntry(document: DocumentId, { summary, changeSets, bytes }: DocumentSnapshot): SnapshotEntry {
  const writer = new ByteWriter().varint(bytes)
  writeSummary(tellSummary(summary, idLengthMost), writer)
  return { type: 'snapshot', document, changeSets, state: writer.finish() }
}

/** @throws MalformedMessageError */
export function readSnapshot({ changeSets, state }: SnapshotEntry): DocumentSnapshot {
  const reader = new ByteReader(state)
  const bytes = reader.varint()
  const told = readSummary(reader)
  reader.finish()
  if (told.idLength !== idLengthMost || told.proofs.length > 0) {
    throw new MalformedMessageError('A snapshot that leaves something open')
  }
  const chains = Array.from(told.chains, ([id, entry]) => {
    return [toString(fromString(id, 'base16'), 'base64url') as ReplicaId, entry] as const
  })
  return { summary: { chains: new Map(chains), proofs: [] }, changeSets, bytes }
}

/** Whether it reads; what a later release wrote may not. */
export function isReadable(entry: SnapshotEntry): boolean {
  try {
    readSnapshot(entry)
    return true
  } catch (error) {
    if (error instanceof MalformedMessageError) return false
    throw error
  }
}

/**
 * A run begins without the change sets of those documents of which a snapshot says everything that comparing them needs:
 * of as many sets as there are, since sets are only ever added. (Who takes damaged ones away deletes the snapshot.) Of
 * contested documents, all is needed.
 */
export const replicatorParts: EntryParts<ReplicatorEntry> = {
  first(entries) {
    const asleep = asleepOf(entries)
    return entries.filter((entry) => {
      if (entry.type === 'snapshot') return asleep.get(entry.document) === entry
      return entry.type !== 'set' || !asleep.has(entry.set.document)
    })
  },
  of(part, entries) {
    return entries.filter((entry) => {
      return entry.type === 'set' ? entry.set.document === part : isProofOf(entry, part)
    })
  },
}

/** Another session of the same store may have found one. */
function isProofOf(entry: ReplicatorEntry, part: string): boolean {
  return entry.type === 'equivocation' && entry.document === part
}

/** By document, the snapshots that stand for all of its sets. */
function asleepOf(entries: readonly ReplicatorEntry[]): ReadonlyMap<DocumentId, SnapshotEntry> {
  const keys = new Map<DocumentId, Set<string>>()
  const snapshots = new Map<DocumentId, SnapshotEntry>()
  for (const entry of entries) {
    if (entry.type === 'snapshot') snapshots.set(entry.document, entry)
    if (entry.type !== 'set') continue
    const { document, replica, sequence, fragment } = entry.set
    const known = keys.get(document) ?? new Set()
    keys.set(document, known.add(`${replica} ${sequence} ${fragment}`))
  }
  for (const [document, snapshot] of snapshots) {
    const count = keys.get(document)?.size ?? 0
    if (count !== snapshot.changeSets || !isReadable(snapshot)) snapshots.delete(document)
  }
  for (const entry of entries) if (entry.type === 'equivocation') snapshots.delete(entry.document)
  return snapshots
}
