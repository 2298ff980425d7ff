import type { Item } from './item.ts'

const chunkLimit = 512

/** Items by the ids of their units, in chunks, so that cutting one moves few others. */
export class ItemIndex {
  readonly #chunks: Item[][] = [[]]

  /** Adds an item whose id is greater than any before. */
  push(item: Item): void {
    const last = this.#chunks.at(-1) as Item[]
    if (last.length < chunkLimit) last.push(item)
    else this.#chunks.push([item])
  }

  /** Adds the rest of an item that was cut. */
  insert(item: Item): void {
    const at = this.#chunkOf(item.id)
    const chunk = this.#chunks[at] as Item[]
    chunk.splice(placeIn(chunk, item.id) + 1, 0, item)
    if (chunk.length > chunkLimit) this.#chunks.splice(at + 1, 0, chunk.splice(chunkLimit / 2))
  }

  /** The item that holds the unit, or undefined. */
  find(id: number): Item | undefined {
    const chunk = this.#chunks[this.#chunkOf(id)] as Item[]
    const item = chunk[placeIn(chunk, id)]
    return item !== undefined && id >= item.id && id < item.id + item.count ? item : undefined
  }

  /** Visits the items that hold any of the units from `from` to before `to`. */
  within(from: number, to: number, visit: (item: Item) => void): void {
    let at = this.#chunkOf(from)
    let place = Math.max(0, placeIn(this.#chunks[at] as Item[], from))
    for (; at < this.#chunks.length; at++, place = 0) {
      const chunk = this.#chunks[at] as Item[]
      for (; place < chunk.length; place++) {
        const item = chunk[place] as Item
        if (item.id >= to) return
        if (item.id + item.count > from) visit(item)
      }
    }
  }

  #chunkOf(id: number): number {
    const chunks = this.#chunks
    let high = chunks.length - 1
    if (id >= ((chunks[high] as Item[])[0]?.id ?? 0)) return high
    let low = 0
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (((chunks[middle] as Item[])[0] as Item).id <= id) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The place of the last item whose id is not above; −1 where there is none. */
function placeIn(chunk: readonly Item[], id: number): number {
  let low = -1
  let high = chunk.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((chunk[middle] as Item).id <= id) low = middle
    else high = middle - 1
  }
  return low
}
