import type { DocumentId, Instant, PeerId } from '../../node/protocol/index.ts'
import type { ReplicatorRejection } from './events.ts'
import type { Refusal } from './messages.ts'

/** Differing documents that are remembered of one peer, of those that are not carried here. */
const unknownLimit = 1000

/** Peers of which it is remembered when they went. */
const goneLimit = 1000

/** How a peer and this one differ in a document. */
export interface Difference {
  /** When it was first seen, on the clock of the host; later comparisons that found it again do not change it. */
  readonly since: Instant
  /** Operations that the peer has and this one lacks, as far as the peer has said; undefined while it has not. */
  readonly missingHere: number | undefined
  /** Operations that this one has and the peer lacks. */
  readonly missingThere: number | undefined
  /** Why this one does not take what the peer has. */
  readonly refusedHere: ReplicatorRejection | undefined
  /** Why the peer does not take what this one has. */
  readonly refusedThere: Refusal | undefined
}

/** How a connected peer stands to this one. */
export interface PeerStanding {
  /** Whether all documents have been compared since it was last asked. */
  readonly isAnswered: boolean
  /** Since when it has answered, or has not. */
  readonly since: Instant
  /** By document; those that are not named are equal as far as both carry them. */
  readonly differences: ReadonlyMap<DocumentId, Difference>
}

interface Standing extends PeerStanding {
  isAnswered: boolean
  since: Instant
  /** Somebody waits for its answer. */
  isAsked: boolean
  readonly differences: Map<DocumentId, Difference>
  unknown: number
}

/** What is missing where, since when and why, for each connected peer. */
export class Standings {
  readonly #peers = new Map<PeerId, Standing>()
  /** When those that are not connected any more went, the longest gone first. */
  readonly #gone = new Map<PeerId, Instant>()
  readonly #isCarried: (document: DocumentId) => boolean

  constructor(isCarried: (document: DocumentId) => boolean) {
    this.#isCarried = isCarried
  }

  get all(): ReadonlyMap<PeerId, PeerStanding> {
    return this.#peers
  }

  goneSince(peer: PeerId): Instant | undefined {
    return this.#gone.get(peer)
  }

  /** A comparison has shown a difference. */
  differs(peer: PeerId, document: DocumentId, now: Instant): void {
    this.#change(peer, document, now, {})
  }

  /** The peer has said what it has. */
  told(peer: PeerId, document: DocumentId, missingHere: number, missingThere: number, now: Instant): void {
    this.#change(peer, document, now, { missingHere, missingThere })
  }

  refusedHere(peer: PeerId, document: DocumentId, reason: ReplicatorRejection, now: Instant): void {
    this.#change(peer, document, now, { refusedHere: reason })
  }

  refusedThere(peer: PeerId, document: DocumentId, reason: Refusal, now: Instant): void {
    this.#change(peer, document, now, { refusedThere: reason })
  }

  agrees(peer: PeerId, document: DocumentId): void {
    const standing = this.#peers.get(peer)
    if (standing !== undefined) this.#forget(standing, document)
  }

  /**
   * All documents have been compared.
   *
   * @param found those that differ
   * @param isAnswer whether this peer has put the question since it was last asked to: what the other asks may come from
   * before it knew all that had been said here
   */
  compared(peer: PeerId, found: ReadonlySet<DocumentId>, isAnswer: boolean, now: Instant): void {
    const standing = this.#peers.get(peer)
    if (standing === undefined) return
    if (isAnswer) standing.isAsked = false
    setAnswered(standing, !standing.isAsked, now)
    for (const document of standing.differences.keys()) if (!found.has(document)) this.#forget(standing, document)
  }

  /** Nobody has answered from now on. */
  ask(now: Instant): void {
    for (const standing of this.#peers.values()) {
      setAnswered(standing, false, now)
      standing.isAsked = true
    }
  }

  connected(peer: PeerId, now: Instant): void {
    this.#gone.delete(peer)
    this.#peers.set(peer, { isAnswered: false, since: now, isAsked: false, differences: new Map(), unknown: 0 })
  }

  disconnected(peer: PeerId, now: Instant): void {
    if (!this.#peers.delete(peer)) return
    this.#gone.set(peer, now)
    for (const [longest] of this.#gone) if (this.#gone.size > goneLimit) this.#gone.delete(longest)
  }

  /** Of peers that are not connected nothing is remembered but when they went. */
  #change(peer: PeerId, document: DocumentId, now: Instant, fields: Partial<Difference>): void {
    const standing = this.#peers.get(peer)
    if (standing === undefined) return
    const known = standing.differences.get(document)
    if (known === undefined && !this.#isCarried(document)) {
      if (standing.unknown >= unknownLimit) return
      standing.unknown++
    }
    standing.differences.set(document, { ...nothingKnown, since: now, ...known, ...fields })
  }

  #forget(standing: Standing, document: DocumentId): void {
    const wasThere = standing.differences.delete(document)
    if (wasThere && !this.#isCarried(document)) standing.unknown = Math.max(0, standing.unknown - 1)
  }
}

function setAnswered(standing: Standing, isAnswered: boolean, now: Instant): void {
  if (standing.isAnswered !== isAnswered) standing.since = now
  standing.isAnswered = isAnswered
}

const nothingKnown: Omit<Difference, 'since'> = Object.freeze({
  missingHere: undefined,
  missingThere: undefined,
  refusedHere: undefined,
  refusedThere: undefined,
})
