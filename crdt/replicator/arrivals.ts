import { equals } from 'uint8arrays'
import {
  MalformedMessageError,
  type DocumentId,
  type PeerId,
  type Signed,
  type Ticket,
} from '../../node/protocol/index.ts'
import type { Change } from '../index.ts'
import { decodeChangeSet, type SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorRejection } from './events.ts'
import type { Genesis } from './genesis.ts'
import { Inbox, type Arrival } from './inbox.ts'

export interface ArrivalsPorts {
  readonly collection: Collection
  /** Sets whose signature is being checked at once. */
  readonly limit: number
  verify(claim: Signed): Ticket
  /** A set came before what it depends on. */
  gap(log: DocumentLog, from: PeerId): void
  accepted(log: DocumentLog, sets: readonly SealedChangeSet[], changes: readonly Change[], way: Arrival['way']): void
  reject(reason: ReplicatorRejection, from: PeerId, document: DocumentId | undefined): void
}

/** Others' change sets, from their bytes to their place in a log. Cheap checks come before the signature. */
export class Arrivals {
  readonly #ports: ArrivalsPorts
  readonly #inbox: Inbox

  constructor(ports: ArrivalsPorts) {
    this.#ports = ports
    this.#inbox = new Inbox(ports.limit, (claim) => ports.verify(claim))
  }

  arrive(bytes: Uint8Array, from: PeerId, way: Arrival['way']): void {
    const set = this.#decode(bytes, from)
    if (set === undefined) return
    const log = this.#ports.collection.get(set.document)
    if (log === undefined) return this.#ports.reject('unknown-document', from, undefined)
    if (!mayWrite(log.genesis, set.author)) return this.#ports.reject('not-permitted', from, set.document)
    if (log.isKnown(set)) return
    if (this.#inbox.put({ set, from, way }) === 'full') this.#ports.reject('busy', from, set.document)
  }

  verified(ticket: Ticket, valid: boolean): void {
    const arrival = this.#inbox.take(ticket)
    if (arrival === undefined) return
    if (!valid) return this.#ports.reject('signature', arrival.from, arrival.set.document)
    this.#admit(arrival)
  }

  #decode(bytes: Uint8Array, from: PeerId): SealedChangeSet | undefined {
    try {
      return decodeChangeSet(bytes)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#ports.reject('malformed', from, undefined)
      return undefined
    }
  }

  #admit({ set, from, way }: Arrival): void {
    const log = this.#ports.collection.get(set.document)
    if (log === undefined) return
    const admission = log.admit(set)
    switch (admission.outcome) {
      case 'known':
        return
      case 'waiting':
        return this.#ports.gap(log, from)
      case 'full':
        this.#ports.reject('waiting-full', from, set.document)
        return this.#ports.gap(log, from)
      case 'fork':
      case 'spoiled':
        return this.#ports.reject(admission.outcome, from, set.document)
      case 'accepted':
        return this.#ports.accepted(log, admission.accepted, admission.changes, way)
    }
  }
}

/** Until roles exist: everyone may write a named document, only its owner an owned one. */
function mayWrite(genesis: Genesis, author: Uint8Array): boolean {
  return genesis.kind === 'named' || equals(genesis.owner, author)
}
