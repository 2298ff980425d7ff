/** One change, by local numbers. */
export interface Bound {
  readonly start: number
  readonly count: number
  readonly time: number
}

/** Where changes begin and when they were made, run-length merged: changes of equal length and time one behind the other. */
export class ChangeBounds {
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  readonly #times: number[] = []
  readonly #ends: number[] = []
  #size = 0

  /** How many changes. */
  get size(): number {
    return this.#size
  }

  /** Behind the last operation. */
  get end(): number {
    return this.#ends.at(-1) ?? 0
  }

  /** @param changes how many of that length and time follow each other */
  add(start: number, count: number, time: number, changes = 1): void {
    const last = this.#starts.length - 1
    this.#size += changes
    if (last >= 0 && this.#ends[last] === start && this.#lengths[last] === count && this.#times[last] === time) {
      this.#ends[last] = start + count * changes
      return
    }
    this.#starts.push(start)
    this.#lengths.push(count)
    this.#times.push(time)
    this.#ends.push(start + count * changes)
  }

  /** Changes that are told apart no more: one bound stands for them. */
  addBase(count: number, changes: number): void {
    this.add(0, count, 0)
    this.#size = changes
  }

  /** The change that holds the operation. */
  of(number: number): Bound {
    const run = this.#runOf(number)
    const first = this.#starts[run] as number
    const count = this.#lengths[run] as number
    return { start: number - ((number - first) % count), count, time: this.#times[run] as number }
  }

  *between(from: number, to: number): Generator<Bound> {
    for (let number = from; number < to;) {
      const bound = this.of(number)
      yield bound
      number = bound.start + bound.count
    }
  }

  /** Runs of changes of equal length, cut to a range that begins and ends with a change. */
  *runs(from: number, to: number): Generator<Bound & { readonly changes: number }> {
    for (let number = from; number < to;) {
      const run = this.#runOf(number)
      const count = this.#lengths[run] as number
      const end = Math.min(to, this.#ends[run] as number)
      yield { start: number, count, changes: (end - number) / count, time: this.#times[run] as number }
      number = end
    }
  }

  /** The last operation of the change that holds this one. */
  lastOf(number: number): number {
    const run = this.#runOf(number)
    const count = this.#lengths[run] as number
    return number + count - 1 - ((number - (this.#starts[run] as number)) % count)
  }

  #runOf(number: number): number {
    let low = 0
    let high = this.#starts.length - 1
    if (number >= (this.#starts[high] ?? 0)) return high
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] as number) <= number) low = middle
      else high = middle - 1
    }
    return low
  }
}
