import { assert, type Random } from '../protocol/index.ts'
import { isBefore, wholeRing, type Arc } from './arc.ts'
import { inspect, type OpenRange, type ToldRange } from './inspection.ts'
import type { Bound, Item } from './item.ts'
import type { ItemSet } from './item-set.ts'
import type { ReconciliationMessage } from './messages.ts'
import { drawNonce } from './nonce.ts'
import {
  resolveReconciliationOptions,
  type ReconciliationOptions,
  type ResolvedReconciliationOptions,
} from './options.ts'
import { Reply, type Cut, type Limit } from './reply.ts'
import { Turn, type Budget } from './turn.ts'

/** How a session ended. */
export type ReconciliationOutcome =
  /** All that differed from beginning to end of the session has been reported. */
  | { readonly kind: 'complete' }
  /** A limit was reached. All before `settledTo`, going along the arc, is settled; another session can go on from there. */
  | { readonly kind: 'stopped'; readonly limit: Limit; readonly settledTo: Bound }
  /** The other side sent what no honest peer sends; nothing of that message was believed. */
  | { readonly kind: 'refused'; readonly reason: string }

/** What comes of a message. */
export interface ReconciliationStep {
  /** To be sent to the other side. Left out where nothing is due. */
  readonly reply?: ReconciliationMessage
  /** Items in this set, as it is now, that were not in the other when it last spoke. */
  readonly have: readonly Item[]
  /** Items in the other set when it last spoke that are not in this one now. */
  readonly need: readonly Item[]
}

const nothing: ReconciliationStep = Object.freeze({ have: Object.freeze([]), need: Object.freeze([]) })

/**
 * One side of a session in which two peers find out what of an arc they do not share (Meyer, "Range-Based Set
 * Reconciliation", SRDS 2023). One side calls `begin` and sends what it returns; then each gives what it hears to `receive`
 * and sends the reply, until there is an outcome. Both must have the same arc and width of items.
 *
 * Messages that are late or doubled change nothing; a lost one leaves the session waiting, and whoever carries it decides
 * how long. The set may change between messages.
 */
export class Reconciliation {
  readonly #set: ItemSet
  readonly #arc: Arc
  readonly #options: ResolvedReconciliationOptions
  readonly #budget: Budget
  #open: readonly OpenRange[]
  /** Of the message that is waited for. */
  #round = 0
  #nonce: string | undefined
  #outcome: ReconciliationOutcome | undefined
  #cut: Cut | undefined

  /** @throws RangeError for an option out of its range */
  constructor(set: ItemSet, arc: Arc = wholeRing, options: ReconciliationOptions = {}) {
    this.#set = set
    this.#arc = arc
    this.#options = resolveReconciliationOptions(options)
    this.#budget = { items: this.#options.itemLimit, work: this.#options.workLimit }
    this.#open = [{ lower: arc.from, upper: 'end' }]
  }

  /** Undefined as long as a message is waited for. */
  get outcome(): ReconciliationOutcome | undefined {
    return this.#outcome
  }

  /** The first message. Called at most once, and by one of the two sides. @param random nobody else may foresee it */
  begin(random: Random): ReconciliationMessage {
    assert(this.#nonce === undefined, 'a session begins once')
    this.#nonce = drawNonce(random)
    const reply = this.#newReply(0)
    this.#newTurn(this.#nonce, reply).begin()
    this.#round = 1
    this.#open = reply.opened
    return { ...reply.finish(), nonce: this.#nonce }
  }

  receive(message: ReconciliationMessage): ReconciliationStep {
    if (this.#outcome !== undefined || message.round !== this.#round) return nothing
    if (this.#round === 0) this.#nonce = message.nonce
    const nonce = this.#nonce
    if (nonce === undefined) return this.#refuse('a session without a nonce')
    const told = inspect(this.#arc, this.#open, message)
    if ('breach' in told) return this.#refuse(told.breach)
    const reply = this.#newReply(message.round + 1)
    const turn = this.#newTurn(nonce, reply)
    for (const range of told) turn.hear(range)
    const last = told.at(-1)
    if (last?.range.kind === 'cut') this.#shorten({ limit: 'peer', at: last.lower })
    if (reply.cut !== undefined) this.#shorten(reply.cut)
    const isDue = told.some(isQuestion)
    this.#round += 2
    this.#open = reply.opened
    if (!isDue || this.#open.length === 0) this.#end()
    return { have: turn.have, need: turn.need, ...(isDue ? { reply: reply.finish() } : {}) }
  }

  #newReply(round: number): Reply {
    return new Reply(round, this.#arc.from, this.#options, this.#set.itemBytes)
  }

  #newTurn(nonce: string, reply: Reply): Turn {
    return new Turn(this.#set, this.#arc, nonce, this.#options, this.#budget, reply)
  }

  #refuse(reason: string): ReconciliationStep {
    this.#outcome = { kind: 'refused', reason }
    this.#open = []
    return nothing
  }

  /** Of several cuts the nearest counts. */
  #shorten(cut: Cut): void {
    if (this.#cut === undefined || isBefore(this.#arc, cut.at, this.#cut.at)) this.#cut = cut
  }

  #end(): void {
    const cut = this.#cut
    this.#outcome = cut === undefined ? { kind: 'complete' } : { kind: 'stopped', limit: cut.limit, settledTo: cut.at }
  }
}

function isQuestion({ range }: ToldRange): boolean {
  return range.kind === 'fingerprint' || range.kind === 'ask'
}
