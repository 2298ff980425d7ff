import { assert, type Random } from '../../protocol/index.ts'
import type { HeadIndex, Mark } from '../heads/head-index.ts'
import type { HeadRecord } from '../heads/head-record.ts'
import type { HeadSnapshot } from '../heads/head-snapshot.ts'
import { drawNonce } from '../nonce.ts'
import { Exchange } from './exchange.ts'
import { FeedSide } from './feed-side.ts'
import { Findings, type Found } from './findings.ts'
import { storeLimits } from './limits.ts'
import type { Standing, StoreMessage, StoreMessageBody, StoreMessageKind, StoreMessageOf } from './messages.ts'
import {
  resolveStoreOptions,
  type PeerCursor,
  type ResolvedStoreOptions,
  type StoreReconciliationOptions,
} from './options.ts'
import type { StoreLimit, StoreMethod, StoreOutcome } from './outcome.ts'
import { RangeSide } from './range-side.ts'
import { SketchReader } from './sketch-reader.ts'
import { SketchSender } from './sketch-sender.ts'
import { workOf } from './work.ts'

/** What comes of a message. */
export interface StoreStep extends Found {
  /** To be sent to the other side. Left out where nothing is due. */
  readonly reply?: StoreMessage
}

/** Undefined where the session ends without a word. */
type Reply = StoreMessageBody | undefined

const nothing: StoreStep = Object.freeze({ carried: Object.freeze([]), lacked: Object.freeze([]) })

/** With fewer rounds left ranges would not get anywhere. */
const rangeRounds = 4

/**
 * One side of a session in which two peers find out in which documents their stores differ. One calls `begin` and sends
 * what it returns; then each gives what it hears to `receive` and sends the reply, until there is an outcome.
 *
 * Messages that are late or doubled change nothing. A lost one leaves the session waiting: whoever carries it decides how
 * long, and then calls `close`. What is compared are the stores as they were when the session began here; they may change.
 *
 * At any time the session waits for one message, of a kind in `#expected`. What it says of the own store it looks up there.
 */
export class StoreReconciliation {
  readonly #index: HeadIndex
  readonly #random: Random
  readonly #options: ResolvedStoreOptions
  readonly #cursor: PeerCursor | undefined
  readonly #findings: Findings
  readonly #feed: FeedSide
  #snapshot: HeadSnapshot | undefined
  #nonce = ''
  #round = 0
  #expected: readonly StoreMessageKind[] = ['open']
  #outcome: StoreOutcome | undefined
  #method: StoreMethod = 'equal'
  #work: number
  #theirMark: Mark | undefined
  #sender: SketchSender | undefined
  #reader: SketchReader | undefined
  #exchange: Exchange | undefined
  #restKept: string | undefined
  #ranges: RangeSide | undefined

  /** @param random nobody else may foresee it. @throws RangeError for an option out of its range */
  constructor(index: HeadIndex, random: Random, options: StoreReconciliationOptions = {}) {
    this.#index = index
    this.#random = random
    this.#options = resolveStoreOptions(options)
    this.#cursor = options.cursor
    this.#findings = new Findings(index)
    this.#feed = new FeedSide(index, this.#findings, this.#options.feedLimit)
    this.#work = this.#options.workLimit
  }

  /** Undefined as long as a message is waited for. */
  get outcome(): StoreOutcome | undefined {
    return this.#outcome
  }

  /**
   * The first message. Called at most once, and by one of the two sides.
   *
   * @param feeds whether it carries what has changed since the last session: spares a round trip where stores will have
   *   drifted apart, as after a reconnect, and costs its bytes where they have not
   */
  begin({ feeds = false }: { readonly feeds?: boolean } = {}): StoreMessage {
    assert(this.#round === 0 && this.#outcome === undefined, 'a session begins once')
    const snapshot = this.#index.snapshot()
    this.#snapshot = snapshot
    this.#nonce = drawNonce(this.#random)
    this.#round = 1
    this.#expected = ['equal', 'feed', 'sketch', 'tell', 'ranges']
    const { size, mark } = snapshot
    const fingerprint = snapshot.fingerprint(this.#nonce)
    const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor.theirs }
    const changes = feeds ? this.#feed.changes(this.#cursor?.ours) : undefined
    const records = changes === undefined ? {} : { records: this.#feed.feed(changes) }
    return { kind: 'open', round: 0, nonce: this.#nonce, size, fingerprint, mark, ...cursor, ...records }
  }

  receive(message: StoreMessage): StoreStep {
    if (this.#outcome !== undefined || message.round !== this.#round) return nothing
    const reply = this.#numbered(this.#take(message), message.round + 1)
    this.#round += 2
    this.#settle(message.round + (reply === undefined ? 1 : 2))
    const found = this.#findings.take()
    if (this.outcome?.kind === 'refused') return nothing
    return reply === undefined ? found : { reply, ...found }
  }

  /** Gives it up, as when a message was lost. What was reported stands. */
  close(): void {
    this.#outcome ??= { kind: 'stopped', limit: 'closed', ...this.#end() }
    this.#release()
  }

  #take(message: StoreMessage): Reply {
    if (message.kind !== 'stop' && !this.#expected.includes(message.kind)) {
      return this.#refuse(`a message of the kind ${message.kind} that is not due`)
    }
    this.#work -= workOf(message)
    if (this.#work < 0) return this.#stop('work')
    if (this.#snapshot?.isLost === true && this.#ranges === undefined) return this.#stop('changes')
    switch (message.kind) {
      case 'open':
        return this.#hearOpen(message)
      case 'equal':
        return this.#hearEqual(message)
      case 'feed':
        return this.#hearFeed(message)
      case 'sketch':
        return this.#hearSketch(message)
      case 'more':
        return this.#hearMore(message)
      case 'tell':
        return this.#exchange?.asks === true ? this.#hearAnswer(message, this.#exchange) : this.#hearTell(message)
      case 'ranges':
        return this.#hearRanges(message)
      case 'done':
        return this.#hearDone(message)
      case 'stop':
        return this.#halt('peer')
    }
  }

  // L0: all of it at once.

  #hearOpen({ nonce, size, fingerprint, mark, cursor, records }: StoreMessageOf<'open'>): Reply {
    const snapshot = this.#index.snapshot()
    this.#snapshot = snapshot
    this.#nonce = nonce
    this.#theirMark = mark
    if (snapshot.fingerprint(nonce) === fingerprint) {
      this.#complete(fingerprint, fingerprint)
      return { kind: 'equal', mark: snapshot.mark }
    }
    const standings = records === undefined ? [] : this.#feed.hear(records)
    if (size === 0) return this.#tellEverything()
    const changes = this.#feed.changes(cursor)
    return changes === undefined
      ? this.#sketch(standings)
      : this.#tellChanges(changes, standings, records !== undefined)
  }

  #hearEqual({ mark }: StoreMessageOf<'equal'>): Reply {
    this.#theirMark = mark
    return this.#complete('', '')
  }

  // L1: what has changed since the last session.

  /** @param isSecond both sides have fed then, so that the rest can be compared */
  #tellChanges(changes: readonly HeadRecord[], standings: readonly Standing[], isSecond: boolean): Reply {
    this.#method = 'feed'
    const records = this.#feed.feed(changes)
    const { mark } = this.#present
    const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor.theirs }
    const fingerprint = isSecond ? { fingerprint: this.#rest() } : {}
    this.#expected = [isSecond ? 'done' : 'feed', 'sketch', 'ranges']
    return { kind: 'feed', mark, ...cursor, records, standings, ...fingerprint }
  }

  #hearFeed({ mark, cursor, records, standings, fingerprint }: StoreMessageOf<'feed'>): Reply {
    this.#method = 'feed'
    this.#theirMark = mark
    if (!this.#feed.hearStandings(standings)) return this.#refuse('standings of what was not fed')
    if (this.#feed.hasFed !== (fingerprint !== undefined)) return this.#refuse('a feed out of turn')
    const ours = this.#feed.hear(records)
    if (fingerprint === undefined) {
      const changes = this.#feed.changes(cursor) ?? this.#feed.changes(this.#cursor?.ours)
      return changes === undefined ? this.#sketch(ours) : this.#tellChanges(changes, ours, true)
    }
    const rest = this.#rest()
    if (rest !== fingerprint) return this.#sketch(ours)
    this.#complete(rest, fingerprint)
    return { kind: 'done', standings: ours, fingerprint: rest }
  }

  // L2: sketches. One side sends symbols, the other takes as many as it needs.

  #sketch(standings: readonly Standing[]): Reply {
    this.#method = 'sketch'
    this.#sender = new SketchSender(this.#present, this.#feed.settled(this.#present))
    this.#expected = ['more', 'tell', 'ranges']
    return this.#sender.first(standings)
  }

  #hearMore({ to }: StoreMessageOf<'more'>): Reply {
    if (this.#sender === undefined || to <= this.#sender.sent) return this.#refuse('symbols wanted that were sent')
    return this.#sender.next(to) ?? this.#compareRanges()
  }

  #hearSketch(message: StoreMessageOf<'sketch'>): Reply {
    this.#method = 'sketch'
    if (message.first !== undefined) {
      this.#theirMark = message.first.mark
      if (!this.#feed.hearStandings(message.first.standings)) return this.#refuse('standings of what was not fed')
      this.#reader = new SketchReader(this.#present, this.#feed.settled(this.#present), this.#options.symbolLimit)
    }
    const reader = this.#reader
    if (reader?.isDue(message) !== true) return this.#refuse('symbols that are not due')
    if (message.size === 0) return this.#tellEverything()
    const reading = reader.read(message)
    switch (reading.kind) {
      case 'failed':
        return this.#compareRanges()
      case 'more':
        this.#expected = ['sketch', 'ranges']
        return reading
      case 'found':
        return this.#tellFound(Exchange.ofFound(this.#index, this.#present, reading.own, reading.wants))
    }
  }

  // What a sketch has given away, told in full. Who has found it tells all at once, the other side what it is asked for.

  /** The other side has nothing, so all of it differs. */
  #tellEverything(): Reply {
    this.#method = 'sketch'
    const settled = this.#feed.settled(this.#present)
    return this.#tellFound(Exchange.ofAll(this.#index, this.#present, settled, this.#options.recordLimit))
  }

  #tellFound(exchange: Exchange): Reply {
    this.#exchange = exchange
    this.#expected = ['tell', 'ranges']
    return this.#tell(exchange)
  }

  #tell(exchange: Exchange): Reply {
    const page = exchange.page()
    if (page === undefined) return this.#stop('records')
    return { kind: 'tell', ...page, ...(page.isLast ? { fingerprint: this.#restOfAll() } : {}) }
  }

  /** To the side that is asked. */
  #hearTell(message: StoreMessageOf<'tell'>): Reply {
    this.#method = 'sketch'
    this.#expected = ['tell', 'ranges']
    this.#exchange ??= Exchange.ofAsked(this.#index, this.#present, this.#sender?.sent ?? 0)
    const breach = this.#exchange.hearTold(message, this.#findings)
    if (breach !== undefined) return this.#refuse(breach)
    if (message.isLast) {
      // Before it is believed that what was wanted is lacked: where hashes collide, more is wanted than that.
      if (this.#restOfAll() !== message.fingerprint) return this.#compareRanges()
      this.#exchange.miss(this.#findings)
    }
    const reply = this.#tell(this.#exchange)
    if (this.#exchange.hasToldAll) this.#complete('', '')
    return reply
  }

  /** To the side that asks. */
  #hearAnswer(message: StoreMessageOf<'tell'>, exchange: Exchange): Reply {
    const breach = exchange.hearAnswer(message, this.#findings)
    if (breach !== undefined) return this.#refuse(breach)
    if (!message.isLast) return this.#tell(exchange)
    const rest = this.#restOfAll()
    if (rest === message.fingerprint) exchange.miss(this.#findings)
    return this.#complete(rest, message.fingerprint)
  }

  // L3: ranges, for what a sketch cannot tell.

  #compareRanges(): Reply {
    const side = this.#rangeSide(this.#round + 1)
    return typeof side === 'string' ? this.#stop(side) : { kind: 'ranges', ranges: side.begin(this.#random) }
  }

  #hearRanges({ ranges, fingerprint }: StoreMessageOf<'ranges'>): Reply {
    const side = this.#rangeSide(this.#round)
    if (typeof side === 'string') return this.#stop(side)
    const reply = side.receive(ranges, this.#findings)
    const { outcome } = side
    if (outcome?.kind === 'refused') return this.#refuse(outcome.reason)
    if (outcome?.kind === 'stopped') this.#outcome = { ...outcome, ...this.#end() }
    const rest = outcome?.kind === 'complete' ? side.fingerprint(this.#nonce) : undefined
    const own = rest === undefined ? {} : { fingerprint: rest }
    if (reply !== undefined) return { kind: 'ranges', ranges: reply, ...own }
    if (outcome === undefined) return this.#refuse('ranges of another round')
    if (outcome.kind === 'stopped') return { kind: 'stop' }
    this.#complete(rest, fingerprint)
    return { kind: 'done', standings: [], ...own }
  }

  /** @param round of the first message. @returns the limit, where there is none to be had */
  #rangeSide(round: number): RangeSide | StoreLimit {
    if (this.#ranges !== undefined) return this.#ranges
    this.#method = 'ranges'
    this.#expected = ['ranges', 'done']
    const rounds = this.#options.roundLimit - 1 - round
    if (rounds < rangeRounds) return 'rounds'
    this.#index.buildRanges(this.#options.buildLimit)
    const set = this.#index.ranges
    if (set === undefined) return 'build'
    this.#ranges = new RangeSide(this.#index, set, rounds)
    return this.#ranges
  }

  // L4: what does not differ is the same.

  #hearDone({ standings, fingerprint }: StoreMessageOf<'done'>): Reply {
    if (!this.#feed.hearStandings(standings)) return this.#refuse('standings of what was not fed')
    if (this.#ranges === undefined) return this.#complete(this.#rest(), fingerprint)
    if (this.#ranges.outcome?.kind !== 'complete') return this.#refuse('an end before the end')
    return this.#complete(this.#ranges.fingerprint(this.#nonce), fingerprint)
  }

  /** The fingerprint of what both sides should have alike by now. */
  #rest(): string {
    const different = [...this.#feed.settled(this.#present), ...(this.#exchange?.different ?? [])]
    return this.#present.fingerprintWithout(this.#nonce, different)
  }

  /** Once this side knows all that differs. */
  #restOfAll(): string {
    this.#restKept ??= this.#rest()
    return this.#restKept
  }

  // How it ends.

  #complete(ours: string | undefined, theirs: string | undefined): undefined {
    const isVerified = ours !== undefined && theirs !== undefined
    const isMismatch = isVerified && ours !== theirs
    const theirMark = this.#theirMark
    const cursor =
      isVerified && !isMismatch && theirMark !== undefined
        ? { cursor: { ours: this.#present.mark, theirs: theirMark } }
        : {}
    this.#outcome = { kind: 'complete', isVerified, isMismatch, ...cursor, ...this.#end() }
  }

  #stop(limit: StoreLimit): Reply {
    this.#halt(limit)
    return { kind: 'stop' }
  }

  #halt(limit: StoreLimit): undefined {
    this.#outcome = { kind: 'stopped', limit, ...this.#end() }
  }

  #refuse(reason: string): undefined {
    this.#outcome = { kind: 'refused', reason, ...this.#end() }
  }

  #end(): { readonly method: StoreMethod; readonly rounds: number; readonly symbols: number } {
    return { method: this.#method, rounds: this.#round + 1, symbols: this.#reader?.taken ?? this.#sender?.sent ?? 0 }
  }

  /** @returns a stop in place of what could not be answered any more */
  #numbered(body: Reply, round: number): StoreMessage | undefined {
    const isOver = this.#outcome === undefined && round >= this.#options.roundLimit - 1
    const sent = isOver ? this.#stop('rounds') : body
    return sent === undefined || round >= storeLimits.rounds ? undefined : { ...sent, round }
  }

  #settle(rounds: number): void {
    if (this.#outcome === undefined) return
    this.#outcome = { ...this.#outcome, rounds }
    this.#release()
  }

  get #present(): HeadSnapshot {
    assert(this.#snapshot !== undefined, 'a session that has begun has a snapshot')
    return this.#snapshot
  }

  #release(): void {
    this.#snapshot?.close()
    this.#sender = undefined
    this.#reader = undefined
    this.#exchange = undefined
    this.#ranges = undefined
  }
}
