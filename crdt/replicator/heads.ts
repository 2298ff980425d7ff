import { sha256 } from '@noble/hashes/sha2.js'
import { fromString, toString } from 'uint8arrays'
import { ByteWriter, integer, type DocumentId, type PeerId, type Random } from '../../node/protocol/index.ts'
import { HeadIndex, head, type Head } from '../../node/reconciliation/index.ts'
import type { DocumentLog } from './document-log.ts'
import type { Interests } from './interests.ts'

/** Two thirds of it is how many differences a sketch can tell; where a peer shares a part only, there are fewer. */
const scopedSymbols = 1024

interface Scope {
  readonly interests: Interests
  /** Undefined: the peer wants all that there is, so that what is kept for everyone serves. */
  index: HeadIndex | undefined
}

/**
 * The state of each document as one small digest, and all that comparing stores needs of them, for all documents and for
 * those that a peer shares with this one. A document that changes often is digested only when somebody asks.
 */
export class Heads {
  readonly #random: Random
  readonly #key: Uint8Array
  readonly #all: HeadIndex
  readonly #scopes = new Map<PeerId, Scope>()
  readonly #changed = new Set<DocumentLog>()
  readonly #logs: () => Iterable<DocumentLog>

  /** @param logs every document that is carried */
  constructor(network: string, random: Random, logs: () => Iterable<DocumentLog>) {
    this.#random = random
    this.#logs = logs
    this.#key = sha256(new ByteWriter().raw(fromString('peerloom/heads/v1')).text(network).finish())
    this.#all = this.#newIndex(undefined)
  }

  /** The log is new, or has changed. */
  touch(log: DocumentLog): void {
    this.#changed.add(log)
  }

  get(document: DocumentId): Head | undefined {
    this.#settle()
    return this.#all.get(document)
  }

  /** What this peer and another share. The index goes on changing with the documents. */
  shared(peer: PeerId): HeadIndex | undefined {
    this.#settle()
    const scope = this.#scopes.get(peer)
    return scope && (scope.index ?? this.#all)
  }

  /** Whether all documents are shared with the peer, so that changes can be counted from session to session. */
  isWhole(peer: PeerId): boolean {
    const scope = this.#scopes.get(peer)
    return scope !== undefined && scope.index === undefined
  }

  /** A peer has said, or said more, in which documents it is interested. */
  share(peer: PeerId, interests: Interests): void {
    this.#settle()
    if (interests.isAll) return void this.#scopes.set(peer, { interests, index: undefined })
    const index = this.#scopes.get(peer)?.index ?? this.#newIndex(scopedSymbols)
    this.#scopes.set(peer, { interests, index })
    for (const log of this.#logs()) this.#place(index, interests, log, headOf(log))
  }

  /** A peer does not want these of the documents that it was told of. */
  decline(peer: PeerId, interests: Interests, documents: readonly DocumentId[]): void {
    const index = this.#scopes.get(peer)?.index
    if (index === undefined) return this.share(peer, interests)
    for (const document of documents) index.delete(document)
  }

  forget(peer: PeerId): void {
    this.#scopes.delete(peer)
  }

  #settle(): void {
    for (const log of this.#changed) {
      const current = headOf(log)
      this.#all.set(log.id, current)
      for (const { interests, index } of this.#scopes.values()) {
        if (index !== undefined) this.#place(index, interests, log, current)
      }
    }
    this.#changed.clear()
  }

  #place(index: HeadIndex, interests: Interests, { id, genesis }: DocumentLog, current: Head): void {
    if (interests.includes(id, genesis)) index.set(id, current)
    else index.delete(id)
  }

  #newIndex(symbolLimit: number | undefined): HeadIndex {
    const epoch = integer(this.#random, 2 ** 32)
    return new HeadIndex({ key: this.#key, epoch, ...(symbolLimit === undefined ? {} : { symbolLimit }) })
  }
}

function headOf(log: DocumentLog): Head {
  return head(toString(log.digest, 'base16'))
}
