/** Which units deletions hit: operation `number + i` the unit `id + i`, or counted from the other end. */
interface Target {
  readonly number: number
  readonly count: number
  readonly id: number
  readonly backwards: boolean
}

/** What each deletion hit, by the numbers of the deletions: the other way round than items know it. */
export class DeletionTargets {
  readonly #targets: Target[] = []

  get size(): number {
    return this.#targets.length
  }

  /** Numbered behind all others, but where one deletion goes backwards: see `turn`. */
  add(number: number, count: number, id: number, backwards: boolean): void {
    this.#targets.push({ number, count, id, backwards })
  }

  /** Of a deletion that went backwards the last unit went first. @param from the `size` before it */
  turn(from: number): void {
    for (const target of this.#targets.splice(from).reverse()) this.#targets.push(target)
  }

  /** Visits the units [first, last) that a range of operations deleted, by their ids, in runs. */
  within(from: number, to: number, visit: (first: number, last: number) => void): void {
    for (let at = this.#placeOf(from); at < this.#targets.length; at++) {
      const { number, count, id, backwards } = this.#targets[at] as Target
      if (number >= to) return
      const first = Math.max(from, number) - number
      const last = Math.min(to, number + count) - number
      if (backwards) visit(id + count - last, id + count - first)
      else visit(id + first, id + last)
    }
  }

  /** The first target of an operation from `number` on. */
  #placeOf(number: number): number {
    let low = 0
    let high = this.#targets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const target = this.#targets[middle] as Target
      if (target.number + target.count > number) high = middle
      else low = middle + 1
    }
    return low
  }
}
