import { assert, type Broadcast, type DocumentId, type PeerId } from '../../node/protocol/index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import type { Equivocation } from './equivocation.ts'

export interface PublicationPorts {
  readonly collection: Collection
  /** Looked up when it is needed; without one, change sets go to the connected peers directly. */
  broadcast(): Broadcast | undefined
  /** To every connected peer. */
  sendAll(set: Uint8Array): void
  /** A set that somebody has published. */
  heard(bytes: Uint8Array, from: PeerId): void
  /** An own set was handed to the log. */
  changed(log: DocumentLog): void
  /** Own operations up to the sequence number are durable. */
  saved(document: DocumentId, sequence: number): void
  /** A few peers are to hear that the log has changed, and compare it. */
  tellOfIt(log: DocumentLog): void
  /** This author's key has written elsewhere under the same counter. */
  proven(log: DocumentLog, equivocation: Equivocation): void
  deferred(log: DocumentLog): void
  /** Nobody would believe it. */
  quarantined(document: DocumentId): void
}

/** Own sets, once they are durable: they enter their log, and others hear of them on the topic of the document. */
export class Publication {
  readonly #ports: PublicationPorts

  constructor(ports: PublicationPorts) {
    this.#ports = ports
  }

  listen({ id }: DocumentLog): void {
    this.#ports.broadcast()?.subscribe(topicOf(id), ({ bytes, from }) => this.#ports.heard(bytes, from))
  }

  publish(set: SealedChangeSet): void {
    const { document, sequence, count, continues } = set
    const log = this.#ports.collection.get(document)
    assert(log !== undefined, 'an own set belongs to a document that is carried')
    const admission = log.admit(set)
    this.#ports.changed(log)
    if (admission.outcome === 'fork') this.#ports.proven(log, admission.equivocation)
    if (admission.outcome === 'deferred') this.#ports.deferred(log)
    else if (admission.outcome !== 'accepted') return this.#ports.quarantined(document)
    // What takes several sets travels by comparison, when all of them are there.
    if (set.fragment === 0 && !continues) this.#push(set)
    else if (!continues) this.#ports.tellOfIt(log)
    if (!continues) this.#ports.saved(document, sequence + count)
  }

  #push({ document, bytes }: SealedChangeSet): void {
    const broadcast = this.#ports.broadcast()
    if (broadcast === undefined) this.#ports.sendAll(bytes)
    else broadcast.publish(topicOf(document), bytes)
  }
}

function topicOf(document: DocumentId): string {
  return `documents/${document}`
}
