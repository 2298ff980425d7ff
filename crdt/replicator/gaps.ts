import type { DocumentId, Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { DocumentLog } from './document-log.ts'

/** How long a gap may last before it is asked for: mostly what is missing is only a little later. */
const grace: Duration = 100

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

interface Gap {
  /** Since when the document has had gaps without a break. */
  readonly since: Instant
  /** Who sent what came too early, until it was asked. */
  sender: PeerId | undefined
}

/** Documents of which something arrived too early: what it depends on is asked for, of one peer a second. */
export class Gaps {
  readonly #ports: GapsPorts
  readonly #gaps = new Map<DocumentId, Gap>()

  constructor(ports: GapsPorts) {
    this.#ports = ports
  }

  /** @param sender of what came too early: it has what is missing */
  found(log: DocumentLog, sender: PeerId): void {
    if (this.#gaps.has(log.id)) return
    this.#gaps.set(log.id, { since: this.#ports.now(), sender })
    this.#ports.later(log.id, grace)
  }

  /** @param somebody whom to ask where the sender was asked in vain; undefined while there is nobody */
  expire(document: DocumentId, log: DocumentLog | undefined, somebody: PeerId | undefined): void {
    const gap = this.#gaps.get(document)
    if (gap === undefined) return
    if (log === undefined || log.waiting === 0) return void this.#gaps.delete(document)
    if (this.#ports.now() - gap.since >= lastPatience) {
      this.#gaps.delete(document)
      return this.#ports.giveUp(log)
    }
    const peer = gap.sender ?? somebody
    gap.sender = undefined
    if (peer !== undefined) this.#ports.ask(peer, log)
    this.#ports.later(document, patience)
  }
}
