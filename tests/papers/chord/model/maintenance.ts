import { Catalogue, type Codes } from './catalogue.ts'
import type { ModelRules } from './model-rules.ts'
import { usualModel } from './moves.ts'
import { idealWorld, type World } from './node-state.ts'

/** In which order members maintain the ring. Each order is fair: everybody has a turn in each round. */
interface Order {
  readonly isClockwise: boolean
  /** Whether all ask first, and all notify then. Otherwise whoever has asked notifies at once. */
  readonly notifiesLast: boolean
}

const orders: readonly Order[] = [true, false].flatMap((isClockwise) =>
  [true, false].map((notifiesLast) => ({ isClockwise, notifiesLast })),
)

export interface Unrepaired {
  readonly order: Order
  readonly rounds: number
  readonly world: World
}

/** Several times what the longest repair takes in any ring that has been explored. */
const roundLimit = 32

/**
 * What becomes of a ring when nobody joins or fails any more and nothing is lost: repeated maintenance is to make it ideal
 * (one cycle in the order of the ring, lists full and right, predecessors right). Smaller rings than r + 1 are none of Zave's.
 */
export class Maintenance {
  /** Of the longest repair. */
  mostRounds = 0
  readonly #catalogue: Catalogue
  readonly #size: number
  readonly #length: number
  /** What is ideal, by the set of members; and whether it stays so. */
  readonly #ideals = new Map<number, { readonly codes: Codes; readonly stays: boolean }>()

  constructor(rules: ModelRules) {
    this.#catalogue = new Catalogue({ ...usualModel, rules })
    this.#size = rules.size
    this.#length = rules.length
  }

  /** @returns what is left of the ring where it does not become ideal and stay so, in whichever of the orders */
  failure(world: World): Unrepaired | undefined {
    const start = this.#catalogue.encode(world)
    if (start.filter((code) => this.#catalogue.masksOf(code).isMember).length <= this.#length) return undefined
    for (const order of orders) {
      const codes = start.slice()
      if (!this.#leadsToIdeal(codes, order)) return { order, rounds: roundLimit, world: this.#catalogue.decode(codes) }
    }
    return undefined
  }

  #leadsToIdeal(codes: Codes, order: Order): boolean {
    for (let place = 0; place < this.#size; place++) this.#finish(codes, place)
    for (let round = 0; round <= roundLimit; round++) {
      if (this.#isIdeal(codes)) {
        this.mostRounds = Math.max(this.mostRounds, round)
        return true
      }
      this.#round(codes, order)
    }
    return false
  }

  #round(codes: Codes, { isClockwise, notifiesLast }: Order): void {
    for (let turn = 0; turn < this.#size; turn++) {
      const place = isClockwise ? turn : this.#size - 1 - turn
      this.#stabilise(codes, place)
      if (!notifiesLast) this.#notify(codes, place)
    }
    for (let turn = 0; turn < this.#size; turn++) this.#notify(codes, isClockwise ? turn : this.#size - 1 - turn)
  }

  #stabilise(codes: Codes, place: number): void {
    if (!this.#isMember(codes, place)) return
    this.#own(codes, place)
    this.#finish(codes, place)
  }

  /** Until the member waits for nobody. */
  #finish(codes: Codes, place: number): void {
    for (;;) {
      const state = this.#catalogue.stateOf(codes[place] as number)
      if (state.status !== 'member' || state.pending === undefined) return
      this.#own(codes, place)
    }
  }

  /** A member has one move of its own: to begin, or to hear the answer it waits for. */
  #own(codes: Codes, place: number): void {
    const [own] = this.#catalogue.movesOf(codes[place] as number)
    if (own !== undefined) this.#catalogue.move(codes, place, own)
  }

  #notify(codes: Codes, place: number): void {
    const delivery = this.#catalogue.movesOf(codes[place] as number).find(({ move }) => move.type === 'delivery')
    if (delivery === undefined) return
    this.#catalogue.move(codes, place, delivery)
    this.#finish(codes, (place + delivery.to) % this.#size)
  }

  #isMember(codes: Codes, place: number): boolean {
    return this.#catalogue.masksOf(codes[place] as number).isMember
  }

  #isIdeal(codes: Codes): boolean {
    let members = 0
    for (let place = 0; place < this.#size; place++) if (this.#isMember(codes, place)) members |= 1 << place
    const ideal = this.#idealOf(members)
    return ideal.stays && this.#agree(codes, ideal.codes, members)
  }

  #agree(codes: Codes, ideal: Codes, members: number): boolean {
    for (let place = 0; place < this.#size; place++) {
      if ((members & (1 << place)) !== 0 && codes[place] !== ideal[place]) return false
    }
    return true
  }

  #idealOf(members: number): { readonly codes: Codes; readonly stays: boolean } {
    let ideal = this.#ideals.get(members)
    if (ideal === undefined) {
      const places = Array.from({ length: this.#size }, (_, place) => place).filter((place) => members & (1 << place))
      const codes = this.#catalogue.encode(idealWorld(this.#size, this.#length, places))
      const stays = orders.every((order) => {
        const after = codes.slice()
        this.#round(after, order)
        return this.#agree(after, codes, members)
      })
      ideal = { codes, stays }
      this.#ideals.set(members, ideal)
    }
    return ideal
  }
}
