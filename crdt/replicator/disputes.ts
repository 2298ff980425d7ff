import type { DocumentId, Duration, Instant } from '../../node/protocol/index.ts'
import type { Collection } from './collection.ts'
import type { Admission, DocumentLog } from './document-log.ts'
import type { Equivocation } from './equivocation.ts'

/**
 * What is believed of a contested document is decided at most so often, and the seldomer the more sets it has for each
 * millisecond, since that costs as much as reading it.
 */
const settleDelay: Duration = 200
const settledSets = 2

/** How long a decision waits for own changes to be written. Who writes without a pause then has to. */
const patience: Duration = 5000

export interface DisputesPorts {
  readonly collection: Collection
  now(): Instant
  /** Own operations of a document that are not in its log yet. */
  pending(document: DocumentId): number
  /** Calls `expire(document)` after the delay. */
  later(document: DocumentId, delay: Duration): void
  /** It is new that the author wrote two histories. */
  proven(log: DocumentLog, equivocation: Equivocation): void
  /** What is believed of the document has been decided. */
  settled(log: DocumentLog, admission: Admission): void
}

/** Documents in which an author wrote two histories: when it is decided what is believed of them. */
export class Disputes {
  readonly #ports: DisputesPorts
  /** Documents of which it will be decided. */
  readonly #due = new Set<DocumentId>()
  /** Those of them that only wait for own changes to be written, and since when. */
  readonly #waiting = new Map<DocumentId, Instant>()

  constructor(ports: DisputesPorts) {
    this.#ports = ports
  }

  /** @param equivocation whose signatures are verified */
  prove(log: DocumentLog, equivocation: Equivocation): void {
    if (!log.prove(equivocation)) return
    this.#ports.proven(log, equivocation)
    this.later(log)
  }

  /** Something has come of which it has to be decided. */
  later({ id, changeSets }: DocumentLog): void {
    if (this.#due.has(id)) return
    this.#due.add(id)
    this.#ports.later(id, Math.max(settleDelay, Math.ceil(changeSets / settledSets)))
  }

  /** Own changes that are not in the log yet go first: what is shown after it must have them. */
  expire(document: DocumentId): void {
    const log = this.#ports.collection.get(document)
    if (log === undefined) return
    if (this.#ports.pending(document) > 0) {
      if (!this.#waiting.has(document)) this.#waiting.set(document, this.#ports.now())
      return
    }
    this.#due.delete(document)
    this.#waiting.delete(document)
    this.settle(log)
  }

  /** An own change is in the log. */
  written(document: DocumentId): void {
    if (this.#waiting.has(document)) this.expire(document)
  }

  /** Whether a decision has waited for so long that nothing more may be written before it. */
  isOverdue(document: DocumentId): boolean {
    const since = this.#waiting.get(document)
    return since !== undefined && this.#ports.now() - since > patience
  }

  settle(log: DocumentLog): void {
    for (const equivocation of log.takeDetected()) this.#ports.proven(log, equivocation)
    this.#ports.settled(log, log.settle())
  }
}
