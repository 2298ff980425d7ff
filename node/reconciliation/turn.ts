import { ArcView, type Arc, type Upper } from './arc.ts'
import { difference, type Difference } from './difference.ts'
import type { ToldRange } from './inspection.ts'
import { boundBetween, type Bound, type Item } from './item.ts'
import type { ItemSet } from './item-set.ts'
import type { ResolvedReconciliationOptions } from './options.ts'
import type { Limit, Reply } from './reply.ts'
import { Fingerprints, type Reach } from './sum.ts'

/** What is left of a session's limits. */
export interface Budget {
  items: number
  work: number
}

/** One message that is heard, and the reply to it: the set does not change meanwhile. */
export class Turn {
  readonly have: Item[] = []
  readonly need: Item[] = []
  readonly #set: ItemSet
  readonly #view: ArcView
  readonly #fingerprints: Fingerprints
  readonly #options: ResolvedReconciliationOptions
  readonly #budget: Budget
  readonly #reply: Reply
  /** What this message leaves to later ones: with all spent on the first splits no session would come to an end of one. */
  readonly #workKept: number
  /** The first range of each message always has its turn, so that every session gets somewhere. */
  #isFirst = true
  /** Items that the range may still add to what is reported. */
  #wanted = 0
  /** Neighbouring ranges share a bound. */
  #last: { readonly place: Upper; readonly reach: Reach } | undefined

  constructor(
    set: ItemSet,
    arc: Arc,
    nonce: string,
    options: ResolvedReconciliationOptions,
    budget: Budget,
    reply: Reply,
  ) {
    this.#set = set
    this.#view = new ArcView(set, arc)
    this.#fingerprints = new Fingerprints(nonce)
    this.#options = options
    this.#budget = budget
    this.#workKept = Math.floor(budget.work / 2)
    this.#reply = reply
  }

  /** The fingerprint of the whole arc. */
  begin(): void {
    this.#sayFingerprint(this.#view.arc.from, 'end')
  }

  hear({ lower, range, asked }: ToldRange): void {
    if (range.kind === 'skip' || range.kind === 'cut') return
    if (this.#budget.work <= this.#workKept && !this.#isFirst) this.#reply.endAt(lower, 'work')
    if (this.#reply.cut !== undefined) return
    this.#wanted = Math.max(this.#budget.items, this.#isFirst ? 1 : 0)
    this.#isFirst = false
    switch (range.kind) {
      case 'fingerprint':
        this.#compare(lower, range.upper, range.fingerprint)
        break
      case 'ask':
        this.#answer(lower, range.upper, range.items)
        break
      case 'answer':
        this.#conclude(
          range.lacks.map((place) => asked[place] as Item),
          range.items,
        )
    }
  }

  #compare(lower: Bound, upper: Upper, theirs: string): void {
    const low = this.#reach(lower)
    const high = this.#reach(upper)
    if (this.#fingerprints.between(low, high) === theirs) return
    const count = high.count - low.count
    if (count > this.#options.listLimit) this.#split(lower, upper, low.count, count)
    else this.#reply.say(lower, { kind: 'ask', upper, items: [...this.#items(low.count, high.count)] })
  }

  /** Into ranges of about equally many items (Meyer: any partition will do). */
  #split(lower: Bound, upper: Upper, first: number, count: number): void {
    const parts = Math.min(this.#options.branching, count)
    let from = lower
    for (let part = 1; part < parts; part++) {
      const place = first + Math.floor((count * part) / parts)
      const to = boundBetween(this.#view.at(place - 1), this.#view.at(place))
      if (!this.#sayFingerprint(from, to)) return
      from = to
    }
    this.#sayFingerprint(from, upper)
  }

  #sayFingerprint(lower: Bound, upper: Upper): boolean {
    const fingerprint = this.#fingerprints.between(this.#reach(lower), this.#reach(upper))
    return this.#reply.say(lower, { kind: 'fingerprint', upper, fingerprint })
  }

  #answer(lower: Bound, upper: Upper, theirs: readonly Item[]): void {
    const room = this.#reply.room
    const mine = this.#items(this.#reach(lower).count, this.#reach(upper).count)
    const found = difference(this.#view.arc, mine, theirs, Math.min(this.#wanted, room))
    const { onlyMine: items, places: lacks, stop } = found
    const isSame = items.length === 0 && lacks.length === 0
    if (!isSame && !this.#reply.say(lower, { kind: 'answer', upper: stop ?? upper, items, lacks })) return
    this.#report(found, room < this.#wanted ? 'bytes' : 'items')
  }

  /** What was listed may have been deleted since, and what is told may have been added: neither is reported. */
  #conclude(lacked: readonly Item[], told: readonly Item[]): void {
    const mine = lacked.filter((item) => this.#set.has(item))
    const theirs = told.filter((item) => !this.#set.has(item))
    this.#report(difference(this.#view.arc, mine, theirs, this.#wanted), 'items')
  }

  #report({ onlyMine, onlyTheirs, work, stop }: Difference, limit: Limit): void {
    this.have.push(...onlyMine)
    this.need.push(...onlyTheirs)
    this.#budget.items -= onlyMine.length + onlyTheirs.length
    this.#budget.work -= work
    if (stop !== undefined) this.#reply.endAt(stop, limit)
  }

  *#items(first: number, end: number): Generator<Item> {
    for (let place = first; place < end; place++) yield this.#view.at(place)
  }

  #reach(place: Upper): Reach {
    if (this.#last?.place !== place) {
      this.#budget.work--
      this.#last = { place, reach: this.#view.reach(place) }
    }
    return this.#last.reach
  }
}
