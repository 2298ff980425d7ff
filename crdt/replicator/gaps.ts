import type { DocumentId, Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { DocumentLog } from './document-log.ts'

/** How long a gap may last before somebody else is asked. */
const patience: Duration = 1000

/** How long a document may have gaps before what waits is dropped: nobody may ever have what it depends on. */
const lastPatience: Duration = 60_000

export interface GapsPorts {
  now(): Instant
  /** Asks a peer for what is missing of a document. */
  ask(peer: PeerId, log: DocumentLog): void
  /** What waits in the document has waited in vain. */
  giveUp(log: DocumentLog): void
  /** Calls `expire(document)` after the delay. */
  later(document: DocumentId, delay: Duration): void
}

/** Documents of which something arrived too early: what it depends on is asked for, of one peer a second. */
export class Gaps {
  readonly #ports: GapsPorts
  readonly #asked = new Map<DocumentId, Instant>()
  /** Since when a document has had gaps without a break. */
  readonly #since = new Map<DocumentId, Instant>()

  constructor(ports: GapsPorts) {
    this.#ports = ports
  }

  /** @param peer whom to ask; undefined while there is nobody */
  found(log: DocumentLog, peer: PeerId | undefined): void {
    const now = this.#ports.now()
    const last = this.#asked.get(log.id)
    if (last !== undefined && now - last < patience) return
    this.#asked.set(log.id, now)
    if (!this.#since.has(log.id)) this.#since.set(log.id, now)
    if (peer !== undefined) this.#ports.ask(peer, log)
    this.#ports.later(log.id, patience)
  }

  /** @param peer whom to ask if the gap is still there */
  expire(document: DocumentId, log: DocumentLog | undefined, peer: PeerId | undefined): void {
    this.#asked.delete(document)
    const waited = this.#ports.now() - (this.#since.get(document) ?? this.#ports.now())
    if (log !== undefined && log.waiting > 0 && waited < lastPatience) return this.found(log, peer)
    this.#since.delete(document)
    if (log !== undefined && log.waiting > 0) this.#ports.giveUp(log)
  }
}
