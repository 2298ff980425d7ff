import { integer, type Random } from '../../node/protocol/index.ts'
import { isGone, type MemberRecord, type MemberTable } from './members.ts'
import { isFullyConfirmed } from './suspicion.ts'
import { Permutation } from './permutation.ts'

/**
 * In what order members are probed (SWIM §4.3): one traversal after the other, each in a random order of its own, so
 * that every member is probed within 2n − 1 periods. A newcomer takes a random place among those still to come.
 *
 * The order is computed, not stored: of the members that were there when the traversal began it is a permutation of
 * their slots. Only those who came since are a list.
 */
export class ProbeOrder {
  readonly #skipsAccused: boolean
  #permutation = new Permutation(0, 0)
  #next = 0
  /** Slots of those to be visited in this traversal besides, in any order, and the same as a set. */
  #newcomers: number[] | undefined
  #isNewcomer: Set<number> | undefined

  /**
   * @param skipsAccused beyond Lifeguard: nothing is left to learn of a suspect whom all have accused that are waited
   * for; the others are visited the sooner
   */
  constructor(skipsAccused: boolean) {
    this.#skipsAccused = skipsAccused
  }

  /** That member is live and was not. */
  include(members: MemberTable, record: MemberRecord): void {
    const slot = members.slotOf(record)
    const isToCome = slot < this.#permutation.size && this.#permutation.placeOf(slot) >= this.#next
    if (isToCome || this.#isNewcomer?.has(slot) === true) return
    this.#newcomers ??= []
    this.#isNewcomer ??= new Set()
    this.#newcomers.push(slot)
    this.#isNewcomer.add(slot)
  }

  /** @returns the slot of a member of whom there is something to learn, undefined when there is none */
  next(members: MemberTable, random: Random): number | undefined {
    if (members.liveCount === 0) return undefined
    for (let traversals = 0; ;) {
      const slot = this.#nextSlot(random)
      if (slot === undefined) {
        // The rest of one traversal and a whole one.
        if (++traversals > 2) return undefined
        this.#permutation = new Permutation(members.slotCount, integer(random, 0x1_0000_0000))
        this.#next = 0
        continue
      }
      const record = members.at(slot)
      if (record !== undefined && this.#isProbed(record)) return slot
    }
  }

  #nextSlot(random: Random): number | undefined {
    const left = this.#permutation.size - this.#next
    const newcomers = this.#newcomers
    if (newcomers !== undefined) {
      const place = integer(random, left + newcomers.length)
      if (place < newcomers.length) return this.#takeNewcomer(newcomers, place)
    }
    return left === 0 ? undefined : this.#permutation.at(this.#next++)
  }

  #takeNewcomer(newcomers: number[], place: number): number {
    const slot = newcomers[place] as number
    const last = newcomers.pop() as number
    if (place < newcomers.length) newcomers[place] = last
    this.#isNewcomer?.delete(slot)
    if (newcomers.length === 0) this.#newcomers = this.#isNewcomer = undefined
    return slot
  }

  #isProbed({ state, suspicion }: MemberRecord): boolean {
    if (isGone(state)) return false
    return !this.#skipsAccused || suspicion === undefined || !isFullyConfirmed(suspicion)
  }
}
