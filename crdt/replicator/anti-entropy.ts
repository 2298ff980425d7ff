import { equals } from 'uint8arrays'
import type { DocumentId, PeerId } from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import { documentsPerMessage, tracePlaces, type ReplicatorMessage, type SummaryAnswer } from './messages.ts'
import type { ReplicaLog } from './replica-log.ts'
import type { Errand } from './sleepers.ts'
import {
  compareSummaries,
  digestProof,
  headPrefixLength,
  idLengthMost,
  tellSummary,
  type ReplicaPosition,
  type SummaryEntry,
  type ToldSummary,
} from './summary.ts'
import { Transfer } from './transfer.ts'

/** Documents asked about and not yet described. */
const askedLimit = 100_000

/** What waits for a document to be read takes so much, and so much for each chain or place that was told. */
const errandBytes = 512
const toldBytes = 256

/** How far two peers are apart in one document, as one of them has said. */
export interface DocumentDifference {
  /** Operations. */
  readonly missingHere: number
  readonly missingThere: number
  /** Of replicas in which they differ, the first thousand. */
  readonly positions: readonly ReplicaPosition[]
  readonly isEqual: boolean
}

export interface AntiEntropyPorts {
  send(to: PeerId, message: ReplicatorMessage): void
  transfer(to: PeerId, transfer: Transfer): void
  readonly collection: Collection
  /** Whether earlier comparisons with the peer have left a difference. */
  isStubborn(peer: PeerId): boolean
  /** Whether change sets are coming in from the peer: asking for more now would have them sent twice. */
  isReceiving(peer: PeerId): boolean
  /** A peer has said what it has of a document. */
  told(peer: PeerId, log: DocumentLog, difference: DocumentDifference): void
  /** Runs an errand with the sets of a document, now or once they have been read; not at all where too much waits. */
  whenAwake(log: DocumentLog, errand: Errand): void
}

/**
 * Two peers tell each other what they have of one document and send what is missing: summaries, then change sets. Each
 * exchange stands for itself; whatever is lost is found again by the next one.
 */
export class AntiEntropy {
  readonly #ports: AntiEntropyPorts
  /** Documents that somebody was asked to describe, and whether their sets come unasked. */
  readonly #asked = new Map<DocumentId, boolean>()

  constructor(ports: AntiEntropyPorts) {
    this.#ports = ports
  }

  /** Says what is here of a document that differs, so that the other sends what is missing and asks for what it lacks. */
  compare(peer: PeerId, log: DocumentLog, answer: SummaryAnswer = 'if-behind'): void {
    if (answer !== 'always' && this.#ports.isReceiving(peer)) return
    this.#tell(peer, log, answer, this.#ports.isStubborn(peer) ? idLengthMost : undefined)
  }

  /** Asks for whatever is missing here of one document, and leaves no doubt of what is here. */
  want(peer: PeerId, log: DocumentLog): void {
    this.#tell(peer, log, 'never', idLengthMost)
  }

  /** Asks what these documents are. @param wantsSets whether they are wanted, whatever they are */
  ask(peer: PeerId, documents: readonly DocumentId[], wantsSets: boolean): void {
    if (this.#asked.size + documents.length > askedLimit) this.#asked.clear()
    for (const document of documents) this.#asked.set(document, wantsSets)
    for (let start = 0; start < documents.length; start += documentsPerMessage) {
      const page = documents.slice(start, start + documentsPerMessage)
      this.#ports.send(peer, { type: 'describe', wantsSets, documents: page })
    }
  }

  /** The other wants these documents and has nothing of them yet. */
  describe(peer: PeerId, documents: readonly DocumentId[], wantsSets: boolean): void {
    const logs = documents.flatMap((document) => this.#ports.collection.get(document) ?? [])
    if (logs.length === 0) return
    this.#ports.send(peer, { type: 'genesis', genesis: logs.map((log) => log.genesisBytes) })
    if (!wantsSets) return
    for (const log of logs) {
      if (log.changeSets === 0) continue
      const act = (): void => this.#ports.transfer(peer, new Transfer(log, new Map()))
      this.#ports.whenAwake(log, { act, from: peer, bytes: errandBytes, isAnswer: true })
    }
  }

  genesis(peer: PeerId, genesis: readonly Uint8Array[]): void {
    for (const bytes of genesis) {
      const log = this.#ports.collection.discover(bytes)
      if (log === undefined) continue
      const comesUnasked = this.#asked.get(log.id)
      this.#asked.delete(log.id)
      if (comesUnasked === false) this.want(peer, log)
    }
  }

  summary(peer: PeerId, document: DocumentId, summary: ToldSummary, answer: SummaryAnswer): void {
    const log = this.#ports.collection.get(document)
    if (log === undefined) return
    const act = (): void => this.#summary(peer, log, summary, answer)
    const bytes = errandBytes + (summary.chains.size + summary.proofs.length) * toldBytes
    this.#ports.whenAwake(log, { act, from: peer, bytes, isAnswer: true })
  }

  #summary(peer: PeerId, log: DocumentLog, summary: ToldSummary, answer: SummaryAnswer): void {
    const comparison = compareSummaries(log.summary, summary, (name) => log.replica(name))
    if (comparison.isUnclear) return this.#tell(peer, log, 'always', idLengthMost)
    for (const proof of log.proofs) {
      if (!comparison.proofs.includes(digestProof(proof))) continue
      this.#ports.send(peer, { type: 'equivocation', equivocation: proof })
    }
    const { diverged, isAhead, isBehind, missingHere, missingThere, positions, proofs } = comparison
    const isEqual = !isAhead && !isBehind && diverged.length === 0 && proofs.length === 0
    this.#ports.told(peer, log, { missingHere, missingThere, positions, isEqual })
    for (const name of diverged) this.#sendTrace(peer, log, name)
    const isAsked = answer === 'always' || (answer === 'if-behind' && (isBehind || diverged.length > 0))
    if (isAsked) this.compare(peer, log, 'never')
    if (isAhead) this.#ports.transfer(peer, new Transfer(log, comparison.known, diverged))
  }

  /** The other has another history of a replica: it gets the one that is here, from where they part. */
  trace(peer: PeerId, document: DocumentId, replica: ReplicaId, places: readonly SummaryEntry[]): void {
    const log = this.#ports.collection.get(document)
    if (log === undefined) return
    const act = (): void => this.#trace(peer, log, replica, places)
    this.#ports.whenAwake(log, { act, from: peer, bytes: errandBytes + places.length * toldBytes, isAnswer: true })
  }

  #trace(peer: PeerId, log: DocumentLog, replica: ReplicaId, places: readonly SummaryEntry[]): void {
    const chain = log.replica(replica)
    if (chain.sets.length === 0) return
    const common = places.find(({ head, ...place }) => {
      const hash = chain.headAt(place)
      return hash !== undefined && equals(hash.subarray(0, headPrefixLength), head)
    })
    const { sequence, fragment } = common ?? chain.start
    const known = new Map<ReplicaId, SummaryEntry>(log.summary.chains)
    known.set(replica, { sequence: sequence - chain.start.sequence, fragment, head: chain.head })
    this.#ports.transfer(peer, new Transfer(log, known, [], replica))
  }

  #tell(peer: PeerId, log: DocumentLog, answer: SummaryAnswer, idLength: number | undefined): void {
    const summary = tellSummary(log.summary, idLength)
    this.#ports.send(peer, { type: 'summary', document: log.id, answer, summary })
  }

  #sendTrace(peer: PeerId, log: DocumentLog, replica: ReplicaId): void {
    this.#ports.send(peer, { type: 'trace', document: log.id, replica, places: tracedPlaces(log.replica(replica)) })
  }
}

/** Places of a chain, from its end on in ever larger steps. */
function tracedPlaces(log: ReplicaLog): SummaryEntry[] {
  const { sets } = log
  const places: SummaryEntry[] = []
  for (let back = 1; back <= sets.length && places.length < tracePlaces; back *= 2) {
    const { sequence, fragment, previous } = sets[sets.length - back] as SealedChangeSet
    places.push({ sequence, fragment, head: previous.subarray(0, headPrefixLength) })
  }
  return places
}
