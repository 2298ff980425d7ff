import type { DocumentId, PeerId, Ticket } from '../../node/protocol/index.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorEntry } from './events.ts'

/** Documents that are read at once, so that whoever asks about all of them is answered one after the other. */
const loadingLimit = 16

/** What may wait for documents to be read, in bytes, and of one sender. */
const waitingLimitBytes = 8 * 1024 * 1024
const senderLimitBytes = waitingLimitBytes / 2

export interface SleepersPorts {
  /** Reads the change sets of a document from the store. */
  load(document: DocumentId): Ticket
  /** They are there: the log, empty, is to take them in. */
  awake(log: DocumentLog, entries: Iterable<ReplicatorEntry>): void
}

/** What is to be done with the change sets of a document, and what it takes until they are there. */
export interface Errand {
  act(): void
  /** On whose account. */
  readonly from: PeerId
  readonly bytes: number
  /** Whether it answers the peer, and nothing else. */
  readonly isAnswer: boolean
}

interface Awaking {
  readonly log: DocumentLog
  errands: Errand[]
  isWanted: boolean
  isLoading: boolean
}

/** Documents whose change sets are left in the store until somebody needs them: then they are read, and stay. */
export class Sleepers {
  readonly #ports: SleepersPorts
  readonly #awaking = new Map<DocumentId, Awaking>()
  readonly #loading = new Map<Ticket, Awaking>()
  /** Those that are not being read yet; of this peer's own user the first. */
  #waiting: Awaking[] = []
  #wanted: Awaking[] = []
  #bytes = 0
  readonly #bytesOf = new Map<PeerId, number>()

  constructor(ports: SleepersPorts) {
    this.#ports = ports
  }

  /** Has a document read before all that others have asked for. */
  wake(log: DocumentLog): void {
    const awaking = this.#awake(log)
    if (awaking === undefined || awaking.isWanted) return
    awaking.isWanted = true
    this.#wanted.push(awaking)
    this.#loadNext()
  }

  /**
   * Acts now, or once the document has been read, in the order of the calls.
   *
   * @returns false, and never acts, where too much waits already; one at a time may be larger than all limits
   */
  whenAwake(log: DocumentLog, errand: Errand): boolean {
    const { from, bytes } = errand
    if (!log.isAsleep && !this.#awaking.has(log.id)) {
      errand.act()
      return true
    }
    const ofSender = this.#bytesOf.get(from) ?? 0
    const isTooMuch = this.#bytes + bytes > waitingLimitBytes || ofSender + bytes > senderLimitBytes
    if (isTooMuch && ofSender > 0) return false
    const awaking = this.#awake(log)
    if (awaking === undefined) return false
    awaking.errands.push(errand)
    this.#count(errand, 1)
    this.#loadNext()
    return true
  }

  /** Whether something that the peer sent waits. */
  isBusyWith(peer: PeerId): boolean {
    return this.#bytesOf.has(peer)
  }

  /** Answers to it would come too late. */
  disconnected(peer: PeerId): void {
    if (!this.#bytesOf.has(peer)) return
    for (const awaking of this.#awaking.values()) {
      const isLate = ({ from, isAnswer }: Errand): boolean => isAnswer && from === peer
      for (const errand of awaking.errands) if (isLate(errand)) this.#count(errand, -1)
      awaking.errands = awaking.errands.filter((errand) => !isLate(errand))
    }
  }

  loaded(ticket: Ticket, entries: Iterable<ReplicatorEntry>): void {
    const awaking = this.#loading.get(ticket)
    if (awaking === undefined) return
    this.#loading.delete(ticket)
    this.#ports.awake(awaking.log, entries)
    // What is done may ask for more of the same.
    for (let next = awaking.errands.shift(); next !== undefined; next = awaking.errands.shift()) {
      this.#count(next, -1)
      next.act()
    }
    this.#awaking.delete(awaking.log.id)
    this.#loadNext()
  }

  /** @returns undefined for one that is awake */
  #awake(log: DocumentLog): Awaking | undefined {
    const present = this.#awaking.get(log.id)
    if (present !== undefined || !log.isAsleep) return present
    const awaking: Awaking = { log, errands: [], isWanted: false, isLoading: false }
    this.#awaking.set(log.id, awaking)
    this.#waiting.push(awaking)
    return awaking
  }

  #loadNext(): void {
    while (this.#loading.size < loadingLimit) {
      const next = this.#wanted.shift() ?? this.#waiting.shift()
      if (next === undefined) return
      if (next.isLoading) continue
      next.isLoading = true
      this.#loading.set(this.#ports.load(next.log.id), next)
    }
  }

  #count({ from, bytes }: Errand, sign: 1 | -1): void {
    this.#bytes += sign * bytes
    const left = (this.#bytesOf.get(from) ?? 0) + sign * bytes
    if (left > 0) this.#bytesOf.set(from, left)
    else this.#bytesOf.delete(from)
  }
}
