import { toString } from 'uint8arrays'
import type { DocumentId, PeerId, Ticket } from '../../node/protocol/index.ts'
import type { PeerCursor } from '../../node/reconciliation/index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import { encodeProof, type Equivocation } from './equivocation.ts'
import type { ReplicatorEntry } from './events.ts'
import type { SnapshotEntry } from './snapshot.ts'

export interface JournalPorts {
  readonly collection: Collection
  write(entry: ReplicatorEntry): Ticket
  /** The document would still be known after a crash. */
  kept(document: DocumentId): void
}

/** What goes to the store, and which documents are not in it yet. */
export class Journal {
  readonly #ports: JournalPorts
  /** Documents whose genesis is not durable yet. */
  readonly #keeping = new Map<Ticket, DocumentId>()

  constructor(ports: JournalPorts) {
    this.#ports = ports
  }

  /** Whether a document that is carried would still be known after a crash. */
  isKept(document: DocumentId): boolean {
    return ![...this.#keeping.values()].includes(document)
  }

  /** `kept` is told when all that was written before is durable too: entries are kept in the order in which they are written. */
  keep({ id, genesisBytes }: DocumentLog): void {
    const ticket = this.#ports.write({ type: 'document', document: id, genesis: genesisBytes })
    this.#keeping.set(ticket, id)
  }

  /** Two sets of one place need two keys in the store: those of a contested document have their hash in it. */
  keepSet(set: SealedChangeSet): Ticket {
    const { document, sequence, fragment, bytes } = set
    const isContested = (this.#ports.collection.get(document)?.proofs.length ?? 0) > 0
    const replica = isContested ? toString(set.hash, 'base64url') : set.replica
    return this.#ports.write({ type: 'set', set: { document, replica, sequence, fragment, bytes } })
  }

  keepProof(equivocation: Equivocation): void {
    const { author, document } = equivocation.first
    this.#ports.write({ type: 'equivocation', document, author, proof: encodeProof(equivocation) })
  }

  keepCursor(peer: PeerId, cursor: PeerCursor | undefined): void {
    this.#ports.write({ type: 'cursor', peer, cursor })
  }

  keepSnapshot(snapshot: SnapshotEntry): void {
    this.#ports.write(snapshot)
  }

  /** @returns whether the ticket was that of a document */
  written(ticket: Ticket): boolean {
    const document = this.#keeping.get(ticket)
    if (document === undefined) return false
    this.#keeping.delete(ticket)
    this.#ports.kept(document)
    return true
  }
}
