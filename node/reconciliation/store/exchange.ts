import type { HeadIndex } from '../heads/head-index.ts'
import type { HeadRecord } from '../heads/head-record.ts'
import type { HeadSnapshot } from '../heads/head-snapshot.ts'
import type { PeeledHash } from '../sketch/peeling.ts'
import type { Findings } from './findings.ts'
import { storeLimits } from './limits.ts'
import type { StoreBodyOf } from './messages.ts'

const recordRoom = 48
const wantRoom = 8
/** Of a message, less its kind, flags, fingerprint and lengths. */
const pageRoom = storeLimits.bytes - 32

type Told = StoreBodyOf<'tell'>

/** The next of what is told. */
export interface Page {
  readonly records: readonly HeadRecord[]
  readonly wants: readonly PeeledHash[]
  readonly isLast: boolean
}

/**
 * What differs, told in full, a message at a time. The side that has found it asks: it tells its records at once, and the
 * hashes of those that it wants; the other tells what it is asked for.
 */
export class Exchange {
  readonly asks: boolean
  readonly #index: HeadIndex
  readonly #snapshot: HeadSnapshot
  /** Own records that differ, as they were when the session began. */
  readonly #different: HeadRecord[] = []
  #wants: readonly PeeledHash[] = []
  /** Hashes that the other side may still ask for. */
  #wantsLeft = 0
  /** There is more than may be told in a session. */
  #isCut = false
  #told = 0
  #wanted = 0
  #hasToldAll = false
  #hasHeardAll = false

  /** What peeling has found. */
  static ofFound(
    index: HeadIndex,
    snapshot: HeadSnapshot,
    own: readonly PeeledHash[],
    wants: readonly PeeledHash[],
  ): Exchange {
    const exchange = new Exchange(index, snapshot, true)
    for (const { high, low } of own) exchange.#different.push(...snapshot.withHash(high, low))
    exchange.#wants = wants
    return exchange
  }

  /** All records but those of some documents. @param limit records at the most */
  static ofAll(index: HeadIndex, snapshot: HeadSnapshot, without: readonly HeadRecord[], limit: number): Exchange {
    const exchange = new Exchange(index, snapshot, true)
    const settled = new Set(without.map(({ document }) => document))
    for (const record of snapshot) {
      if (settled.has(record.document)) continue
      exchange.#isCut = exchange.#different.length === limit
      if (exchange.#isCut) break
      exchange.#different.push(record)
    }
    return exchange
  }

  /** Of the side that is asked. @param symbols that were sent: no more hashes can have been found */
  static ofAsked(index: HeadIndex, snapshot: HeadSnapshot, symbols: number): Exchange {
    const exchange = new Exchange(index, snapshot, false)
    exchange.#wantsLeft = symbols
    return exchange
  }

  private constructor(index: HeadIndex, snapshot: HeadSnapshot, asks: boolean) {
    this.#index = index
    this.#snapshot = snapshot
    this.asks = asks
  }

  get different(): readonly HeadRecord[] {
    return this.#different
  }

  get hasToldAll(): boolean {
    return this.#hasToldAll
  }

  /** Documents are told of as they are now, those that are gone left out. @returns undefined where the limit is reached */
  page(): Page | undefined {
    if (this.#isCut && this.#isEmpty) return undefined
    const wants = this.#wants.slice(this.#wanted, this.#wanted + storeLimits.wants)
    this.#wanted += wants.length
    const room = Math.min(storeLimits.records, Math.floor((pageRoom - wants.length * wantRoom) / recordRoom))
    const page = this.#different.slice(this.#told, this.#told + room)
    this.#told += page.length
    const records = page.flatMap(({ document }) => {
      const head = this.#index.get(document)
      return head === undefined ? [] : [{ document, head }]
    })
    const isLast = this.#isEmpty && !this.#isCut && !this.#hasToldAll && (this.asks || this.#hasHeardAll)
    this.#hasToldAll ||= isLast
    return { records, wants, isLast }
  }

  /** To the side that is asked. @returns what no honest peer does */
  hearTold({ records, wants, isLast }: Told, findings: Findings): string | undefined {
    this.#wantsLeft -= wants.length
    if (this.#wantsLeft < 0) return 'more wanted than the symbols can hold'
    if (this.#hasHeardAll && (isLast || records.length + wants.length > 0)) return 'more told after the last'
    for (const record of records) findings.hear(record)
    for (const { high, low } of wants) this.#different.push(...this.#snapshot.withHash(high, low))
    this.#hasHeardAll ||= isLast
    return undefined
  }

  /** To the side that asks. @returns what no honest peer does */
  hearAnswer({ records, wants, isLast }: Told, findings: Findings): string | undefined {
    if (wants.length > 0) return 'wants of a side that has found nothing'
    if (isLast && !this.#hasToldAll) return 'a last word before all was heard'
    for (const record of records) findings.hear(record, true)
    return undefined
  }

  /** The other side lacks what was told of here, where it has not told of it itself. */
  miss(findings: Findings): void {
    for (const { document } of this.#different) findings.miss(document)
  }

  get #isEmpty(): boolean {
    return this.#told === this.#different.length && this.#wanted === this.#wants.length
  }
}
