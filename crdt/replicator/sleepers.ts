import type { DocumentId, Ticket } from '../../node/protocol/index.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorEntry } from './events.ts'

/** Documents that are read at once, so that whoever asks about all of them is answered one after the other. */
const loadingLimit = 16

/** What may wait for documents to be read, in bytes, and what an act counts for that says nothing else. */
const parkedLimitBytes = 8 * 1024 * 1024
const actBytes = 1024

export interface SleepersPorts {
  /** Reads the change sets of a document from the store. */
  load(document: DocumentId): Ticket
  /** They are there: the log, empty, is to take them in. */
  awake(log: DocumentLog, entries: Iterable<ReplicatorEntry>): void
}

interface Awaking {
  readonly log: DocumentLog
  readonly acts: (() => void)[]
  bytes: number
}

/** Documents whose change sets are left in the store until somebody needs them: then they are read, and stay. */
export class Sleepers {
  readonly #ports: SleepersPorts
  /** Those that are needed, in the order in which they came to be. */
  readonly #awaking = new Map<DocumentId, Awaking>()
  readonly #loading = new Map<Ticket, Awaking>()
  #waiting: Awaking[] = []
  #parkedBytes = 0

  constructor(ports: SleepersPorts) {
    this.#ports = ports
  }

  /**
   * Acts on the change sets of a document: now, or once they have been read, in the order of the calls.
   *
   * @param bytes what is kept until then
   * @returns false, and never acts, where too much waits already
   */
  whenAwake(log: DocumentLog, act: () => void, bytes: number = actBytes): boolean {
    if (!log.isAsleep && !this.#awaking.has(log.id)) {
      act()
      return true
    }
    if (this.#parkedBytes + bytes > parkedLimitBytes) return false
    const awaking = this.#awake(log)
    awaking.acts.push(act)
    awaking.bytes += bytes
    this.#parkedBytes += bytes
    return true
  }

  loaded(ticket: Ticket, entries: Iterable<ReplicatorEntry>): void {
    const awaking = this.#loading.get(ticket)
    if (awaking === undefined) return
    this.#loading.delete(ticket)
    this.#ports.awake(awaking.log, entries)
    // What is done may ask for more of the same.
    for (const act of awaking.acts) act()
    this.#awaking.delete(awaking.log.id)
    this.#parkedBytes -= awaking.bytes
    this.#loadNext()
  }

  #awake(log: DocumentLog): Awaking {
    const present = this.#awaking.get(log.id)
    if (present !== undefined) return present
    const awaking = { log, acts: [], bytes: 0 }
    this.#awaking.set(log.id, awaking)
    this.#waiting.push(awaking)
    this.#loadNext()
    return awaking
  }

  #loadNext(): void {
    while (this.#loading.size < loadingLimit) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#loading.set(this.#ports.load(next.log.id), next)
    }
  }
}
