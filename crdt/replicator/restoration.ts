import { equals } from 'uint8arrays'
import { ByteReader, MalformedMessageError, type DocumentId, type PeerId } from '../../node/protocol/index.ts'
import type { PeerCursor } from '../../node/reconciliation/index.ts'
import type { Change, ReplicaId } from '../index.ts'
import { decodeChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import { readEquivocation } from './equivocation.ts'
import type { ReplicatorEntry } from './events.ts'
import { readSnapshot } from './snapshot.ts'

export interface RestorationPorts {
  readonly collection: Collection
  /** That of this peer's author. */
  readonly replica: ReplicaId
  restoreCursor(peer: PeerId, cursor: PeerCursor): void
  /** All that is known of the document has been read: what is believed of it can be decided. */
  settle(log: DocumentLog): void
  received(document: DocumentId, changes: readonly Change[]): void
  /** An entry does not read. */
  damaged(document: DocumentId | undefined): void
}

/** What earlier runs kept on its way back: at the start, and when a document that is asleep is needed. */
export class Restoration {
  readonly #ports: RestorationPorts
  /** How many own operations of a document there were, where the store has lost some. */
  readonly #formerOwn = new Map<DocumentId, number>()
  #isAwaking = false

  constructor(ports: RestorationPorts) {
    this.#ports = ports
  }

  /** Whether a document that was asleep is taking in its sets. */
  get isAwaking(): boolean {
    return this.#isAwaking
  }

  /** Whether the store has lost own changes of the document: their numbers must not be used for others. */
  isCutShort(document: DocumentId): boolean {
    const former = this.#formerOwn.get(document) ?? 0
    return former > 0 && this.#ownOperations(document) < former
  }

  begin(entries: Iterable<ReplicatorEntry>): void {
    for (const entry of entries) this.#restore(entry)
    for (const log of this.#ports.collection.logs) this.#ports.settle(log)
  }

  /** @returns whether the document is not what its snapshot said: damaged, or added to by another session of this author */
  awake(log: DocumentLog, entries: Iterable<ReplicatorEntry>): boolean {
    const { replica } = this.#ports
    const { snapshot, digest } = log
    log.wake()
    this.#isAwaking = true
    for (const entry of entries) this.#restore(entry)
    this.#ports.settle(log)
    this.#isAwaking = false
    const own = snapshot?.summary.chains.get(replica)?.sequence ?? 0
    // Of an author with two histories not everything is believed, lost or not.
    if (log.proofs.length === 0 && this.#ownOperations(log.id) < own) this.#formerOwn.set(log.id, own)
    return !equals(log.digest, digest)
  }

  #ownOperations(document: DocumentId): number {
    const { collection, replica } = this.#ports
    return collection.get(document)?.replica(replica).sequence ?? 0
  }

  #restore(entry: ReplicatorEntry): void {
    try {
      this.#read(entry)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#ports.damaged(documentOf(entry))
    }
  }

  #read(entry: ReplicatorEntry): void {
    const { collection } = this.#ports
    switch (entry.type) {
      case 'document':
        return collection.restore(entry.document, entry.genesis)
      case 'cursor':
        if (entry.cursor !== undefined) this.#ports.restoreCursor(entry.peer, entry.cursor)
        return
      case 'equivocation': {
        const reader = new ByteReader(entry.proof)
        collection.get(entry.document)?.prove(readEquivocation(reader))
        return reader.finish()
      }
      case 'snapshot': {
        const log = collection.get(entry.document)
        if (log?.changeSets === 0 && log.proofs.length === 0) log.sleep(readSnapshot(entry))
        return
      }
      case 'set':
        return this.#readSet(entry)
    }
  }

  #readSet({ set: { document, bytes } }: Extract<ReplicatorEntry, { readonly type: 'set' }>): void {
    const log = this.#ports.collection.get(document)
    // A storage that holds nothing back gives a snapshot and the sets as well.
    if (log?.isAsleep === true) log.wake()
    const admission = log?.admit(decodeChangeSet(bytes), true)
    if (admission?.outcome === 'fork') log?.prove(admission.equivocation)
    if (admission?.outcome === 'accepted' && admission.changes.length > 0 && !this.#isAwaking) {
      this.#ports.received(document, admission.changes)
    }
  }
}

function documentOf(entry: ReplicatorEntry): DocumentId | undefined {
  if (entry.type === 'cursor') return undefined
  return entry.type === 'set' ? entry.set.document : entry.document
}
