import type { DocumentId, Duration, Instant, PeerId, Random } from '../../node/protocol/index.ts'
import type { PeerCursor, StoreOutcome, StoreStep } from '../../node/reconciliation/index.ts'
import type { Collection } from './collection.ts'
import { Cursors } from './cursors.ts'
import type { DocumentLog } from './document-log.ts'
import { Heads } from './heads.ts'
import { Interests, type ToldInterests } from './interests.ts'
import { documentsPerMessage, type ReplicatorMessage } from './messages.ts'
import { Rechecks } from './rechecks.ts'
import { Sessions, type SessionMessage } from './sessions.ts'

/** Questions for all interests that are answered in so long. */
const answersAtOnce = 4
const answerPause: Duration = 1000

/** Peers whose interests are remembered when they have gone. */
const rememberedLimit = 1000

export interface NeighboursPorts {
  readonly self: PeerId
  readonly network: string
  readonly random: Random
  readonly collection: Collection
  now(): Instant
  /** Counts up whenever somebody asks how things stand now. */
  generation(): number
  send(to: PeerId, message: ReplicatorMessage): void
  /** Calls `sessionExpired(peer, isOwn, session)` after the delay. */
  sessionLater(peer: PeerId, isOwn: boolean, session: number, delay: Duration): void
  /** Calls `recheck(peer, attempt)` after the delay, give or take some. */
  recheckLater(peer: PeerId, attempt: number, delay: Duration): void
  keepCursor(peer: PeerId, cursor: PeerCursor | undefined): void
  /** Whether change sets are coming in from a peer. */
  isReceiving(peer: PeerId): boolean
  /** Both carry this document and differ, and it is this peer's turn to say so. */
  differs(peer: PeerId, log: DocumentLog): void
  /** The peer has these documents, they are not here and may be wanted. @param isSure they are, whatever they are */
  lacks(peer: PeerId, documents: readonly DocumentId[], isSure: boolean): void
  /** What a session has shown. @param carried documents that are carried here and differ */
  found(peer: PeerId, documents: readonly DocumentId[]): void
  /** A session is over. @param found all that it has shown to differ @param generation of its beginning, where it was begun here */
  compared(peer: PeerId, found: ReadonlySet<DocumentId>, outcome: StoreOutcome, generation: number | undefined): void
}

interface Neighbour {
  interests: Interests | undefined
  /** Whether it has said so since it connected. */
  isTold: boolean
  isConnected: boolean
  /** The stores were compared since it connected. */
  isCompared: boolean
  /** It began a session before it was known what it wants: then there is one to begin here. */
  isOwed: boolean
  /** How often it was answered with all interests, since when. */
  answers: number
  answersSince: Instant
  /** Found in the session begun here, and in the one begun there. */
  readonly found: { readonly own: Set<DocumentId>; readonly theirs: Set<DocumentId> }
}

/**
 * What this peer and each of its neighbours have told each other: in which documents they are interested, and, in sessions,
 * in which they differ.
 */
export class Neighbours {
  readonly #ports: NeighboursPorts
  readonly #neighbours = new Map<PeerId, Neighbour>()
  readonly #heads: Heads
  readonly #sessions: Sessions
  readonly #rechecks: Rechecks
  readonly #cursors: Cursors

  constructor(ports: NeighboursPorts) {
    this.#ports = ports
    this.#heads = new Heads(ports.network, ports.random, () => ports.collection.logs)
    this.#cursors = new Cursors((peer, cursor) => ports.keepCursor(peer, cursor))
    this.#rechecks = new Rechecks((peer, attempt, delay) => ports.recheckLater(peer, attempt, delay))
    this.#sessions = new Sessions({
      random: ports.random,
      send: (peer, message) => ports.send(peer, { type: 'compare', ...message }),
      later: (peer, isOwn, session, delay) => ports.sessionLater(peer, isOwn, session, delay),
      shared: (peer) => this.#heads.shared(peer),
      isCompared: (peer) => this.#of(peer).isCompared,
      interests: () => ports.collection.interests.digest,
      cursor: (peer) => (this.#heads.isWhole(peer) ? this.#cursors.get(peer) : undefined),
      found: (peer, step, isOwn) => this.#found(peer, step, isOwn),
      ended: (peer, outcome, isOwn, generation) => this.#ended(peer, outcome, isOwn, generation),
      generation: () => ports.generation(),
    })
  }

  get connected(): PeerId[] {
    return [...this.#neighbours].filter(([, { isConnected }]) => isConnected).map(([peer]) => peer)
  }

  isConnected(peer: PeerId): boolean {
    return this.#neighbours.get(peer)?.isConnected === true
  }

  /** Whether earlier comparisons with the peer have left a difference. */
  isStubborn(peer: PeerId): boolean {
    return this.#rechecks.isStubborn(peer)
  }

  /** Whether a peer wants to hear of a document; undefined while it has not said. */
  isInterested(peer: PeerId, { id, genesis }: DocumentLog): boolean | undefined {
    return this.#neighbours.get(peer)?.interests?.includes(id, genesis)
  }

  /** A document is carried from now on, or has changed. */
  touch(log: DocumentLog): void {
    this.#heads.touch(log)
  }

  restoreCursor(peer: PeerId, cursor: PeerCursor): void {
    this.#cursors.restore(peer, cursor)
  }

  connect(peer: PeerId): void {
    const neighbour = this.#of(peer)
    neighbour.isConnected = true
    neighbour.isTold = false
    neighbour.isCompared = false
    this.#tellAll(peer, false)
    // What it said when it was last here is likely still so; if not, it says so right now.
    if (neighbour.interests !== undefined) this.#heads.share(peer, neighbour.interests)
    if (this.#isFirst(peer)) this.#sessions.begin(peer, true)
  }

  disconnect(peer: PeerId): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour !== undefined) neighbour.isConnected = false
    neighbour?.interests?.forgetDeclined()
    this.#rechecks.forget(peer)
    this.#sessions.disconnected(peer)
    this.#heads.forget(peer)
    this.#tidy()
  }

  /** Begins a session, once the peer has said what it wants. One that is not connected gets connected by being asked. */
  compare(peer: PeerId): void {
    if (!this.isConnected(peer) || !this.#sessions.begin(peer, false)) this.#tellAll(peer, true)
  }

  /** As `compare`, with what is here now: a session that goes on may have begun before the last change. */
  compareAnew(peer: PeerId): void {
    this.#sessions.giveUp(peer)
    this.#of(peer).found.own.clear()
    this.compare(peer)
  }

  /** This peer wants to hear of more than it has said: everyone is told. */
  widen(more: ToldInterests): void {
    for (const peer of this.connected) this.#tell(peer, more, false, false)
  }

  interests(peer: PeerId, told: ToldInterests & { readonly isWhole: boolean; readonly isQuestion: boolean }): void {
    const neighbour = this.#of(peer)
    const isFirst = !neighbour.isTold
    const wasWhole = this.#heads.isWhole(peer)
    if (told.isQuestion) this.#answerAll(peer, false)
    const before = neighbour.interests?.digest
    if (told.isWhole || neighbour.interests === undefined) neighbour.interests = new Interests()
    const isMore = neighbour.interests.add(told)
    const isNews = told.isWhole ? neighbour.interests.digest !== before : isMore
    neighbour.isTold = true
    if (!neighbour.isConnected) return
    // It takes a walk over all documents.
    if (isNews || this.#heads.shared(peer) === undefined) this.#heads.share(peer, neighbour.interests)
    // Of the two, one begins when they meet; later whoever was told something new.
    if (!isNews || (wasWhole && neighbour.interests.isAll)) return
    if (!isFirst || this.#isFirst(peer) || neighbour.isOwed) this.#restart(peer)
    neighbour.isOwed = false
  }

  declined(peer: PeerId, documents: readonly DocumentId[]): void {
    const { interests } = this.#of(peer)
    if (interests === undefined || documents.length === 0 || !this.isConnected(peer)) return
    interests.decline(documents)
    this.#heads.decline(peer, interests, documents)
  }

  hear(peer: PeerId, message: SessionMessage): void {
    const neighbour = this.#of(peer)
    if (message.interests !== undefined && message.interests !== neighbour.interests?.digest) {
      this.#answerAll(peer, true)
      neighbour.isOwed ||= neighbour.interests === undefined
    }
    this.#sessions.receive(peer, message)
  }

  sessionExpired(peer: PeerId, isOwn: boolean, session: number): void {
    this.#sessions.expire(peer, isOwn, session)
  }

  recheck(peer: PeerId, attempt: number): void {
    const isSoon = this.#ports.isReceiving(peer)
    if (this.#rechecks.expire(peer, attempt, isSoon) && !isSoon) this.compare(peer)
  }

  /** A difference was seen otherwise than in a session. */
  differed(peer: PeerId): void {
    if (this.isConnected(peer)) this.#rechecks.compared(peer, true, false)
  }

  /** What is compared has changed: a session that goes on would not show all. */
  #restart(peer: PeerId): void {
    this.#sessions.disconnected(peer)
    const { found } = this.#of(peer)
    for (const documents of [found.own, found.theirs]) documents.clear()
    this.#sessions.begin(peer, true)
  }

  #found(peer: PeerId, { carried, lacked }: StoreStep, isOwn: boolean): void {
    const { collection } = this.#ports
    const { found } = this.#of(peer)
    const mine = isOwn ? found.own : found.theirs
    for (const { document, theirs, isAnswer } of carried) {
      mine.add(document)
      const log = collection.get(document)
      // Of the two, whoever was told first; and who lacks a document asks for it itself.
      if (!isAnswer && theirs !== undefined && log !== undefined) this.#ports.differs(peer, log)
    }
    for (const { document, head } of lacked) {
      const log = collection.get(document)
      if (log === undefined || this.#heads.get(document) === head) continue
      // It is here, and it was not known that the other wants it.
      mine.add(document)
      this.#ports.differs(peer, log)
    }
    const unknown = lacked.map(({ document }) => document).filter((document) => collection.get(document) === undefined)
    const wanted = unknown.filter((document) => collection.isInteresting(document))
    for (const document of wanted) mine.add(document)
    if (wanted.length > 0) this.#ports.lacks(peer, wanted, collection.interests.isPrecise)
    if (wanted.length < unknown.length) {
      this.#decline(
        peer,
        unknown.filter((document) => !collection.isInteresting(document)),
      )
    }
    this.#ports.found(peer, [...mine])
  }

  #decline(peer: PeerId, documents: readonly DocumentId[]): void {
    for (const page of pagesOf(documents)) this.#ports.send(peer, { type: 'declined', documents: page })
  }

  #ended(peer: PeerId, outcome: StoreOutcome, isOwn: boolean, generation: number): void {
    const neighbour = this.#of(peer)
    const mine = isOwn ? neighbour.found.own : neighbour.found.theirs
    neighbour.isCompared ||= outcome.kind === 'complete'
    const isSettled = outcome.kind === 'complete' && mine.size === 0
    if (outcome.kind === 'complete' && outcome.cursor !== undefined && this.#heads.isWhole(peer)) {
      this.#cursors.put(peer, outcome.cursor, this.#ports.now())
    }
    // Only what was begun here is sure to know of all that was here before.
    this.#rechecks.compared(peer, !isSettled, isOwn && outcome.kind === 'complete')
    this.#ports.compared(peer, new Set(mine), outcome, isOwn ? generation : undefined)
    mine.clear()
  }

  /** Of two peers that meet, the one with the lower name begins. */
  #isFirst(peer: PeerId): boolean {
    return this.#ports.self < peer
  }

  /** Few bytes ask for many: a few times a second at the most. */
  #answerAll(peer: PeerId, isQuestion: boolean): void {
    const neighbour = this.#of(peer)
    const now = this.#ports.now()
    if (now - neighbour.answersSince >= answerPause) {
      neighbour.answersSince = now
      neighbour.answers = 0
    }
    if (neighbour.answers++ < answersAtOnce) this.#tellAll(peer, isQuestion)
  }

  #tellAll(peer: PeerId, isQuestion: boolean): void {
    this.#tell(peer, this.#ports.collection.interests.told, true, isQuestion)
  }

  #tell(peer: PeerId, { patterns, documents }: ToldInterests, isWhole: boolean, isQuestion: boolean): void {
    const pages = documents === 'everything' ? [documents] : pagesOf(documents)
    for (const [page, named] of pages.entries()) {
      const isFirst = page === 0
      this.#ports.send(peer, {
        type: 'interests',
        isWhole: isWhole && isFirst,
        isQuestion: isQuestion && isFirst,
        patterns: isFirst ? patterns : [],
        documents: named,
      })
    }
  }

  #of(peer: PeerId): Neighbour {
    let neighbour = this.#neighbours.get(peer)
    if (neighbour === undefined) {
      const found = { own: new Set<DocumentId>(), theirs: new Set<DocumentId>() }
      neighbour = {
        interests: undefined,
        isTold: false,
        isConnected: false,
        isCompared: false,
        isOwed: false,
        answers: 0,
        answersSince: 0,
        found,
      }
      this.#neighbours.set(peer, neighbour)
    }
    return neighbour
  }

  /** Those that have gone, the longest known first. */
  #tidy(): void {
    if (this.#neighbours.size <= rememberedLimit) return
    for (const [peer, { isConnected }] of this.#neighbours) {
      if (isConnected) continue
      this.#neighbours.delete(peer)
      return
    }
  }
}

/** At least one, if it is empty. */
function pagesOf(documents: readonly DocumentId[]): DocumentId[][] {
  const pages: DocumentId[][] = []
  for (let start = 0; start === 0 || start < documents.length; start += documentsPerMessage) {
    pages.push(documents.slice(start, start + documentsPerMessage))
  }
  return pages
}
