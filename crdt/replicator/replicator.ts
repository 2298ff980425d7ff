import {
  assert,
  jitter,
  sample,
  type DocumentId,
  type Instant,
  type PeerId,
  type Protocol,
  type Ticket,
  type VersionVector,
} from '../../node/protocol/index.ts'
import type { Change } from '../index.ts'
import { Assembly, type ReplicatorEnvironment, type ReplicatorNeeds } from './assembly.ts'
import type { DocumentFile } from './document-file.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorEntry, ReplicatorTimer } from './events.ts'
import type { Genesis } from './genesis.ts'
import type { ReplicatorMessage } from './messages.ts'
import type { ResolvedReplicatorOptions } from './options.ts'
import type { PeerStanding } from './standings.ts'

/**
 * Keeps documents equal among peers.
 *
 * Invariants: (1) an own change is told to nobody before it is durable; (2) what is in a log was signed by its author
 * and comes after everything it depends on; (3) while two connected peers differ, a comparison between them is due
 * within a minute.
 */
export class Replicator implements Protocol<ReplicatorMessage, ReplicatorTimer, ReplicatorEntry> {
  readonly #environment: ReplicatorEnvironment
  readonly #needs: ReplicatorNeeds
  readonly #options: ResolvedReplicatorOptions
  readonly #parts: Assembly

  constructor(environment: ReplicatorEnvironment, needs: ReplicatorNeeds, options: ResolvedReplicatorOptions) {
    this.#environment = environment
    this.#needs = needs
    this.#options = options
    this.#parts = new Assembly(environment, needs, options)
  }

  // What the façade asks.

  /** Every document carried here. */
  get documents(): Iterable<DocumentLog> {
    return this.#parts.collection.logs
  }

  get connections(): readonly PeerId[] {
    return this.#parts.neighbours.connected
  }

  /** How each connected peer stands to this one. */
  get standings(): ReadonlyMap<PeerId, PeerStanding> {
    return this.#parts.relations.standings
  }

  /** When the connection with a peer that is not there any more ended; undefined where that is not known. */
  goneSince(peer: PeerId): Instant | undefined {
    return this.#parts.relations.goneSince(peer)
  }

  /** Whether a peer wants to hear of a document; undefined while it has not said, or for a document that is not carried. */
  isFollowedBy(peer: PeerId, document: DocumentId): boolean | undefined {
    const log = this.#parts.collection.get(document)
    return log && this.#parts.neighbours.isInterested(peer, log)
  }

  /** Carries a document from now on. No effect when it is. @returns its id */
  carry(genesis: Genesis): DocumentId {
    return this.#parts.collection.carry(genesis).id
  }

  /** Carries a document as soon as somebody describes it. Everyone is asked once; whoever connects later tells anyway. */
  want(document: DocumentId): void {
    this.#parts.collection.want(document)
  }

  /** Carries every document whose name matches. @throws RangeError for a pattern that is none */
  follow(pattern: string): void {
    this.#parts.collection.follow(pattern)
  }

  log(document: DocumentId): DocumentLog | undefined {
    return this.#parts.collection.get(document)
  }

  version(document: DocumentId): VersionVector | undefined {
    return this.#parts.collection.get(document)?.version
  }

  /** Whether a document that is carried would still be known after a crash. */
  isKept(document: DocumentId): boolean {
    return this.#parts.journal.isKept(document)
  }

  /** Own operations of a document that are not durable yet. */
  pending(document: DocumentId): number {
    return this.#parts.outboxes.pending(document)
  }

  /** Whether the author of this peer wrote two histories of the document: nothing it writes now would be believed. */
  isQuarantined(document: DocumentId): boolean {
    return this.#parts.collection.get(document)?.isQuarantined(this.#needs.author.key) ?? false
  }

  /** Whether the store has lost own changes of the document: their numbers must not be used for others. */
  isCutShort(document: DocumentId): boolean {
    return this.#parts.restoration.isCutShort(document)
  }

  /** Whether the document is about to be put together anew, as soon as what was written here is durable. */
  isBeingRewritten(document: DocumentId): boolean {
    return this.#parts.disputes.isOverdue(document)
  }

  /** Has the change sets of a document read, if they are in the store alone: `loaded` is told. */
  wake(document: DocumentId): void {
    const log = this.#parts.collection.get(document)
    if (log !== undefined) this.#parts.sleepers.wake(log)
  }

  /**
   * Takes over a change made here. It is signed, written, and then told to everyone.
   *
   * @returns false, and takes nothing, where somebody else is writing this replica with the author's key
   */
  commit(document: DocumentId, change: Change): boolean {
    const log = this.#parts.collection.get(document)
    assert(log !== undefined, 'only a document that is carried is written')
    return this.#parts.outboxes.put(document, change, log.references(change.dependencies))
  }

  /**
   * Carries the document of a file and takes in its sets, whose signatures were all found right. When `isKept` says so,
   * all of it would survive a crash.
   */
  take({ genesis, sets }: DocumentFile): DocumentLog {
    const log = this.#parts.collection.carry(genesis)
    for (const set of sets) this.#parts.arrivals.take(set, this.#environment.self)
    // Entries are kept in the order in which they are written: this one, which changes nothing, after all sets.
    this.#parts.journal.keep(log)
    return log
  }

  /** Begins a comparison with every connected peer, or with one; nobody counts as having answered from now on. */
  synchronise(peer?: PeerId): void {
    this.#parts.relations.ask()
    for (const other of peer === undefined ? this.connections : [peer]) this.#parts.neighbours.compareAnew(other)
  }

  /** Asks a peer what it has of a document: `told` says it. */
  inspect(peer: PeerId, document: DocumentId): void {
    const log = this.#parts.collection.get(document)
    if (log !== undefined) this.#parts.antiEntropy.compare(peer, log, 'always')
  }

  // What the host calls.

  restore(entries: Iterable<ReplicatorEntry>): void {
    const wanted = Array.from(this.#parts.collection.logs, ({ id }) => id)
    this.#parts.restoration.begin(entries)
    for (const document of wanted) this.wake(document)
  }

  start(): void {
    this.#parts.start()
    this.#scheduleAntiEntropy()
  }

  receive(message: ReplicatorMessage, from: PeerId): void {
    switch (message.type) {
      case 'interests':
        return this.#parts.neighbours.interests(from, message)
      case 'declined':
        return this.#parts.neighbours.declined(from, message.documents)
      case 'compare':
        return this.#parts.neighbours.hear(from, message)
      case 'news':
        return this.#parts.news.hear(from, message.digests)
      case 'describe':
        return this.#parts.antiEntropy.describe(from, message.documents, message.wantsSets)
      case 'genesis':
        return this.#parts.antiEntropy.genesis(from, message.genesis)
      case 'summary':
        return this.#parts.antiEntropy.summary(from, message.document, message.summary, message.answer)
      case 'sets':
        this.#parts.relations.received(from)
        for (const bytes of message.sets) this.#parts.arrivals.arrive(bytes, from, 'repair')
        return
      case 'trace':
        return this.#parts.antiEntropy.trace(from, message.document, message.replica, message.places)
      case 'equivocation':
        return this.#parts.arrivals.arriveProof(message.equivocation, from)
      case 'refused':
        return this.#parts.relations.refused(from, message.document, message.reason)
    }
  }

  expire(timer: ReplicatorTimer): void {
    switch (timer.type) {
      case 'antiEntropy':
        this.#compareWithSomebody()
        return this.#scheduleAntiEntropy()
      case 'gather':
        return this.#parts.outboxes.flush(timer.document)
      case 'nudge':
        return this.#parts.news.tell()
      case 'pump':
        return this.#parts.transfers.pump(timer.peer)
      case 'recheck':
        return this.#parts.neighbours.recheck(timer.peer, timer.attempt)
      case 'session':
        return this.#parts.neighbours.sessionExpired(timer.peer, timer.isOwn, timer.session)
      case 'settle':
        return this.#parts.disputes.expire(timer.document)
      case 'snapshot':
        return this.#parts.snapshots.expire()
      case 'missing':
        return this.#parts.gaps.expire(timer.document, this.#parts.collection.get(timer.document), this.#someone()[0])
    }
  }

  connected(peer: PeerId): void {
    this.#parts.relations.connected(peer)
    this.#parts.neighbours.connect(peer)
  }

  disconnected(peer: PeerId): void {
    this.#parts.relations.disconnected(peer)
    this.#parts.neighbours.disconnect(peer)
    this.#parts.sleepers.disconnected(peer)
    this.#parts.transfers.disconnected(peer)
  }

  writable(peer: PeerId): void {
    this.#parts.transfers.writable(peer)
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    this.#parts.outboxes.signed(ticket, signature)
  }

  written(ticket: Ticket): void {
    if (this.#parts.journal.written(ticket)) return
    const set = this.#parts.outboxes.written(ticket)
    if (set === undefined) return
    this.#parts.publication.publish(set)
    this.#parts.disputes.written(set.document)
  }

  loaded(ticket: Ticket, entries: Iterable<ReplicatorEntry>): void {
    this.#parts.sleepers.loaded(ticket, entries)
  }

  verified(ticket: Ticket, valid: boolean): void {
    this.#parts.arrivals.verified(ticket, valid)
  }

  stop(): void {
    this.#parts.snapshots.write()
  }

  // Comparing with others.

  #scheduleAntiEntropy(): void {
    const delay = jitter(this.#environment.random, this.#options.antiEntropyPeriod, 0.2)
    this.#environment.schedule({ type: 'antiEntropy' }, delay)
  }

  #compareWithSomebody(): void {
    const [peer] = this.#someone()
    if (peer !== undefined) this.#parts.neighbours.compare(peer)
  }

  /** A member at random, or in half of the cases a connected peer: not every member can be reached from here. */
  #someone(): readonly PeerId[] {
    const { random } = this.#environment
    const { connections } = this
    const members = connections.length > 0 && random.next() < 0.5 ? [] : this.#needs.sample(1)
    return members.length > 0 ? members : sample(random, connections, 1)
  }
}
