import type { Upper } from './arc.ts'
import { rangeBytes } from './codec.ts'
import type { OpenRange } from './inspection.ts'
import type { Bound } from './item.ts'
import type { MessageRange, ReconciliationMessage } from './messages.ts'
import { reconciliationLimits, type ResolvedReconciliationOptions } from './options.ts'

/** Which limit ended a session early; `peer`: one of the other side. */
export type Limit = 'rounds' | 'ranges' | 'bytes' | 'items' | 'work' | 'peer'

/** Lengths of the two lists of an answer. */
const listBytes = 8

/** Round, nonce and number of ranges. */
const headBytes = 12

/** Where a session ends early, and why. */
export interface Cut {
  readonly limit: Limit
  readonly at: Bound
}

/** A message under construction, within its limits. */
export class Reply {
  readonly round: number
  readonly #options: ResolvedReconciliationOptions
  readonly #itemBytes: number
  readonly #ranges: MessageRange[] = []
  readonly #opened: OpenRange[] = []
  /** Where the next range begins. */
  #upper: Upper
  #bytes = headBytes
  #entries = 0
  #cut: Cut | undefined

  constructor(round: number, from: Bound, options: ResolvedReconciliationOptions, itemBytes: number) {
    this.round = round
    this.#upper = from
    this.#options = options
    this.#itemBytes = itemBytes
  }

  /** Undefined as long as there was room for everything. */
  get cut(): Cut | undefined {
    return this.#cut
  }

  /** What the other side must say something of. */
  get opened(): readonly OpenRange[] {
    return this.#opened
  }

  /** How many items can be answered with, whichever side lacks them. */
  get room(): number {
    const bytes = this.#options.messageLimitBytes - this.#bytes - 4 * this.#boundBytes - listBytes
    return Math.max(0, Math.min(Math.floor(bytes / (this.#itemBytes + 3)), reconciliationLimits.items - this.#entries))
  }

  /** Says something of a range, or, where there is no room for it, ends before it. @returns whether it was said */
  say(lower: Bound, range: MessageRange): boolean {
    const limit = this.#obstacle(range)
    if (limit !== undefined) {
      this.endAt(lower, limit)
      return false
    }
    this.#skipTo(lower)
    this.#push(range)
    if (range.kind === 'fingerprint') this.#opened.push({ lower, upper: range.upper })
    if (range.kind === 'ask') this.#opened.push({ lower, upper: range.upper, asked: range.items })
    return true
  }

  /** Nothing from here on is compared in this session. */
  endAt(lower: Bound, limit: Limit): void {
    if (this.#cut !== undefined) return
    this.#cut = { limit, at: lower }
    this.#skipTo(lower)
    this.#push({ kind: 'cut', upper: 'end' })
  }

  finish(): ReconciliationMessage {
    return { round: this.round, ranges: this.#ranges }
  }

  /** Kind and length, and a bound of any length. */
  get #boundBytes(): number {
    return 2 + this.#itemBytes
  }

  #obstacle(range: MessageRange): Limit | undefined {
    const isQuestion = range.kind === 'fingerprint' || range.kind === 'ask'
    if (isQuestion && this.round + 1 >= this.#options.roundLimit) return 'rounds'
    // A skip before it, a skip behind it and the cut always find room.
    if (this.#ranges.length + 4 > this.#options.rangeLimit) return 'ranges'
    const entries = entriesOf(range)
    const isFull = this.#entries + entries > reconciliationLimits.items
    const bytes = this.#bytes + rangeBytes(range, this.#itemBytes) + 3 * this.#boundBytes
    return isFull || bytes > this.#options.messageLimitBytes ? 'bytes' : undefined
  }

  #skipTo(lower: Bound): void {
    if (this.#upper !== lower) this.#push({ kind: 'skip', upper: lower })
  }

  #push(range: MessageRange): void {
    this.#ranges.push(range)
    this.#bytes += rangeBytes(range, this.#itemBytes)
    this.#entries += entriesOf(range)
    this.#upper = range.upper
  }
}

function entriesOf(range: MessageRange): number {
  if (range.kind === 'ask') return range.items.length
  return range.kind === 'answer' ? range.items.length + range.lacks.length : 0
}
