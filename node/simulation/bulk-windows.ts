/** Bulk messages under way to one peer before `send` answers false, and before they are dropped. */
const window = 64
const queueLimit = 4 * window

/** The bulk credit of one host, by receiver. */
export class BulkWindows {
  readonly #underWay = new Map<number, number>()
  /** Protocols, by index, that were told that there is no credit left. */
  readonly #starved = new Map<number, Set<number>>()

  isFull(receiver: number): boolean {
    return (this.#underWay.get(receiver) ?? 0) >= queueLimit
  }

  /** @param index of the protocol that sends @returns whether there is credit left */
  sent(receiver: number, index: number): boolean {
    const underWay = (this.#underWay.get(receiver) ?? 0) + 1
    this.#underWay.set(receiver, underWay)
    if (underWay < window) return true
    const starved = this.#starved.get(receiver)
    if (starved === undefined) this.#starved.set(receiver, new Set([index]))
    else starved.add(index)
    return false
  }

  /** A message left the wire. @returns the protocols that may go on, in order */
  arrived(receiver: number): readonly number[] {
    const underWay = (this.#underWay.get(receiver) ?? 1) - 1
    if (underWay === 0) this.#underWay.delete(receiver)
    else this.#underWay.set(receiver, underWay)
    const starved = this.#starved.get(receiver)
    if (starved === undefined || underWay > window / 2) return []
    this.#starved.delete(receiver)
    return [...starved].toSorted((left, right) => left - right)
  }
}
