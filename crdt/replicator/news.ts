import { equals } from 'uint8arrays'
import type { DocumentId, PeerId } from '../../node/protocol/index.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import { documentsPerMessage, type DocumentDigest, type ReplicatorMessage } from './messages.ts'

export interface NewsPorts {
  readonly collection: Collection
  send(to: PeerId, message: ReplicatorMessage): void
  /** Calls `tell` soon: what comes until then goes with it. */
  later(): void
  /** A few connected peers at random. */
  some(): readonly PeerId[]
  /** Undefined while a peer has not said in what it is interested. */
  isInterested(peer: PeerId, log: DocumentLog): boolean | undefined
  /** Says what is here of a document that differs. */
  compare(peer: PeerId, log: DocumentLog): void
  /** Asks what these documents are. */
  ask(peer: PeerId, documents: readonly DocumentId[]): void
  /** These differ, or are to be carried here and are not yet. */
  differs(peer: PeerId, documents: readonly DocumentId[]): void
}

/** Documents that have changed otherwise than by broadcast: a few peers hear of it at once, and tell it on where it is new. */
export class News {
  readonly #ports: NewsPorts
  readonly #logs = new Set<DocumentLog>()

  constructor(ports: NewsPorts) {
    this.#ports = ports
  }

  add(log: DocumentLog): void {
    if (this.#logs.size === 0) this.#ports.later()
    this.#logs.add(log)
  }

  tell(): void {
    const logs = [...this.#logs]
    this.#logs.clear()
    for (const peer of this.#ports.some()) {
      const wanted = logs.filter((log) => this.#ports.isInterested(peer, log) !== false)
      for (let start = 0; start < wanted.length; start += documentsPerMessage) {
        const page = wanted.slice(start, start + documentsPerMessage)
        const digests = page.map((log) => ({ document: log.id, digest: log.digest }))
        this.#ports.send(peer, { type: 'news', digests })
      }
    }
  }

  hear(peer: PeerId, digests: readonly DocumentDigest[]): void {
    const { collection } = this.#ports
    const unknown: DocumentId[] = []
    const differing: DocumentId[] = []
    for (const { document, digest } of digests) {
      const log = collection.get(document)
      if (log === undefined && collection.isInteresting(document)) unknown.push(document)
      if (log === undefined || equals(log.digest, digest)) continue
      differing.push(document)
      this.#ports.compare(peer, log)
    }
    if (unknown.length > 0) this.#ports.ask(peer, unknown)
    if (unknown.length + differing.length > 0) this.#ports.differs(peer, [...differing, ...unknown])
  }
}
