import type { DocumentId, Ticket } from '../../node/protocol/index.ts'
import type { Change } from '../index.ts'
import type { Dependency, SealedChangeSet } from './change-set.ts'
import { Outbox, type Author, type ChainEnd } from './outbox.ts'

export interface OutboxesPorts {
  readonly author: Author
  /** Where the author's chain ends in a document. */
  end(document: DocumentId): ChainEnd
  sign(bytes: Uint8Array): Ticket
  write(set: SealedChangeSet): Ticket
  /** Calls `flush(document)` after the gathering time. */
  gather(document: DocumentId): void
}

/** One outbox for each document that is written here, and whose tickets are whose. */
export class Outboxes {
  readonly #ports: OutboxesPorts
  readonly #outboxes = new Map<DocumentId, Outbox>()
  readonly #signing = new Map<Ticket, Outbox>()
  readonly #writing = new Map<Ticket, Outbox>()

  constructor(ports: OutboxesPorts) {
    this.#ports = ports
  }

  /** @returns false where somebody else is writing the author's replica */
  put(document: DocumentId, change: Change, dependencies: readonly Dependency[]): boolean {
    return this.#outbox(document).put(change, dependencies)
  }

  flush(document: DocumentId): void {
    this.#outboxes.get(document)?.flush()
  }

  /** Operations that are not durable yet. */
  pending(document: DocumentId): number {
    return this.#outboxes.get(document)?.pending ?? 0
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    this.#signing.get(ticket)?.signed(ticket, signature)
    this.#signing.delete(ticket)
  }

  /** @returns the set that is durable now and may be told; undefined for a ticket of somebody else */
  written(ticket: Ticket): SealedChangeSet | undefined {
    const set = this.#writing.get(ticket)?.written(ticket)
    this.#writing.delete(ticket)
    return set
  }

  #outbox(document: DocumentId): Outbox {
    const present = this.#outboxes.get(document)
    if (present !== undefined) return present
    const { author } = this.#ports
    const outbox: Outbox = new Outbox(document, author, {
      end: () => this.#ports.end(document),
      sign: (bytes) => {
        const ticket = this.#ports.sign(bytes)
        this.#signing.set(ticket, outbox)
        return ticket
      },
      write: (set) => {
        const ticket = this.#ports.write(set)
        this.#writing.set(ticket, outbox)
        return ticket
      },
      gather: () => this.#ports.gather(document),
    })
    this.#outboxes.set(document, outbox)
    return outbox
  }
}
