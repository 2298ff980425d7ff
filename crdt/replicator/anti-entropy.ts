import { equals } from 'uint8arrays'
import type { DocumentId, PeerId } from '../../node/protocol/index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import { documentsPerMessage, type DigestPurpose, type DocumentDigest, type ReplicatorMessage } from './messages.ts'
import type { ReplicaId } from '../index.ts'
import { tracePlaces } from './messages.ts'
import type { ReplicaLog } from './replica-log.ts'
import {
  compareSummaries,
  digestProof,
  headPrefixLength,
  idLengthMost,
  tellSummary,
  type SummaryEntry,
  type ToldSummary,
} from './summary.ts'
import { Transfer } from './transfer.ts'

/** Messages of change sets in one go, so that a large transfer leaves room for others. */
const messagesPerTurn = 16

/** Documents asked about and not yet described. */
const askedLimit = 10_000

export interface AntiEntropyPorts {
  send(to: PeerId, message: ReplicatorMessage): boolean
  /** Calls `pump(peer)` after this turn. */
  later(peer: PeerId): void
  readonly collection: Collection
  /** Whether earlier comparisons with the peer have left a difference. */
  isStubborn(peer: PeerId): boolean
  compared(peer: PeerId, comparison: PeerComparison): void
}

/** What one message of a peer has shown. */
export interface PeerComparison {
  /** Documents that are carried here and were named. */
  readonly documents: readonly DocumentId[]
  /** Those of them that differ, and others that are to be carried here or there and are not yet. */
  readonly differing: readonly DocumentId[]
  /** `page`: one of several that list all documents of the peer; `end`: the last of them; `aside`: not of such a list. */
  readonly part: 'page' | 'end' | 'aside'
  /** Whether the peer has now answered a question of this one. */
  readonly answered: boolean
}

/**
 * Two peers compare what they have and send each other what is missing: digests of all documents, summaries of those
 * that differ, then change sets. Each exchange stands for itself; whatever is lost is found again by the next one.
 */
export class AntiEntropy {
  readonly #ports: AntiEntropyPorts
  readonly #transfers = new Map<PeerId, Map<DocumentId, Transfer>>()
  readonly #blocked = new Set<PeerId>()
  readonly #asked = new Set<DocumentId>()

  constructor(ports: AntiEntropyPorts) {
    this.#ports = ports
  }

  /** Begins a round. */
  question(peer: PeerId): void {
    this.#sendDigests(peer, 'question', [...this.#ports.collection.logs])
  }

  /** Tells that these documents have changed. */
  news(peer: PeerId, logs: readonly DocumentLog[]): void {
    if (logs.length > 0) this.#sendDigests(peer, 'news', logs)
  }

  /** Asks for whatever is missing here of one document, and leaves no doubt of what is here. */
  want(peer: PeerId, log: DocumentLog): void {
    this.#tell(peer, log, false, idLengthMost)
  }

  digests(peer: PeerId, purpose: DigestPurpose, digests: readonly DocumentDigest[]): void {
    const known: DocumentId[] = []
    const differing: DocumentLog[] = []
    const unknown: DocumentId[] = []
    for (const { document, digest } of digests) {
      const log = this.#ports.collection.get(document)
      if (log === undefined) unknown.push(document)
      else known.push(document)
      if (log !== undefined && !equals(log.digest, digest)) differing.push(log)
    }
    if (purpose !== 'answer') for (const log of differing) this.#sendSummary(peer, log, true)
    const missing = this.#describe(peer, unknown)
    const isEnd = digests.length < documentsPerMessage
    if (purpose === 'question' && isEnd) this.#sendDigests(peer, 'answer', [...this.#ports.collection.logs])
    this.#ports.compared(peer, {
      documents: known,
      differing: [...differing.map((log) => log.id), ...missing],
      part: purpose === 'news' ? 'aside' : isEnd ? 'end' : 'page',
      answered: purpose === 'answer' && isEnd,
    })
  }

  /** The other wants these documents and has nothing of them yet. */
  describe(peer: PeerId, documents: readonly DocumentId[]): void {
    const logs = documents.flatMap((document) => this.#ports.collection.get(document) ?? [])
    if (logs.length === 0) return
    this.#ports.send(peer, { type: 'genesis', genesis: logs.map((log) => log.genesisBytes) })
    this.#ports.compared(peer, { documents: [], differing: logs.map((log) => log.id), part: 'aside', answered: false })
  }

  genesis(peer: PeerId, genesis: readonly Uint8Array[]): void {
    for (const bytes of genesis) {
      const log = this.#ports.collection.discover(bytes)
      if (log !== undefined && this.#asked.delete(log.id)) this.want(peer, log)
    }
  }

  summary(peer: PeerId, document: DocumentId, summary: ToldSummary, question: boolean): void {
    const log = this.#ports.collection.get(document)
    if (log === undefined) return
    const standing = compareSummaries(log.summary, summary, (name) => log.replica(name))
    if (standing.isUnclear) return this.#tell(peer, log, true, idLengthMost)
    for (const proof of log.proofs) {
      if (!standing.proofs.includes(digestProof(proof))) continue
      this.#ports.send(peer, { type: 'equivocation', equivocation: proof })
    }
    const { diverged } = standing
    for (const name of diverged) this.#sendTrace(peer, log, name)
    if (question && (standing.isBehind || diverged.length > 0)) this.#sendSummary(peer, log, false)
    if (standing.isAhead) this.#transfer(peer, new Transfer(log, standing.known, diverged))
  }

  /** The other has another history of a replica: it gets the one that is here, from where they part. */
  trace(peer: PeerId, document: DocumentId, replica: ReplicaId, places: readonly SummaryEntry[]): void {
    const log = this.#ports.collection.get(document)
    const chain = log?.replica(replica)
    if (log === undefined || chain === undefined || chain.sets.length === 0) return
    const common = places.find(({ head, ...place }) => {
      const hash = chain.headAt(place)
      return hash !== undefined && equals(hash.subarray(0, headPrefixLength), head)
    })
    const { sequence, fragment } = common ?? chain.start
    const known = new Map<ReplicaId, SummaryEntry>(log.summary.chains)
    known.set(replica, { sequence: sequence - chain.start.sequence, fragment, head: chain.head })
    this.#transfer(peer, new Transfer(log, known))
  }

  /** Goes on sending to a peer: its credit is back, or the turn is over. */
  pump(peer: PeerId): void {
    const transfers = this.#transfers.get(peer)
    if (transfers === undefined || this.#blocked.has(peer)) return
    for (let count = 0; count < messagesPerTurn; count++) {
      const [first] = transfers.values()
      if (first === undefined) break
      const message = first.next()
      if (message === undefined) transfers.delete(first.document)
      else if (!this.#ports.send(peer, message)) {
        this.#blocked.add(peer)
        return
      }
    }
    if (transfers.size === 0) this.#transfers.delete(peer)
    else this.#ports.later(peer)
  }

  writable(peer: PeerId): void {
    if (this.#blocked.delete(peer)) this.pump(peer)
  }

  disconnected(peer: PeerId): void {
    this.#transfers.delete(peer)
    this.#blocked.delete(peer)
  }

  #transfer(peer: PeerId, transfer: Transfer): void {
    let transfers = this.#transfers.get(peer)
    const waiting = transfers !== undefined
    if (transfers === undefined) {
      transfers = new Map()
      this.#transfers.set(peer, transfers)
    }
    transfers.set(transfer.document, transfer)
    if (!waiting) this.pump(peer)
  }

  /** @returns the documents that were asked about */
  #describe(peer: PeerId, unknown: readonly DocumentId[]): readonly DocumentId[] {
    const documents = unknown.filter((document) => this.#ports.collection.isInteresting(document))
    if (documents.length === 0) return documents
    if (this.#asked.size + documents.length > askedLimit) this.#asked.clear()
    for (const document of documents) this.#asked.add(document)
    this.#ports.send(peer, { type: 'describe', documents })
    return documents
  }

  #sendSummary(peer: PeerId, log: DocumentLog, question: boolean): void {
    this.#tell(peer, log, question, this.#ports.isStubborn(peer) ? idLengthMost : undefined)
  }

  #tell(peer: PeerId, log: DocumentLog, question: boolean, idLength: number | undefined): void {
    const summary = tellSummary(log.summary, idLength)
    this.#ports.send(peer, { type: 'summary', document: log.id, question, summary })
  }

  #sendTrace(peer: PeerId, log: DocumentLog, replica: ReplicaId): void {
    this.#ports.send(peer, { type: 'trace', document: log.id, replica, places: tracedPlaces(log.replica(replica)) })
  }

  /** In pages; only a page that is not full ends the list, so an empty one may follow. */
  #sendDigests(peer: PeerId, purpose: DigestPurpose, logs: readonly DocumentLog[]): void {
    for (let start = 0; start <= logs.length; start += documentsPerMessage) {
      const page = logs.slice(start, start + documentsPerMessage)
      const digests = page.map((log) => ({ document: log.id, digest: log.digest }))
      this.#ports.send(peer, { type: 'digests', purpose, digests })
    }
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
