/** A binary heap of numbers, greatest first. */
export class MaxHeap {
  readonly #items: number[] = []

  get size(): number {
    return this.#items.length
  }

  clear(): void {
    this.#items.length = 0
  }

  /** The greatest; only of a heap that is not empty. */
  peek(): number {
    return this.#items[0] as number
  }

  push(item: number): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = items[parent] as number
      if (above >= item) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  /** Takes the greatest; only of a heap that is not empty. */
  pop(): number {
    const items = this.#items
    const greatest = items[0] as number
    const item = items.pop() as number
    if (items.length > 0) this.#sink(item)
    return greatest
  }

  #sink(item: number): void {
    const items = this.#items
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && (items[child + 1] as number) > (items[child] as number)) child++
      const below = items[child] as number
      if (below <= item) break
      items[at] = below
      at = child
    }
    items[at] = item
  }
}
