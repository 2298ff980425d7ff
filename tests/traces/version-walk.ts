import type { TraceGraph } from './trace-graph.ts'

const from = 1
const to = 2

/** Stands at a version, and tells what lies between it and another. */
export class VersionWalk {
  readonly #graph: TraceGraph
  #heads: readonly number[] = []
  /** Which of the two versions includes a transaction; 0 outside of `moveTo`. */
  readonly #sides: number[] = []

  constructor(graph: TraceGraph) {
    this.#graph = graph
  }

  /** A transaction made here is now included. */
  stepTo(index: number): void {
    this.#heads = [index]
  }

  /** @returns what has to be undone, latest first, then done, earliest first */
  moveTo(heads: readonly number[]): { readonly undone: readonly number[]; readonly done: readonly number[] } {
    const undone: number[] = []
    const done: number[] = []
    const queue = new Queue()
    // Transactions in the queue that only one of the versions is known to include.
    let open = 0
    const mark = (index: number, sides: number): void => {
      const before = this.#sides[index] ?? 0
      const after = before | sides
      if (before === after) return
      this.#sides[index] = after
      if (before === 0) queue.push(index)
      open += Number(after !== 3) - Number(before === from || before === to)
    }
    for (const head of this.#heads) mark(head, from)
    for (const head of heads) mark(head, to)
    while (open > 0) {
      const index = queue.pop()
      const sides = this.#sides[index] as number
      this.#sides[index] = 0
      if (sides !== 3) open--
      if (sides === from) undone.push(index)
      else if (sides === to) done.push(index)
      for (const parent of this.#graph.parentsOf(index)) mark(parent, sides)
    }
    for (const index of queue.rest()) this.#sides[index] = 0
    this.#heads = [...heads]
    return { undone, done: done.reverse() }
  }
}

/** Gives the greatest first: a binary heap. */
class Queue {
  readonly #items: number[] = []

  push(item: number): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if ((items[parent] as number) >= item) break
      items[at] = items[parent] as number
      at = parent
    }
    items[at] = item
  }

  pop(): number {
    const items = this.#items
    const first = items[0] as number
    const item = items.pop() as number
    const { length } = items
    if (length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && (items[child + 1] as number) > (items[child] as number)) child++
      if ((items[child] as number) <= item) break
      items[at] = items[child] as number
      at = child
    }
    items[at] = item
    return first
  }

  rest(): readonly number[] {
    return this.#items
  }
}
