import { MalformedMessageError, type DocumentId } from '../../node/protocol/index.ts'
import { DocumentLog } from './document-log.ts'
import { checkPattern } from './follow.ts'
import { decodeGenesis, documentId, encodeGenesis, type Genesis } from './genesis.ts'
import type { ReplicatorRejection } from './events.ts'
import { Interests, type ToldInterests } from './interests.ts'

export interface CollectionPorts {
  readonly network: string
  /** Documents carried at once. */
  readonly limit: number
  /** A document was added that the store does not know yet. */
  keep(log: DocumentLog): void
  /** A document is carried from now on. */
  added(log: DocumentLog): void
  reject(reason: ReplicatorRejection, document: DocumentId | undefined): void
  /** More is wanted than others were told. */
  widened(more: ToldInterests): void
}

/** Which documents are carried here, and which others would be. */
export class Collection {
  readonly #ports: CollectionPorts
  readonly #logs = new Map<DocumentId, DocumentLog>()
  /** Asked for by id before anybody has described them. */
  readonly #wanted = new Set<DocumentId>()
  /** Somebody has them and nobody here follows them. */
  readonly #ignored = new Set<DocumentId>()
  /** What others are told of it. */
  readonly interests: Interests = new Interests()

  constructor(ports: CollectionPorts) {
    this.#ports = ports
  }

  get logs(): Iterable<DocumentLog> {
    return this.#logs.values()
  }

  get(document: DocumentId): DocumentLog | undefined {
    return this.#logs.get(document)
  }

  /** No effect for a document that is carried. */
  carry(genesis: Genesis): DocumentLog {
    const bytes = encodeGenesis(genesis)
    const id = documentId(bytes)
    const present = this.#logs.get(id)
    if (present !== undefined) return present
    const log = new DocumentLog(id, genesis, bytes)
    this.#ports.keep(log)
    this.#add(log)
    return log
  }

  /** As it was kept by an earlier run. @throws MalformedMessageError */
  restore(document: DocumentId, genesis: Uint8Array): void {
    if (!this.#logs.has(document)) this.#add(new DocumentLog(document, decodeGenesis(genesis), genesis))
  }

  /** @returns whether it was neither carried nor wanted before */
  want(document: DocumentId): boolean {
    if (this.#logs.has(document) || this.#wanted.has(document)) return false
    this.#wanted.add(document)
    this.#widen({ patterns: [], documents: [document] })
    return true
  }

  /** @throws RangeError for a pattern that is none, and for one too many */
  follow(pattern: string): void {
    checkPattern(pattern)
    this.#ignored.clear()
    this.#widen({ patterns: [pattern], documents: [] })
  }

  /** Whether a document that is not carried is worth asking about. */
  isInteresting(document: DocumentId): boolean {
    return this.#wanted.has(document) || (this.interests.hasPatterns && !this.#ignored.has(document))
  }

  /** @returns the log of what a peer has described, when it is of interest here */
  discover(bytes: Uint8Array): DocumentLog | undefined {
    const id = documentId(bytes)
    const known = this.#logs.get(id)
    if (known !== undefined) return known
    const genesis = this.#read(bytes)
    if (genesis === undefined || genesis.network !== this.#ports.network) return undefined
    const followed = this.interests.follows(id, genesis)
    if (!followed && !this.#wanted.has(id)) return this.#ignore(id)
    if (this.#logs.size >= this.#ports.limit) {
      this.#ports.reject('document-limit', id)
      return undefined
    }
    this.#wanted.delete(id)
    return this.carry(genesis)
  }

  #add(log: DocumentLog): void {
    this.#logs.set(log.id, log)
    if (!this.interests.follows(log.id, log.genesis)) this.#widen({ patterns: [], documents: [log.id] })
    this.#ports.added(log)
  }

  #widen(more: ToldInterests): void {
    // Who wants everything may have declined it before.
    if (this.interests.add(more) || !this.interests.isPrecise) this.#ports.widened(more)
  }

  #ignore(document: DocumentId): undefined {
    if (this.#ignored.size >= this.#ports.limit) this.#ignored.clear()
    this.#ignored.add(document)
  }

  #read(bytes: Uint8Array): Genesis | undefined {
    try {
      return decodeGenesis(bytes)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#ports.reject('malformed', undefined)
      return undefined
    }
  }
}
