import {
  Listeners,
  assert,
  type DocumentId,
  type Host,
  type Overlay,
  type PeerId,
  type SubscribeOptions,
  type VersionVector,
} from '../../node/protocol/index.ts'
import { createDocument, type Change, type Document, type ReplicaId } from '../index.ts'
import { replicaId } from './change-set.ts'
import { replicatorDefinition } from './definition.ts'
import {
  AuthorQuarantinedError,
  DocumentAsleepError,
  DocumentRewrittenError,
  OwnChangesMissingError,
  UnsignedChangesError,
} from './document-errors.ts'
import { DocumentFileError, encodeDocumentFile, type DocumentFile } from './document-file.ts'
import { documentStandings, type DocumentStanding } from './document-standings.ts'
import { encodeProof } from './equivocation.ts'
import type { ReplicatorEvent } from './events.ts'
import { normaliseDocumentName } from './genesis.ts'
import type { ReplicatorOptions } from './options.ts'
import type { Replicator } from './replicator.ts'

export interface DocumentsOptions extends ReplicatorOptions {
  /** Name of the network: the same document name in another network is another document. */
  readonly network: string
  /** Ed25519 public key of the author; the host signs with the key behind it. */
  readonly author: Uint8Array
  /** From the store's lease: no two sessions of an author ever write under the same one. */
  readonly counter: number
  /** Names of documents to carry even while nobody here has them open; `*` stands for any run of characters. */
  readonly follow?: readonly string[]
  /** Wall clock for the label of each change, in milliseconds since 1970. @default none */
  readonly now?: () => number
}

/** A document that is carried here, open or not. */
export interface CarriedDocument {
  readonly id: DocumentId
  /** Undefined for a document that is known by its id alone. */
  readonly name: string | undefined
  readonly version: VersionVector
  /** Own operations that are not durable yet. */
  readonly pending: number
  /** Change sets that wait for something they depend on. */
  readonly waiting: number
  /** Change sets here, and what they take. */
  readonly changeSets: number
  readonly bytes: number
  readonly isOpen: boolean
}

/** An author who wrote two histories of a document. */
export interface ProvenEquivocation {
  /** Ed25519 public key. */
  readonly author: Uint8Array
  readonly replica: ReplicaId
  /** Operations of the replica in front of where its histories part: those are believed. */
  readonly sequence: number
  /** Two sets of the author that follow the same one, each with its length before it (docs/formats/change-set.md). */
  readonly proof: Uint8Array
}

/**
 * Documents that are kept equal among peers: the replicator with the open documents on top. Synchronous, so that the
 * simulator runs it as it is; `createPeer` wraps it in promises.
 */
export class Documents {
  readonly #host: Host
  readonly #options: DocumentsOptions
  readonly #replicator: Replicator
  readonly #open = new Map<DocumentId, Document>()
  readonly #ids = new WeakMap<Document, DocumentId>()
  /** The document that is taking in what the replicator has received. */
  #applying: Document | undefined
  /** Those into which something was merged past the replicator. */
  readonly #unsigned = new WeakSet<Document>()
  /** Those that show nothing until their change sets have been read. */
  readonly #asleep = new Set<DocumentId>()
  /** Those in whose place another stands, and what whoever goes on with them hears. */
  readonly #replaced = new WeakMap<Document, Error>()
  readonly #listeners = new Listeners<ReplicatorEvent>()

  constructor(host: Host, options: DocumentsOptions) {
    this.#host = host
    this.#options = options
    const { network, author, counter, follow = [] } = options
    const needs = {
      network,
      author: { key: author, counter, replica: replicaId(author, counter) },
      sample: (count: number) => host.role('membership')?.sample(count) ?? [],
      broadcast: () => host.role('broadcast'),
    }
    this.#replicator = host.run(replicatorDefinition(pickReplicatorOptions(options)), needs, (event) =>
      this.#hear(event),
    )
    for (const pattern of follow) this.#replicator.follow(pattern)
  }

  /** What this peer writes as, in every document. */
  get replica(): ReplicaId {
    const { author, counter } = this.#options
    return replicaId(author, counter)
  }

  /**
   * The same name is the same document on every peer of the network. What an earlier run kept of it may have to be read
   * first: it comes in one go before the event `loaded`, and until then the document must not be edited.
   *
   * @throws DocumentNameError
   */
  open(name: string): Document {
    return this.#openCarried(this.carry(name))
  }

  /** Carries the document of that name without opening it. @returns its id @throws DocumentNameError */
  carry(name: string): DocumentId {
    const { network } = this.#options
    return this.#replicator.carry({ kind: 'named', network, name: normaliseDocumentName(name) })
  }

  /** A new document that, until roles exist, its author alone writes. @param nonce 16 random bytes */
  create(nonce: Uint8Array): Document {
    const { network, author } = this.#options
    return this.#openCarried(this.#replicator.carry({ kind: 'owned', network, owner: author, nonce }))
  }

  /**
   * @returns the document; undefined while nobody has described it, and while its change sets are being read: `carried`
   * and `loaded` tell when that has an end
   */
  openById(id: DocumentId): Document | undefined {
    const log = this.#replicator.log(id)
    if (log === undefined) this.#replicator.want(id)
    else if (log.isAsleep) this.#replicator.wake(id)
    // One that was opened before it was read shows nothing until `loaded` is told.
    else if (!this.#asleep.has(id)) return this.#openCarried(id)
    return undefined
  }

  /** @throws RangeError for a document that was not opened here */
  idOf(document: Document): DocumentId {
    const id = this.#ids.get(document)
    if (id === undefined) throw new RangeError('Cannot name the document: it was not opened here')
    return id
  }

  /** Carries every document whose name matches, `*` standing for any run of characters. */
  follow(pattern: string): void {
    this.#replicator.follow(pattern)
  }

  list(): readonly CarriedDocument[] {
    return Array.from(this.#replicator.documents, ({ id, genesis, version, waiting, changeSets, bytes }) => ({
      id,
      changeSets,
      bytes,
      name: genesis.kind === 'named' ? genesis.name : undefined,
      version,
      pending: this.#replicator.pending(id),
      waiting,
      isOpen: this.#open.has(id),
    }))
  }

  /** What is here of a document, in the form in which it was signed: operations of whole transactions. */
  version(id: DocumentId): VersionVector | undefined {
    return this.#replicator.version(id)
  }

  /** Whether the document, however empty, would still be known here after a crash. */
  isKept(document: Document): boolean {
    return this.#replicator.isKept(this.idOf(document))
  }

  /** Own operations of a document that would not survive a crash yet. */
  pending(document: Document): number {
    return this.#replicator.pending(this.idOf(document))
  }

  /** Authors of a document who wrote two histories of it, with one proof of each. */
  equivocations(id: DocumentId): readonly ProvenEquivocation[] {
    return (this.#replicator.log(id)?.proofs ?? []).map((equivocation) => {
      const { author, replica, sequence } = equivocation.first
      return { author, replica, sequence, proof: encodeProof(equivocation) }
    })
  }

  /** A document with its whole history, but for what is not durable yet. */
  encodeFile(document: Document): Uint8Array<ArrayBuffer> {
    const log = this.#replicator.log(this.idOf(document))
    assert(log !== undefined, 'a document that is open is carried')
    if (log.isAsleep) throw new DocumentAsleepError()
    return encodeDocumentFile(log.genesisBytes, log.sets)
  }

  /**
   * Merges a file whose signatures were all found right.
   *
   * @returns how many of its sets are here now. @throws DocumentFileError for a document of another network
   * @throws DocumentAsleepError when what is here of the document has not been read
   */
  takeFile(file: DocumentFile): number {
    const { network } = file.genesis
    if (network !== this.#options.network) {
      throw new DocumentFileError('other-network', `it belongs to the network ${JSON.stringify(network)}`)
    }
    if (this.#replicator.log(file.document)?.isAsleep === true) throw new DocumentAsleepError()
    const log = this.#replicator.take(file)
    return file.sets.filter((set) => log.isKnown(set)).length
  }

  /** Peers that replicate documents and can be reached. */
  connections(): readonly PeerId[] {
    return this.#replicator.connections
  }

  /**
   * What is missing where, since when and why: a record for each document and each other member or connected peer.
   *
   * @param document of this one alone
   */
  standings(document?: DocumentId): readonly DocumentStanding[] {
    const replicator = this.#replicator
    const source = {
      self: this.#host.self,
      documents: this.list(),
      members: this.#host.role('membership')?.members() ?? [],
      standings: replicator.standings,
      isFollowedBy: (peer: PeerId, id: DocumentId) => replicator.isFollowedBy(peer, id),
      goneSince: (peer: PeerId) => replicator.goneSince(peer),
    }
    return documentStandings(source, document)
  }

  /**
   * Whether every connected peer has answered since the last `synchronise`, and has what this one has.
   *
   * @param documents of these alone
   */
  isAgreed(documents?: ReadonlySet<DocumentId>): boolean {
    return [...this.#replicator.standings.values()].every(
      ({ isAnswered, differences }) =>
        isAnswered && ![...differences.keys()].some((document) => documents?.has(document) !== false),
    )
  }

  /** Whether a connected peer wants to hear of a document; undefined while it has not said. */
  isFollowedBy(peer: PeerId, document: DocumentId): boolean | undefined {
    return this.#replicator.isFollowedBy(peer, document)
  }

  /** Compares with every connected peer now; nobody counts as having answered from here on. */
  synchronise(): void {
    this.#replicator.synchronise()
  }

  /** Asks a connected peer what it has of a document: the event `told` says it. */
  inspect(peer: PeerId, document: DocumentId): void {
    this.#replicator.inspect(peer, document)
  }

  subscribe(listener: (event: ReplicatorEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  #openCarried(id: DocumentId): Document {
    const present = this.#open.get(id)
    if (present !== undefined) return present
    if (this.#replicator.log(id)?.isAsleep !== true) return this.#show(id, this.#replicator.log(id)?.changes() ?? [])
    this.#asleep.add(id)
    this.#replicator.wake(id)
    return this.#show(id, [])
  }

  #show(id: DocumentId, changes: readonly Change[]): Document {
    const { author, counter, now } = this.#options
    const document = createDocument({ replica: replicaId(author, counter), ...(now === undefined ? {} : { now }) })
    document.apply(changes)
    document.subscribe((event) => {
      if (event.type !== 'changed') return
      const replaced = this.#replaced.get(document)
      if (replaced !== undefined) throw replaced
      if (event.origin === 'local') this.#assertWritable(id, document)
      if (event.origin === 'remote' && this.#applying !== document) this.#unsigned.add(document)
      // Local changes may be made on them from here on, and nobody else could ever take those in.
      if (this.#unsigned.has(document)) throw new UnsignedChangesError()
      if (event.origin !== 'local') return
      for (const change of event.changes) if (!this.#replicator.commit(id, change)) throw new AuthorQuarantinedError()
    })
    this.#open.set(id, document)
    this.#ids.set(document, id)
    return document
  }

  #assertWritable(id: DocumentId, document: Document): void {
    const error = this.#objection(id)
    if (error !== undefined) {
      // It has a change now that nobody takes over.
      this.#replaced.set(document, error)
      this.#open.delete(id)
      throw error
    }
    if (this.#replicator.isQuarantined(id)) throw new AuthorQuarantinedError()
  }

  /** Why the document cannot be written now, and perhaps can later. */
  #objection(id: DocumentId): Error | undefined {
    const isAsleep = this.#asleep.delete(id) || this.#replicator.log(id)?.isAsleep === true
    if (isAsleep) return new DocumentAsleepError()
    if (this.#replicator.isCutShort(id)) return new OwnChangesMissingError()
    if (this.#replicator.isBeingRewritten(id)) return new DocumentRewrittenError()
    return undefined
  }

  #apply(document: Document, changes: readonly Change[]): void {
    this.#applying = document
    try {
      document.apply(changes)
    } finally {
      this.#applying = undefined
    }
  }

  #fill(id: DocumentId): void {
    const document = this.#open.get(id)
    this.#asleep.delete(id)
    if (document !== undefined) this.#apply(document, this.#replicator.log(id)?.changes() ?? [])
  }

  #rewrite(id: DocumentId, changes: readonly Change[]): void {
    const document = this.#open.get(id)
    if (document === undefined) return
    this.#replaced.set(document, new DocumentRewrittenError())
    this.#show(id, changes)
  }

  #hear(event: ReplicatorEvent): void {
    try {
      if (event.type === 'loaded') this.#fill(event.document)
      const document = event.type === 'received' ? this.#open.get(event.document) : undefined
      if (event.type === 'received' && document !== undefined) this.#apply(document, event.changes)
      if (event.type === 'rewritten') this.#rewrite(event.document, event.changes)
    } finally {
      this.#listeners.tell(event)
    }
  }
}

/** An overlay that keeps documents equal among peers, by the roles `broadcast` and `membership` where they are offered. */
export function documents(options: DocumentsOptions): Overlay<Documents> {
  return { attach: (host) => new Documents(host, options) }
}

function pickReplicatorOptions(options: DocumentsOptions): ReplicatorOptions {
  const { network: _network, author: _author, counter: _counter, follow: _follow, now: _now, ...rest } = options
  return rest
}
