import { toString } from 'uint8arrays'
import {
  assert,
  jitter,
  sample,
  type Broadcast,
  type DocumentId,
  type HostEnvironment,
  type Instant,
  type PeerId,
  type Protocol,
  type Ticket,
  type VersionVector,
} from '../../node/protocol/index.ts'
import type { StoreOutcome } from '../../node/reconciliation/index.ts'
import type { Change } from '../index.ts'
import { AntiEntropy } from './anti-entropy.ts'
import { Arrivals } from './arrivals.ts'
import type { SealedChangeSet } from './change-set.ts'
import { Collection } from './collection.ts'
import type { DocumentFile } from './document-file.ts'
import { Disputes } from './disputes.ts'
import type { Admission, DocumentLog } from './document-log.ts'
import { encodeProof, type Equivocation } from './equivocation.ts'
import type { ReplicatorEntry, ReplicatorEvent, ReplicatorRejection, ReplicatorTimer } from './events.ts'
import { Gaps } from './gaps.ts'
import type { Genesis } from './genesis.ts'
import type { ReplicatorMessage } from './messages.ts'
import { Neighbours } from './neighbours.ts'
import { News } from './news.ts'
import type { ResolvedReplicatorOptions } from './options.ts'
import type { Author } from './outbox.ts'
import { Outboxes } from './outboxes.ts'
import { Relations } from './relations.ts'
import { ReplicaLog } from './replica-log.ts'
import { Restoration } from './restoration.ts'
import { Sleepers } from './sleepers.ts'
import { Snapshots } from './snapshots.ts'
import type { PeerStanding } from './standings.ts'
import { Transfers } from './transfers.ts'

export interface ReplicatorNeeds {
  /** Name of the network: part of every genesis. */
  readonly network: string
  readonly author: Author
  /** Members to compare documents with, at random. */
  sample(count: number): readonly PeerId[]
  /** Looked up when it is needed; without one, change sets go to the connected peers directly. */
  broadcast(): Broadcast | undefined
}

type ReplicatorEnvironment = HostEnvironment<ReplicatorMessage, ReplicatorTimer, ReplicatorEvent, ReplicatorEntry>

/** Peers that hear at once of what came by anti-entropy. */
const nudgeFanout = 3

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
  readonly #collection: Collection
  readonly #outboxes: Outboxes
  /** Documents whose genesis is not durable yet. */
  readonly #keeping = new Map<Ticket, DocumentId>()
  readonly #arrivals: Arrivals
  readonly #antiEntropy: AntiEntropy
  readonly #transfers: Transfers
  readonly #neighbours: Neighbours
  readonly #relations: Relations
  readonly #gaps: Gaps
  readonly #news: News
  readonly #disputes: Disputes
  readonly #sleepers: Sleepers
  readonly #snapshots: Snapshots
  readonly #restoration: Restoration
  #started = false

  constructor(environment: ReplicatorEnvironment, needs: ReplicatorNeeds, options: ResolvedReplicatorOptions) {
    this.#environment = environment
    this.#needs = needs
    this.#options = options
    this.#outboxes = new Outboxes({
      author: needs.author,
      end: (document) => this.#collection.get(document)?.replica(needs.author.replica) ?? new ReplicaLog(),
      sign: (bytes) => environment.sign(bytes),
      write: (set) => this.#write(set),
      gather: (document) => environment.schedule({ type: 'gather', document }, options.gatherDelay),
    })
    this.#gaps = new Gaps({
      now: () => environment.now(),
      ask: (peer, log) => this.#antiEntropy.want(peer, log),
      giveUp: (log) => {
        log.dropWaiting()
        this.#reject('orphaned', undefined, log.id)
      },
      later: (document, delay) => environment.schedule({ type: 'missing', document }, delay),
    })
    this.#collection = new Collection({
      network: needs.network,
      limit: options.documentLimit,
      keep: (log) => this.#keep(log),
      added: (log) => this.#added(log),
      reject: (reason, document) => this.#reject(reason, undefined, document),
      widened: (more) => this.#neighbours?.widen(more),
    })
    this.#sleepers = new Sleepers({
      load: (document) => environment.load(document),
      awake: (log, entries) => this.#awake(log, entries),
    })
    this.#restoration = new Restoration({
      collection: this.#collection,
      replica: needs.author.replica,
      restoreCursor: (peer, cursor) => this.#neighbours.restoreCursor(peer, cursor),
      settle: (log) => this.#disputes.settle(log),
      received: (document, changes) => environment.emit({ type: 'received', document, changes }),
      damaged: (document) => this.#reject('damaged', undefined, document),
    })
    this.#snapshots = new Snapshots({
      write: (entry) => void environment.write(entry),
      later: (delay) => environment.schedule({ type: 'snapshot' }, delay),
    })
    this.#arrivals = new Arrivals({
      collection: this.#collection,
      limit: options.verifyingLimitBytes,
      verify: (claim) => environment.verify(claim),
      gap: (log, from) => this.#gaps.found(log, from),
      accepted: (log, sets, changes, way) => this.#accepted(log, sets, changes, way),
      proven: (log, equivocation) => this.#disputes.prove(log, equivocation),
      deferred: (log) => this.#disputes.later(log),
      reject: (reason, from, document) => this.#reject(reason, from, document),
      whenAwake: (log, errand) => this.#sleepers.whenAwake(log, errand),
    })
    this.#transfers = new Transfers({
      send: (to, message) => environment.send(to, message),
      later: (peer) => environment.schedule({ type: 'pump', peer }, 0),
    })
    this.#antiEntropy = new AntiEntropy({
      send: (to, message) => environment.send(to, message),
      transfer: (to, transfer) => this.#transfers.put(to, transfer),
      collection: this.#collection,
      isStubborn: (peer) => this.#neighbours.isStubborn(peer),
      isReceiving: (peer) => this.#relations.isReceiving(peer),
      told: (peer, log, difference) => this.#relations.told(peer, log, difference),
      whenAwake: (log, errand) => void this.#sleepers.whenAwake(log, errand),
    })
    this.#disputes = new Disputes({
      collection: this.#collection,
      now: () => environment.now(),
      pending: (document) => this.#outboxes.pending(document),
      later: (document, delay) => environment.schedule({ type: 'settle', document }, delay),
      proven: (log, equivocation) => this.#proven(log, equivocation),
      settled: (log, admission) => this.#settled(log, admission),
    })
    this.#news = new News({
      collection: this.#collection,
      send: (to, message) => environment.send(to, message),
      later: () => environment.schedule({ type: 'nudge' }, options.nudgeDelay),
      some: () => sample(environment.random, this.connections, nudgeFanout),
      isInterested: (peer, log) => this.#neighbours.isInterested(peer, log),
      compare: (peer, log) => this.#antiEntropy.compare(peer, log),
      ask: (peer, documents) => this.#antiEntropy.ask(peer, documents, false),
      differs: (peer, documents) => {
        this.#relations.found(peer, documents)
        this.#neighbours.differed(peer)
      },
    })
    this.#relations = new Relations({
      collection: this.#collection,
      now: () => environment.now(),
      send: (to, message) => environment.send(to, message),
      emit: (event) => environment.emit(event),
      isConnected: (peer) => this.#neighbours.isConnected(peer),
      isBusyWith: (peer) => this.#arrivals.isBusyWith(peer) || this.#sleepers.isBusyWith(peer),
    })
    this.#neighbours = new Neighbours({
      self: environment.self,
      network: needs.network,
      random: environment.random,
      collection: this.#collection,
      now: () => environment.now(),
      send: (to, message) => environment.send(to, message),
      sessionLater: (peer, isOwn, session, delay) =>
        environment.schedule({ type: 'session', peer, isOwn, session }, delay),
      recheckLater: (peer, attempt, delay) =>
        environment.schedule({ type: 'recheck', peer, attempt }, jitter(environment.random, delay, 0.2)),
      keepCursor: (peer, cursor) => void environment.write({ type: 'cursor', peer, cursor }),
      differs: (peer, log) => this.#antiEntropy.compare(peer, log),
      lacks: (peer, documents, isSure) => this.#antiEntropy.ask(peer, documents, isSure),
      found: (peer, documents) => this.#relations.found(peer, documents),
      compared: (peer, found, outcome, generation) => this.#compared(peer, found, outcome, generation),
      generation: () => this.#relations.generation,
      isReceiving: (peer) => this.#relations.isReceiving(peer),
    })
  }

  // What the façade asks.

  /** Every document carried here. */
  get documents(): Iterable<DocumentLog> {
    return this.#collection.logs
  }

  get connections(): readonly PeerId[] {
    return this.#neighbours.connected
  }

  /** How each connected peer stands to this one. */
  get standings(): ReadonlyMap<PeerId, PeerStanding> {
    return this.#relations.standings
  }

  /** When the connection with a peer that is not there any more ended; undefined where that is not known. */
  goneSince(peer: PeerId): Instant | undefined {
    return this.#relations.goneSince(peer)
  }

  /** Whether a peer wants to hear of a document; undefined while it has not said, or for a document that is not carried. */
  isFollowedBy(peer: PeerId, document: DocumentId): boolean | undefined {
    const log = this.#collection.get(document)
    return log && this.#neighbours.isInterested(peer, log)
  }

  /** Carries a document from now on. No effect when it is. @returns its id */
  carry(genesis: Genesis): DocumentId {
    return this.#collection.carry(genesis).id
  }

  /** Carries a document as soon as somebody describes it. Everyone is asked once; whoever connects later tells anyway. */
  want(document: DocumentId): void {
    this.#collection.want(document)
  }

  /** Carries every document whose name matches. @throws RangeError for a pattern that is none */
  follow(pattern: string): void {
    this.#collection.follow(pattern)
  }

  log(document: DocumentId): DocumentLog | undefined {
    return this.#collection.get(document)
  }

  version(document: DocumentId): VersionVector | undefined {
    return this.#collection.get(document)?.version
  }

  /** Whether a document that is carried would still be known after a crash. */
  isKept(document: DocumentId): boolean {
    return ![...this.#keeping.values()].includes(document)
  }

  /** Own operations of a document that are not durable yet. */
  pending(document: DocumentId): number {
    return this.#outboxes.pending(document)
  }

  /** Whether the author of this peer wrote two histories of the document: nothing it writes now would be believed. */
  isQuarantined(document: DocumentId): boolean {
    return this.#collection.get(document)?.isQuarantined(this.#needs.author.key) ?? false
  }

  /** Whether the store has lost own changes of the document: their numbers must not be used for others. */
  isCutShort(document: DocumentId): boolean {
    return this.#restoration.isCutShort(document)
  }

  /** Whether the document is about to be put together anew, as soon as what was written here is durable. */
  isBeingRewritten(document: DocumentId): boolean {
    return this.#disputes.isOverdue(document)
  }

  /** Has the change sets of a document read, if they are in the store alone: `loaded` is told. */
  wake(document: DocumentId): void {
    const log = this.#collection.get(document)
    if (log !== undefined) this.#sleepers.wake(log)
  }

  /**
   * Takes over a change made here. It is signed, written, and then told to everyone.
   *
   * @returns false, and takes nothing, where somebody else is writing this replica with the author's key
   */
  commit(document: DocumentId, change: Change): boolean {
    const log = this.#collection.get(document)
    assert(log !== undefined, 'only a document that is carried is written')
    return this.#outboxes.put(document, change, log.references(change.dependencies))
  }

  /**
   * Carries the document of a file and takes in its sets, whose signatures were all found right. When `isKept` says so,
   * all of it would survive a crash.
   */
  take({ genesis, sets }: DocumentFile): DocumentLog {
    const log = this.#collection.carry(genesis)
    for (const set of sets) this.#arrivals.take(set, this.#environment.self)
    // Entries are kept in the order in which they are written: this one, which changes nothing, after all sets.
    this.#keep(log)
    return log
  }

  /** Begins a comparison with every connected peer, or with one; nobody counts as having answered from now on. */
  synchronise(peer?: PeerId): void {
    this.#relations.ask()
    for (const other of peer === undefined ? this.connections : [peer]) this.#neighbours.compareAnew(other)
  }

  /** Asks a peer what it has of a document: `told` says it. */
  inspect(peer: PeerId, document: DocumentId): void {
    const log = this.#collection.get(document)
    if (log !== undefined) this.#antiEntropy.compare(peer, log, 'always')
  }

  // What the host calls.

  restore(entries: Iterable<ReplicatorEntry>): void {
    const wanted = Array.from(this.#collection.logs, ({ id }) => id)
    this.#restoration.begin(entries)
    for (const document of wanted) this.wake(document)
  }

  start(): void {
    this.#started = true
    for (const log of this.#collection.logs) {
      this.#listen(log)
      // Those that had to be read: the next run need not.
      if (!log.isAsleep) this.#snapshots.touch(log)
    }
    this.#scheduleAntiEntropy()
  }

  receive(message: ReplicatorMessage, from: PeerId): void {
    switch (message.type) {
      case 'interests':
        return this.#neighbours.interests(from, message)
      case 'declined':
        return this.#neighbours.declined(from, message.documents)
      case 'compare':
        return this.#neighbours.hear(from, message)
      case 'news':
        return this.#news.hear(from, message.digests)
      case 'describe':
        return this.#antiEntropy.describe(from, message.documents, message.wantsSets)
      case 'genesis':
        return this.#antiEntropy.genesis(from, message.genesis)
      case 'summary':
        return this.#antiEntropy.summary(from, message.document, message.summary, message.answer)
      case 'sets':
        this.#relations.received(from)
        for (const bytes of message.sets) this.#arrivals.arrive(bytes, from, 'repair')
        return
      case 'trace':
        return this.#antiEntropy.trace(from, message.document, message.replica, message.places)
      case 'equivocation':
        return this.#arrivals.arriveProof(message.equivocation, from)
      case 'refused':
        return this.#relations.refused(from, message.document, message.reason)
    }
  }

  expire(timer: ReplicatorTimer): void {
    switch (timer.type) {
      case 'antiEntropy':
        this.#compareWithSomebody()
        return this.#scheduleAntiEntropy()
      case 'gather':
        return this.#outboxes.flush(timer.document)
      case 'nudge':
        return this.#news.tell()
      case 'pump':
        return this.#transfers.pump(timer.peer)
      case 'recheck':
        return this.#neighbours.recheck(timer.peer, timer.attempt)
      case 'session':
        return this.#neighbours.sessionExpired(timer.peer, timer.isOwn, timer.session)
      case 'settle':
        return this.#disputes.expire(timer.document)
      case 'snapshot':
        return this.#snapshots.expire()
      case 'missing':
        return this.#gaps.expire(timer.document, this.#collection.get(timer.document), this.#someone()[0])
    }
  }

  connected(peer: PeerId): void {
    this.#relations.connected(peer)
    this.#neighbours.connect(peer)
  }

  disconnected(peer: PeerId): void {
    this.#relations.disconnected(peer)
    this.#neighbours.disconnect(peer)
    this.#sleepers.disconnected(peer)
    this.#transfers.disconnected(peer)
  }

  writable(peer: PeerId): void {
    this.#transfers.writable(peer)
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    this.#outboxes.signed(ticket, signature)
  }

  written(ticket: Ticket): void {
    const kept = this.#keeping.get(ticket)
    if (kept !== undefined) {
      this.#keeping.delete(ticket)
      return this.#environment.emit({ type: 'kept', document: kept })
    }
    const set = this.#outboxes.written(ticket)
    if (set === undefined) return
    this.#tell(set)
    this.#disputes.written(set.document)
  }

  loaded(ticket: Ticket, entries: Iterable<ReplicatorEntry>): void {
    this.#sleepers.loaded(ticket, entries)
  }

  verified(ticket: Ticket, valid: boolean): void {
    this.#arrivals.verified(ticket, valid)
  }

  stop(): void {
    this.#snapshots.write()
  }

  // Own changes on their way out.

  /** An own set is durable: it is part of the log, and others may know. */
  #tell(set: SealedChangeSet): void {
    const log = this.#collection.get(set.document)
    assert(log !== undefined, 'an own set belongs to a document that is carried')
    const admission = log.admit(set)
    this.#touch(log)
    // This author's key has written elsewhere under the same counter.
    if (admission.outcome === 'fork') this.#disputes.prove(log, admission.equivocation)
    if (admission.outcome === 'deferred') this.#disputes.later(log)
    else if (admission.outcome !== 'accepted') return this.#reject('quarantined', undefined, set.document)
    if (set.fragment > 0 || set.continues) {
      if (!set.continues) this.#news.add(log)
    } else this.#push(set)
    if (!set.continues) {
      this.#environment.emit({ type: 'saved', document: set.document, sequence: set.sequence + set.count })
    }
  }

  #push(set: SealedChangeSet): void {
    const broadcast = this.#needs.broadcast()
    if (broadcast !== undefined) return broadcast.publish(topicOf(set.document), set.bytes)
    for (const peer of this.connections) this.#environment.send(peer, { type: 'sets', sets: [set.bytes] })
  }

  // Others' changes on their way in.

  #accepted(
    log: DocumentLog,
    sets: readonly SealedChangeSet[],
    changes: readonly Change[],
    way: 'push' | 'repair',
  ): void {
    this.#touch(log)
    for (const set of sets) this.#write(set)
    if (changes.length > 0) this.#environment.emit({ type: 'received', document: log.id, changes })
    if (way === 'repair') this.#news.add(log)
  }

  // Authors who wrote two histories.

  #proven(log: DocumentLog, equivocation: Equivocation): void {
    this.#touch(log)
    const { author, document } = equivocation.first
    this.#environment.write({ type: 'equivocation', document, author, proof: encodeProof(equivocation) })
    if (!this.#restoration.isAwaking) this.#tellProof(equivocation)
    this.#news.add(log)
  }

  #tellProof(equivocation: Equivocation): void {
    const { author, document, replica } = equivocation.first
    this.#environment.emit({ type: 'equivocation', document, author, replica, proof: encodeProof(equivocation) })
  }

  #settled(log: DocumentLog, admission: Admission): void {
    this.#neighbours.touch(log)
    if (admission.outcome !== 'accepted' && admission.outcome !== 'rewritten') return
    this.#snapshots.touch(log)
    // `loaded` tells of all that is there.
    if (this.#restoration.isAwaking) return
    const { accepted, changes } = admission
    // What is restored is in the store.
    if (this.#started) for (const set of accepted) this.#write(set)
    if (admission.outcome === 'rewritten') {
      this.#environment.emit({ type: 'rewritten', document: log.id, changes })
    } else if (changes.length > 0) this.#environment.emit({ type: 'received', document: log.id, changes })
    if (this.#started) this.#news.add(log)
  }

  /** Two sets of one place need two keys in the store: those of a contested document have their hash in it. */
  #write(set: SealedChangeSet): Ticket {
    const { document, sequence, fragment, bytes } = set
    const isContested = (this.#collection.get(document)?.proofs.length ?? 0) > 0
    const replica = isContested ? toString(set.hash, 'base64url') : set.replica
    return this.#environment.write({ type: 'set', set: { document, replica, sequence, fragment, bytes } })
  }

  // Comparing with others.

  #scheduleAntiEntropy(): void {
    const delay = jitter(this.#environment.random, this.#options.antiEntropyPeriod, 0.2)
    this.#environment.schedule({ type: 'antiEntropy' }, delay)
  }

  #compareWithSomebody(): void {
    const [peer] = this.#someone()
    if (peer !== undefined) this.#neighbours.compare(peer)
  }

  /** A member at random, or in half of the cases a connected peer: not every member can be reached from here. */
  #someone(): readonly PeerId[] {
    const { random } = this.#environment
    const { connections } = this
    const members = connections.length > 0 && random.next() < 0.5 ? [] : this.#needs.sample(1)
    return members.length > 0 ? members : sample(random, connections, 1)
  }

  #compared(peer: PeerId, found: ReadonlySet<DocumentId>, outcome: StoreOutcome, generation: number | undefined): void {
    if (outcome.kind === 'refused' || isEndless(outcome, found)) this.#reject('comparison', peer, undefined)
    this.#relations.compared(peer, found, outcome, generation)
  }

  // Which documents are carried.

  /** A document that was unknown here: it is written, and others who may want it hear of it at once. */
  #keep(log: DocumentLog): void {
    const { id, genesisBytes } = log
    const ticket = this.#environment.write({ type: 'document', document: id, genesis: genesisBytes })
    this.#keeping.set(ticket, id)
    this.#news.add(log)
  }

  #added(log: DocumentLog): void {
    this.#neighbours.touch(log)
    if (this.#started) this.#listen(log)
    this.#environment.emit({ type: 'carried', document: log.id, genesis: log.genesis })
  }

  #listen(log: DocumentLog): void {
    this.#needs.broadcast()?.subscribe(topicOf(log.id), ({ bytes, from }) => this.#arrivals.arrive(bytes, from, 'push'))
  }

  /** What is held of a document has changed. */
  #touch(log: DocumentLog): void {
    this.#neighbours.touch(log)
    this.#snapshots.touch(log)
  }

  /** Of a document that was asleep, all that the store has is here. */
  #awake(log: DocumentLog, entries: Iterable<ReplicatorEntry>): void {
    const isOther = this.#restoration.awake(log, entries)
    for (const proof of log.proofs) this.#tellProof(proof)
    if (isOther) this.#touch(log)
    this.#environment.emit({ type: 'loaded', document: log.id })
  }

  #reject(reason: ReplicatorRejection, peer: PeerId | undefined, document: DocumentId | undefined): void {
    if (peer !== undefined && document !== undefined) this.#relations.refuse(reason, peer, document)
    this.#environment.emit({ type: 'rejected', reason, peer, document })
  }
}

/** A session that used up its messages or its work and has shown nothing: among honest peers each brings something. */
function isEndless(outcome: StoreOutcome, found: ReadonlySet<DocumentId>): boolean {
  return outcome.kind === 'stopped' && (outcome.limit === 'rounds' || outcome.limit === 'work') && found.size === 0
}

function topicOf(document: DocumentId): string {
  return `documents/${document}`
}
