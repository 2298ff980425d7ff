import { equals } from 'uint8arrays'
import {
  MalformedMessageError,
  type DocumentId,
  type PeerId,
  type Signed,
  type Ticket,
} from '../../node/protocol/index.ts'
import type { Change } from '../index.ts'
import { decodeChangeSet, signatureClaim, type SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import type { Equivocation } from './equivocation.ts'
import type { ReplicatorRejection } from './events.ts'
import type { Genesis } from './genesis.ts'
import { Inbox, type Arrival } from './inbox.ts'
import type { Errand } from './sleepers.ts'
import { digestProof } from './summary.ts'

export interface ArrivalsPorts {
  readonly collection: Collection
  /** Sets whose signature is being checked at once, in bytes. */
  readonly limit: number
  verify(claim: Signed): Ticket
  /** A set came before what it depends on. */
  gap(log: DocumentLog, from: PeerId): void
  accepted(log: DocumentLog, sets: readonly SealedChangeSet[], changes: readonly Change[], way: Arrival['way']): void
  /** It is proven that an author wrote two histories. */
  proven(log: DocumentLog, equivocation: Equivocation): void
  /** Something has come of which `settle` has to decide. */
  deferred(log: DocumentLog): void
  reject(reason: ReplicatorRejection, from: PeerId, document: DocumentId | undefined): void
  /** Runs an errand with the sets of a document, now or once they have been read. @returns false where too much waits */
  whenAwake(log: DocumentLog, errand: Errand): boolean
}

/** What a set takes that waits for its document to be read, beside its bytes. */
const overheadBytes = 1024

/** Proofs whose signatures are being checked. */
const proofLimit = 64

interface PendingProof {
  readonly equivocation: Equivocation
  readonly from: PeerId
  /** Signatures that have not been found right yet. */
  left: number
}

/** Others' change sets, from their bytes to their place in a log. Cheap checks come before the signature. */
export class Arrivals {
  readonly #ports: ArrivalsPorts
  readonly #inbox: Inbox
  readonly #proofs = new Map<Ticket, PendingProof>()

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
    const errand = {
      act: () => this.#look(log, { set, from, way }),
      from,
      bytes: bytes.length + overheadBytes,
      isAnswer: false,
    }
    if (!this.#ports.whenAwake(log, errand)) this.#ports.reject('busy', from, set.document)
  }

  /** Whether sets of a sender are being checked. */
  isBusyWith(sender: PeerId): boolean {
    return this.#inbox.isBusyWith(sender)
  }

  arriveProof(equivocation: Equivocation, from: PeerId): void {
    const { first, second } = equivocation
    const log = this.#ports.collection.get(first.document)
    if (log === undefined) return this.#ports.reject('unknown-document', from, undefined)
    if (!mayWrite(log.genesis, first.author)) return this.#ports.reject('not-permitted', from, first.document)
    const bytes = first.bytes.length + second.bytes.length + 2 * overheadBytes
    const errand = { act: () => this.#lookAtProof(log, equivocation, from), from, bytes, isAnswer: false }
    if (!this.#ports.whenAwake(log, errand)) this.#ports.reject('busy', from, first.document)
  }

  #look(log: DocumentLog, arrival: Arrival): void {
    const { set, from } = arrival
    if (log.isKnown(set)) return
    if (log.refuses(set)) return this.#ports.reject('quarantined', from, set.document)
    if (this.#inbox.put(arrival) === 'full') this.#ports.reject('busy', from, set.document)
  }

  #lookAtProof(log: DocumentLog, equivocation: Equivocation, from: PeerId): void {
    const { first, second } = equivocation
    const digest = digestProof(equivocation)
    if (log.proofs.some((known) => digestProof(known) === digest)) return
    const ofSender = [...this.#proofs.values()].filter((proof) => proof.from === from).length
    if (this.#proofs.size >= proofLimit || ofSender >= proofLimit / 2)
      return this.#ports.reject('busy', from, first.document)
    const pending = { equivocation, from, left: 2 }
    for (const set of [first, second]) this.#proofs.set(this.#ports.verify(signatureClaim(set)), pending)
  }

  /** @param set one whose signature was found right, by the same rule as those that are checked here */
  take(set: SealedChangeSet, from: PeerId): void {
    const log = this.#ports.collection.get(set.document)
    if (log === undefined || log.isKnown(set)) return
    if (!mayWrite(log.genesis, set.author)) return this.#ports.reject('not-permitted', from, set.document)
    if (log.refuses(set)) return this.#ports.reject('quarantined', from, set.document)
    this.#admit({ set, from, way: 'repair' })
  }

  verified(ticket: Ticket, valid: boolean): void {
    const proof = this.#proofs.get(ticket)
    if (proof !== undefined) {
      this.#proofs.delete(ticket)
      return this.#proofVerified(proof, valid)
    }
    const arrival = this.#inbox.take(ticket)
    if (arrival === undefined) return
    if (!valid) return this.#ports.reject('signature', arrival.from, arrival.set.document)
    this.#admit(arrival)
  }

  #proofVerified(pending: PendingProof, valid: boolean): void {
    const { equivocation, from } = pending
    const log = this.#ports.collection.get(equivocation.first.document)
    if (!valid) return this.#ports.reject('signature', from, equivocation.first.document)
    if (--pending.left === 0 && log !== undefined) this.#ports.proven(log, equivocation)
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
        return this.#ports.proven(log, admission.equivocation)
      case 'deferred':
        return this.#ports.deferred(log)
      case 'stray':
      case 'spoiled':
      case 'quarantined':
        return this.#ports.reject(admission.outcome, from, set.document)
      case 'accepted':
      case 'rewritten':
        return this.#ports.accepted(log, admission.accepted, admission.changes, way)
    }
  }
}

/** Until roles exist: everyone may write a named document, only its owner an owned one. */
function mayWrite(genesis: Genesis, author: Uint8Array): boolean {
  return genesis.kind === 'named' || equals(genesis.owner, author)
}
