import {
  jitter,
  sample,
  type Broadcast,
  type DocumentId,
  type HostEnvironment,
  type PeerId,
} from '../../node/protocol/index.ts'
import type { StoreOutcome } from '../../node/reconciliation/index.ts'
import { AntiEntropy } from './anti-entropy.ts'
import { Arrivals } from './arrivals.ts'
import { Collection } from './collection.ts'
import { Disputes } from './disputes.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorEntry, ReplicatorEvent, ReplicatorRejection, ReplicatorTimer } from './events.ts'
import { Gaps } from './gaps.ts'
import { Journal } from './journal.ts'
import type { ReplicatorMessage } from './messages.ts'
import { Neighbours } from './neighbours.ts'
import { News } from './news.ts'
import type { ResolvedReplicatorOptions } from './options.ts'
import type { Author } from './outbox.ts'
import { Outboxes } from './outboxes.ts'
import { Publication } from './publication.ts'
import { Relations } from './relations.ts'
import { ReplicaLog } from './replica-log.ts'
import { Restoration } from './restoration.ts'
import { Sleepers } from './sleepers.ts'
import { Snapshots } from './snapshots.ts'
import { Transfers } from './transfers.ts'
import { Updates } from './updates.ts'

export interface ReplicatorNeeds {
  /** Name of the network: part of every genesis. */
  readonly network: string
  readonly author: Author
  /** Members to compare documents with, at random. */
  sample(count: number): readonly PeerId[]
  /** Looked up when it is needed; without one, change sets go to the connected peers directly. */
  broadcast(): Broadcast | undefined
}

export type ReplicatorEnvironment = HostEnvironment<
  ReplicatorMessage,
  ReplicatorTimer,
  ReplicatorEvent,
  ReplicatorEntry
>

/** Peers that hear at once of what came by anti-entropy. */
const nudgeFanout = 3

/** The parts of the replicator and how they are connected: what each knows of the others stands in its ports. */
export class Assembly {
  readonly collection: Collection
  readonly outboxes: Outboxes
  readonly arrivals: Arrivals
  readonly antiEntropy: AntiEntropy
  readonly transfers: Transfers
  readonly neighbours: Neighbours
  readonly relations: Relations
  readonly gaps: Gaps
  readonly news: News
  readonly disputes: Disputes
  readonly sleepers: Sleepers
  readonly snapshots: Snapshots
  readonly restoration: Restoration
  readonly journal: Journal
  readonly publication: Publication
  readonly updates: Updates
  readonly #environment: ReplicatorEnvironment
  #isStarted = false

  constructor(environment: ReplicatorEnvironment, needs: ReplicatorNeeds, options: ResolvedReplicatorOptions) {
    this.#environment = environment
    this.outboxes = new Outboxes({
      author: needs.author,
      end: (document) => this.collection.get(document)?.replica(needs.author.replica) ?? new ReplicaLog(),
      sign: (bytes) => environment.sign(bytes),
      write: (set) => this.journal.keepSet(set),
      gather: (document) => environment.schedule({ type: 'gather', document }, options.gatherDelay),
    })
    this.gaps = new Gaps({
      now: () => environment.now(),
      ask: (peer, log) => this.antiEntropy.want(peer, log),
      giveUp: (log) => {
        log.dropWaiting()
        this.#reject('orphaned', undefined, log.id)
      },
      later: (document, delay) => environment.schedule({ type: 'missing', document }, delay),
    })
    this.collection = new Collection({
      network: needs.network,
      limit: options.documentLimit,
      keep: (log) => this.#keep(log),
      added: (log) => this.#added(log),
      reject: (reason, document) => this.#reject(reason, undefined, document),
      widened: (more) => this.neighbours?.widen(more),
    })
    this.sleepers = new Sleepers({
      load: (document) => environment.load(document),
      awake: (log, entries) => this.updates.awake(log, entries),
    })
    this.restoration = new Restoration({
      collection: this.collection,
      replica: needs.author.replica,
      restoreCursor: (peer, cursor) => this.neighbours.restoreCursor(peer, cursor),
      settle: (log) => this.disputes.settle(log),
      received: (document, changes) => environment.emit({ type: 'received', document, changes }),
      damaged: (document) => this.#reject('damaged', undefined, document),
    })
    this.snapshots = new Snapshots({
      write: (entry) => this.journal.keepSnapshot(entry),
      later: (delay) => environment.schedule({ type: 'snapshot' }, delay),
    })
    this.arrivals = new Arrivals({
      collection: this.collection,
      limit: options.verifyingLimitBytes,
      verify: (claim) => environment.verify(claim),
      gap: (log, from) => this.gaps.found(log, from),
      accepted: (log, sets, changes, way) => this.updates.accepted(log, sets, changes, way),
      proven: (log, equivocation) => this.disputes.prove(log, equivocation),
      deferred: (log) => this.disputes.later(log),
      reject: (reason, from, document) => this.#reject(reason, from, document),
      whenAwake: (log, errand) => this.sleepers.whenAwake(log, errand),
    })
    this.transfers = new Transfers({
      send: (to, message) => environment.send(to, message),
      later: (peer) => environment.schedule({ type: 'pump', peer }, 0),
    })
    this.antiEntropy = new AntiEntropy({
      send: (to, message) => environment.send(to, message),
      transfer: (to, transfer) => this.transfers.put(to, transfer),
      collection: this.collection,
      isStubborn: (peer) => this.neighbours.isStubborn(peer),
      isReceiving: (peer) => this.relations.isReceiving(peer),
      told: (peer, log, difference) => this.relations.told(peer, log, difference),
      whenAwake: (log, errand) => void this.sleepers.whenAwake(log, errand),
    })
    this.disputes = new Disputes({
      collection: this.collection,
      now: () => environment.now(),
      pending: (document) => this.outboxes.pending(document),
      later: (document, delay) => environment.schedule({ type: 'settle', document }, delay),
      proven: (log, equivocation) => this.updates.proven(log, equivocation),
      settled: (log, admission) => this.updates.settled(log, admission),
    })
    this.news = new News({
      collection: this.collection,
      send: (to, message) => environment.send(to, message),
      later: () => environment.schedule({ type: 'nudge' }, options.nudgeDelay),
      some: () => sample(environment.random, this.neighbours.connected, nudgeFanout),
      isInterested: (peer, log) => this.neighbours.isInterested(peer, log),
      compare: (peer, log) => this.antiEntropy.compare(peer, log),
      ask: (peer, documents) => this.antiEntropy.ask(peer, documents, false),
      differs: (peer, documents) => {
        this.relations.found(peer, documents)
        this.neighbours.differed(peer)
      },
    })
    this.relations = new Relations({
      collection: this.collection,
      now: () => environment.now(),
      send: (to, message) => environment.send(to, message),
      emit: (event) => environment.emit(event),
      isConnected: (peer) => this.neighbours.isConnected(peer),
      isBusyWith: (peer) => this.arrivals.isBusyWith(peer) || this.sleepers.isBusyWith(peer),
    })
    this.neighbours = new Neighbours({
      self: environment.self,
      network: needs.network,
      random: environment.random,
      collection: this.collection,
      now: () => environment.now(),
      send: (to, message) => environment.send(to, message),
      sessionLater: (peer, isOwn, session, delay) =>
        environment.schedule({ type: 'session', peer, isOwn, session }, delay),
      recheckLater: (peer, attempt, delay) =>
        environment.schedule({ type: 'recheck', peer, attempt }, jitter(environment.random, delay, 0.2)),
      keepCursor: (peer, cursor) => this.journal.keepCursor(peer, cursor),
      differs: (peer, log) => this.antiEntropy.compare(peer, log),
      lacks: (peer, documents, isSure) => this.antiEntropy.ask(peer, documents, isSure),
      found: (peer, documents) => this.relations.found(peer, documents),
      compared: (peer, found, outcome, generation) => this.#compared(peer, found, outcome, generation),
      generation: () => this.relations.generation,
      isReceiving: (peer) => this.relations.isReceiving(peer),
    })
    this.journal = new Journal({
      collection: this.collection,
      write: (entry) => environment.write(entry),
      kept: (document) => environment.emit({ type: 'kept', document }),
    })
    this.publication = new Publication({
      collection: this.collection,
      broadcast: () => needs.broadcast(),
      sendAll: (set) => {
        for (const peer of this.neighbours.connected) environment.send(peer, { type: 'sets', sets: [set] })
      },
      heard: (bytes, from) => this.arrivals.arrive(bytes, from, 'push'),
      changed: (log) => this.updates.touch(log),
      saved: (document, sequence) => environment.emit({ type: 'saved', document, sequence }),
      tellOfIt: (log) => this.news.add(log),
      proven: (log, equivocation) => this.disputes.prove(log, equivocation),
      deferred: (log) => this.disputes.later(log),
      quarantined: (document) => this.#reject('quarantined', undefined, document),
    })
    this.updates = new Updates({
      journal: this.journal,
      news: this.news,
      restoration: this.restoration,
      isStarted: () => this.#isStarted,
      changed: (log) => this.neighbours.touch(log),
      outdated: (log) => this.snapshots.touch(log),
      emit: (event) => environment.emit(event),
    })
  }

  /** What earlier runs kept has been restored. */
  start(): void {
    this.#isStarted = true
    for (const log of this.collection.logs) {
      this.publication.listen(log)
      // Those that had to be read: the next run need not.
      if (!log.isAsleep) this.snapshots.touch(log)
    }
  }

  /** A document that was unknown here: it is written, and others who may want it hear of it at once. */
  #keep(log: DocumentLog): void {
    this.journal.keep(log)
    this.news.add(log)
  }

  #added(log: DocumentLog): void {
    this.neighbours.touch(log)
    if (this.#isStarted) this.publication.listen(log)
    this.#environment.emit({ type: 'carried', document: log.id, genesis: log.genesis })
  }

  #compared(peer: PeerId, found: ReadonlySet<DocumentId>, outcome: StoreOutcome, generation: number | undefined): void {
    if (outcome.kind === 'refused' || isEndless(outcome, found)) this.#reject('comparison', peer, undefined)
    this.relations.compared(peer, found, outcome, generation)
  }

  #reject(reason: ReplicatorRejection, peer: PeerId | undefined, document: DocumentId | undefined): void {
    if (peer !== undefined && document !== undefined) this.relations.refuse(reason, peer, document)
    this.#environment.emit({ type: 'rejected', reason, peer, document })
  }
}

/** A session that used up its messages or its work and has shown nothing: among honest peers each brings something. */
function isEndless(outcome: StoreOutcome, found: ReadonlySet<DocumentId>): boolean {
  return outcome.kind === 'stopped' && (outcome.limit === 'rounds' || outcome.limit === 'work') && found.size === 0
}
