import type { DocumentId, PeerId } from '../../node/protocol/index.ts'
import type { ReplicatorEvent } from './events.ts'

/** How a peer stood to this one when they last compared a document. */
export type Comparison = 'equal' | 'differing'

/** Documents that are not carried here and are remembered of one peer: a single one shows that it differs. */
const unknownLimit = 1000

interface PeerComparisons {
  readonly documents: Map<DocumentId, Comparison>
  unknown: number
  answered: boolean
}

/** How connected peers stand to this one. What a peer has said counts once it has answered for all that it carries. */
export class Comparisons {
  readonly #peers = new Map<PeerId, PeerComparisons>()
  readonly #isConnected: (peer: PeerId) => boolean
  readonly #isCarried: (document: DocumentId) => boolean

  constructor(isConnected: (peer: PeerId) => boolean, isCarried: (document: DocumentId) => boolean) {
    this.#isConnected = isConnected
    this.#isCarried = isCarried
  }

  /** By peer, for those that are connected and have answered. */
  current(): ReadonlyMap<PeerId, ReadonlyMap<DocumentId, Comparison>> {
    const current = new Map<PeerId, ReadonlyMap<DocumentId, Comparison>>()
    for (const [peer, { answered, documents }] of this.#peers) {
      if (answered && this.#isConnected(peer)) current.set(peer, documents)
    }
    return current
  }

  add({ peer, documents, differing, answered }: Extract<ReplicatorEvent, { type: 'compared' }>): void {
    const comparisons = this.#of(peer)
    for (const document of documents) comparisons.documents.set(document, 'equal')
    for (const document of differing) {
      if (!comparisons.documents.has(document) && !this.#isCarried(document)) {
        if (comparisons.unknown >= unknownLimit) continue
        comparisons.unknown++
      }
      comparisons.documents.set(document, 'differing')
    }
    comparisons.answered ||= answered
  }

  clear(): void {
    this.#peers.clear()
  }

  #of(peer: PeerId): PeerComparisons {
    const present = this.#peers.get(peer)
    if (present !== undefined) return present
    for (const other of this.#peers.keys()) if (!this.#isConnected(other)) this.#peers.delete(other)
    const added = { documents: new Map<DocumentId, Comparison>(), unknown: 0, answered: false }
    this.#peers.set(peer, added)
    return added
  }
}
