/** How whole numbers are spread: counted by value, so that a million of them take little room. */
export class Distribution {
  readonly #counts = new Map<number, number>()
  #total = 0
  #sum = 0

  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1)
    this.#total++
    this.#sum += value
  }

  get count(): number {
    return this.#total
  }

  get mean(): number | null {
    return this.#total === 0 ? null : Math.round((this.#sum / this.#total) * 1000) / 1000
  }

  /** @param share 0.5 is the median: the least value that at least so many are not above (nearest rank) */
  quantile(share: number): number | null {
    let rank = Math.max(1, Math.ceil(share * this.#total))
    for (const [value, count] of [...this.#counts].sort(([left], [right]) => left - right)) {
      rank -= count
      if (rank <= 0) return value
    }
    return null
  }

  figures(): { mean: number | null; median: number | null; p99: number | null; most: number | null } {
    return { mean: this.mean, median: this.quantile(0.5), p99: this.quantile(0.99), most: this.quantile(1) }
  }
}
