/** A transaction's place: the lines that history splits into, and how far along its line. */
interface Line {
  /** Of the first transaction of the line. */
  readonly parents: readonly number[]
  last: number
  visited: number
}

/**
 * Who came after whom in a trace. Transactions that each have just the one before as parent form a line, so that a
 * question costs a step for each fork and merge on the way, not one for each transaction.
 */
export class TraceGraph {
  readonly #lines: Line[] = []
  readonly #lineOf: number[] = []
  readonly #parents: (readonly number[])[] = []
  readonly #tips = new Set<number>()
  #visit = 0

  get size(): number {
    return this.#parents.length
  }

  /** @returns the index of the new transaction */
  add(parents: readonly number[]): number {
    const index = this.#parents.length
    const [parent] = parents
    const before = parent === undefined ? undefined : (this.#lineOf[parent] as number)
    this.#parents.push(parents)
    for (const known of parents) this.#tips.delete(known)
    this.#tips.add(index)
    if (parents.length === 1 && before !== undefined && this.#lines[before]?.last === parent) {
      ;(this.#lines[before] as Line).last = index
      this.#lineOf.push(before)
    } else {
      this.#lineOf.push(this.#lines.length)
      this.#lines.push({ parents, last: index, visited: 0 })
    }
    return index
  }

  /** Those that no other was made on. */
  tips(): number[] {
    return [...this.#tips]
  }

  parentsOf(index: number): readonly number[] {
    return this.#parents[index] as readonly number[]
  }

  /** Whether the transaction is one of the heads or in their past. */
  includes(heads: readonly number[], index: number): boolean {
    const wanted = this.#lineOf[index]
    const visit = ++this.#visit
    const open = [...heads]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at < index) continue
      if (this.#lineOf[at] === wanted) return true
      const line = this.#lines[this.#lineOf[at] as number] as Line
      if (line.visited === visit) continue
      line.visited = visit
      open.push(...line.parents)
    }
    return false
  }

  /** Those of the transactions that none of the others has in its past, in ascending order. */
  heads(indexes: readonly number[]): number[] {
    const distinct = [...new Set(indexes)].sort((left, right) => left - right)
    if (distinct.length < 2) return distinct
    return distinct.filter((index, at) => !this.includes(distinct.slice(at + 1), index))
  }
}
