import type { DocumentId, Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { StoreOutcome } from '../../node/reconciliation/index.ts'
import type { DocumentDifference } from './anti-entropy.ts'
import type { Collection } from './collection.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorEvent, ReplicatorRejection } from './events.ts'
import type { Refusal, ReplicatorMessage } from './messages.ts'
import { Refusals, isRefusal } from './refusals.ts'
import { Standings, type PeerStanding } from './standings.ts'

/** So long after the last change sets of a peer more of them may be on their way. */
const receivingPause: Duration = 100

/** A comparison is put off no longer than this for change sets that come in. */
const receivingMost: Duration = 30_000

export interface RelationsPorts {
  readonly collection: Collection
  now(): Instant
  send(to: PeerId, message: ReplicatorMessage): void
  emit(event: ReplicatorEvent): void
  isConnected(peer: PeerId): boolean
  /** Whether change sets of a peer are being checked. */
  isBusyWith(peer: PeerId): boolean
}

interface Receiving {
  readonly since: Instant
  readonly last: Instant
}

/** How others stand to this peer: what was found to differ, what is coming in, what either does not take. */
export class Relations {
  readonly #ports: RelationsPorts
  readonly #standings: Standings
  readonly #refusals = new Refusals()
  /** When change sets last came by repair. */
  readonly #received = new Map<PeerId, Receiving>()
  #generation = 0

  constructor(ports: RelationsPorts) {
    this.#ports = ports
    this.#standings = new Standings((document) => ports.collection.get(document) !== undefined)
  }

  get standings(): ReadonlyMap<PeerId, PeerStanding> {
    return this.#standings.all
  }

  /** How often it was asked how things stand. */
  get generation(): number {
    return this.#generation
  }

  goneSince(peer: PeerId): Instant | undefined {
    return this.#standings.goneSince(peer)
  }

  /** Nobody counts as having answered from now on. */
  ask(): void {
    this.#standings.ask(this.#ports.now())
    this.#generation++
  }

  connected(peer: PeerId): void {
    this.#standings.connected(peer, this.#ports.now())
  }

  disconnected(peer: PeerId): void {
    this.#standings.disconnected(peer, this.#ports.now())
    this.#received.delete(peer)
  }

  found(peer: PeerId, documents: readonly DocumentId[]): void {
    for (const document of documents) this.#standings.differs(peer, document, this.#ports.now())
  }

  told(peer: PeerId, log: DocumentLog, difference: DocumentDifference): void {
    const { missingHere, missingThere, isEqual } = difference
    if (isEqual) this.#standings.agrees(peer, log.id)
    else this.#standings.told(peer, log.id, missingHere, missingThere, this.#ports.now())
    this.#ports.emit({ type: 'told', peer, document: log.id, ...difference })
  }

  /** @param generation of the beginning of the session, where it was begun here */
  compared(peer: PeerId, found: ReadonlySet<DocumentId>, outcome: StoreOutcome, generation: number | undefined): void {
    const isWhole = outcome.kind === 'complete'
    const isAnswer = isWhole && generation === this.#generation
    if (isWhole) this.#standings.compared(peer, found, isAnswer, this.#ports.now())
    this.#ports.emit({ type: 'compared', peer, differing: [...found], isWhole, isAnswer, outcome })
  }

  /** A peer does not take what was sent of a document. Of documents that are not carried nothing was sent. */
  refused(peer: PeerId, document: DocumentId, reason: Refusal): void {
    if (this.#ports.collection.get(document) === undefined) return
    this.#standings.refusedThere(peer, document, reason, this.#ports.now())
    this.#ports.emit({ type: 'refused', peer, document, reason })
  }

  /** What a peer sent is not taken: it hears why, at most once a second for each document. */
  refuse(reason: ReplicatorRejection, peer: PeerId, document: DocumentId): void {
    const now = this.#ports.now()
    this.#standings.refusedHere(peer, document, reason, now)
    // What was broadcast comes from anybody; only who is connected has sent it here.
    if (!isRefusal(reason) || !this.#ports.isConnected(peer)) return
    if (this.#refusals.isDue(peer, document, now)) this.#ports.send(peer, { type: 'refused', document, reason })
  }

  /** Change sets have come by repair. */
  received(peer: PeerId): void {
    if (!this.#ports.isConnected(peer)) return
    const now = this.#ports.now()
    const before = this.#received.get(peer)
    const goesOn = before !== undefined && now - before.last < receivingMost
    this.#received.set(peer, { since: goesOn ? before.since : now, last: now })
  }

  /** Whether change sets are coming in from a peer: what is here of them is not yet all that was sent. */
  isReceiving(peer: PeerId): boolean {
    const received = this.#received.get(peer)
    if (received === undefined) return false
    const now = this.#ports.now()
    // Who never pauses does not keep everything else from being compared.
    if (now - received.since > receivingMost) return false
    return now - received.last < receivingPause || this.#ports.isBusyWith(peer)
  }
}
