import type { DocumentId, PeerId, SubscribeOptions } from '../protocol/index.ts'
import type { Document } from '../../crdt/index.ts'
import {
  DocumentFileError,
  decodeDocumentFile,
  signatureClaim,
  type CarriedDocument,
  type DocumentFile,
  type DocumentStanding,
  type Documents,
  type ProvenEquivocation,
  type ReplicatorEvent,
} from '../../crdt/replicator/index.ts'
import { monotonicNow, verifySignature } from '../libp2p/index.ts'
import { compareDocument, type DocumentDifferences } from './document-comparison.ts'

export interface WaitOptions {
  /** Ends the waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface ConvergedOptions extends WaitOptions {
  /** Connected peers that must agree at the least. @default 1 */
  readonly peers?: number
  /** Only these documents. @default all that are carried here */
  readonly documents?: readonly DocumentId[]
}

export interface ImportedDocument {
  readonly document: Document
  readonly id: DocumentId
  /** Undefined for a document that is known by its id alone. */
  readonly name: string | undefined
  /** Change sets in the file. */
  readonly changeSets: number
}

/** Signatures of a file that are checked at once. */
const checksAtOnce = 64

/** How long a peer may take to say what it has of a document, in milliseconds. */
const answerLimit = 5000

/** How long a round of comparisons may take before the next one, in milliseconds. */
const roundLeast = 50
const roundMost = 1000

/**
 * The documents of one peer. Whatever waits rejects with `PeerStoppedError` once the peer has stopped, and with the error
 * of the store once that has failed or is full.
 */
export class PeerDocuments {
  readonly #documents: Documents
  readonly #ended: AbortSignal

  /** @param ended aborted when nothing is replicated or kept any more: whoever waits hears its reason */
  constructor(documents: Documents, ended: AbortSignal) {
    this.#documents = documents
    this.#ended = ended
  }

  /**
   * The same name is the same document on every peer of the network; every member may write it.
   *
   * @throws DocumentNameError for text that is no name: 1–128 characters, no control characters, no white space around
   */
  async open(name: string): Promise<Document> {
    return this.openById(this.#documents.carry(name))
  }

  /** A new document without a name. Until roles exist, its author alone writes it; others open it by its id. */
  async create(): Promise<Document> {
    return this.#documents.create(globalThis.crypto.getRandomValues(new Uint8Array(16)))
  }

  /** Waits until some peer has described the document, and what is here of it has been read. */
  openById(id: DocumentId, { signal }: WaitOptions = {}): Promise<Document> {
    return this.#until(() => this.#documents.openById(id), signal)
  }

  idOf(document: Document): DocumentId {
    return this.#documents.idOf(document)
  }

  list(): readonly CarriedDocument[] {
    return this.#documents.list()
  }

  /** Carries every document whose name matches, open or not; `*` stands for any run of characters. */
  follow(pattern: string): void {
    this.#documents.follow(pattern)
  }

  /** Resolves when the document and every change made to it here so far would survive a crash. */
  async saved(document: Document, { signal }: WaitOptions = {}): Promise<void> {
    const isSaved = (): boolean => this.#documents.isKept(document) && this.#documents.pending(document) === 0
    await this.#until(() => (isSaved() ? true : undefined), signal)
  }

  /**
   * The document with its whole history as one file: everybody's change sets with their signatures, for `importDocument`
   * there or elsewhere. Waits until what was made here so far is durable.
   *
   * @returns at most some 64 KiB a change set; the format is in docs/formats/document-file.md
   */
  async exportDocument(document: Document, options: WaitOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    await this.saved(document, options)
    return this.#documents.encodeFile(document)
  }

  /**
   * Opens the document of a file that `exportDocument` has made, of this network, and merges what it holds into what is
   * here. Every signature is checked before anything is taken in. Resolves when all of it would survive a crash.
   *
   * @throws DocumentFileError when the file is none, is damaged or was forged: nothing of it is taken in. With the fault
   * `refused` what does not contradict what is here was.
   */
  async importDocument(bytes: Uint8Array, { signal }: WaitOptions = {}): Promise<ImportedDocument> {
    const file = decodeDocumentFile(Uint8Array.from(bytes))
    await checkSignatures(file, signal)
    if (this.#ended.aborted) throw this.#ended.reason
    const options = signal === undefined ? {} : { signal }
    if (this.#documents.version(file.document) !== undefined) await this.openById(file.document, options)
    const taken = this.#documents.takeFile(file)
    const document = await this.openById(file.document, options)
    await this.saved(document, options)
    const { genesis, sets } = file
    if (taken < sets.length) {
      const reason = `${sets.length - taken} of its ${sets.length} change sets contradict what is here, or their authors may not write it`
      throw new DocumentFileError('refused', reason)
    }
    const name = genesis.kind === 'named' ? genesis.name : undefined
    return { document, id: file.document, name, changeSets: sets.length }
  }

  /** Operations of the document made here that would not survive a crash yet. */
  pending(document: Document): number {
    return this.#documents.pending(document)
  }

  /** Peers that replicate documents with this one now. */
  connections(): readonly PeerId[] {
    return this.#documents.connections()
  }

  /**
   * What is missing where, since when and why: a record for each document and each other member that is alive or connected
   * peer, and one without a document for each peer that has not said what it has. Which comparison was the last, the events
   * `compared`, `told` and `refused` tell.
   *
   * @param document of this one alone
   */
  standings(document?: DocumentId): readonly DocumentStanding[] {
    // The host's clock means nothing outside of it.
    const offset = Date.now() - monotonicNow()
    return this.#documents.standings(document).map((standing) => {
      return standing.since === undefined ? standing : { ...standing, since: standing.since + offset }
    })
  }

  /**
   * Asks a connected peer what it has of a document, and says how the two differ, replica by replica. What is missing on
   * either side is sent as well.
   *
   * @param options.signal ends the waiting @default after 5 s
   * @throws ComparisonFailedError when the peer is not connected, does not want the document, or has not answered in time
   */
  differences(document: DocumentId, peer: PeerId, { signal }: WaitOptions = {}): Promise<DocumentDifferences> {
    return compareDocument(this.#documents, document, peer, signal ?? AbortSignal.timeout(answerLimit), this.#ended)
  }

  /** Whether a connected peer wants to hear of a document; undefined while it has not said. */
  isFollowedBy(peer: PeerId, document: DocumentId): boolean | undefined {
    return this.#documents.isFollowedBy(peer, document)
  }

  /** Authors of a document who wrote two histories of it, with one proof of each. */
  equivocations(document: DocumentId): readonly ProvenEquivocation[] {
    return this.#documents.equivocations(document)
  }

  /** Compares with every connected peer now. */
  synchronise(): void {
    this.#documents.synchronise()
  }

  /** Resolves when every connected peer has what this one has, and the other way round. */
  async converged({ signal, peers = 1, documents }: ConvergedOptions = {}): Promise<void> {
    let round = roundLeast
    do {
      signal?.throwIfAborted()
      // What is not durable yet is in no comparison.
      await this.#until(() => (this.#isSettled(documents) ? true : undefined), signal)
      this.#documents.synchronise()
      const timeout = AbortSignal.timeout(round)
      const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      await this.#until(() => (this.#isConverged(peers, documents) ? true : undefined), either).catch(
        (error: unknown) => {
          if (signal?.aborted === true || !timeout.aborted) throw error
        },
      )
      round = Math.min(roundMost, round * 2)
    } while (!this.#isConverged(peers, documents))
  }

  subscribe(listener: (event: ReplicatorEvent) => void, options?: SubscribeOptions): void {
    this.#documents.subscribe(listener, options)
  }

  #isConverged(peers: number, documents: readonly DocumentId[] | undefined): boolean {
    const wanted = documents === undefined ? undefined : new Set(documents)
    const isWaiting = this.#documents.list().some(({ id, waiting }) => wanted?.has(id) !== false && waiting > 0)
    if (isWaiting || !this.#isSettled(documents)) return false
    return this.#documents.connections().length >= peers && this.#documents.isAgreed(wanted)
  }

  /** Whether what was written here so far would survive a crash. */
  #isSettled(documents: readonly DocumentId[] | undefined): boolean {
    const wanted = documents === undefined ? undefined : new Set(documents)
    return !this.#documents.list().some(({ id, pending }) => wanted?.has(id) !== false && pending > 0)
  }

  /** Asks again after each event of the documents. */
  #until<Value>(ask: () => Value | undefined, wanted: AbortSignal | undefined): Promise<Value> {
    const signal = wanted === undefined ? this.#ended : AbortSignal.any([wanted, this.#ended])
    return new Promise((resolve, reject) => {
      const present = ask()
      if (present !== undefined) return resolve(present)
      if (signal.aborted) return reject(signal.reason as Error)
      const listening = new AbortController()
      const abort = (): void => {
        listening.abort()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', abort, { once: true, signal: listening.signal })
      this.#documents.subscribe(
        () => {
          const value = ask()
          if (value === undefined) return
          listening.abort()
          resolve(value)
        },
        { signal: listening.signal },
      )
    })
  }
}

/** By the one rule for all change sets, wherever they come from. @throws DocumentFileError, the reason of the signal */
async function checkSignatures({ sets }: DocumentFile, signal: AbortSignal | undefined): Promise<void> {
  for (let start = 0; start < sets.length; start += checksAtOnce) {
    signal?.throwIfAborted()
    const some = sets.slice(start, start + checksAtOnce)
    const valid = await Promise.all(some.map((set) => verifySignature(signatureClaim(set))))
    const bad = valid.indexOf(false)
    if (bad >= 0) {
      throw new DocumentFileError(
        'signature',
        `change set ${start + bad + 1} is not signed by whom it names as its author`,
      )
    }
  }
}
