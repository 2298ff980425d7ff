import type { Content } from '../container.ts'
import type { SequenceContent } from './sequence-content.ts'

/** The items of a list as an array. */
export class ItemBuffer implements SequenceContent<readonly Content[]> {
  #items: Content[] = []

  get length(): number {
    return this.#items.length
  }

  insert(index: number, items: readonly Content[]): void {
    if (items.length < 1000) this.#items.splice(index, 0, ...items)
    else this.#items = [...this.#items.slice(0, index), ...items, ...this.#items.slice(index)]
  }

  delete(index: number, count: number): void {
    this.#items.splice(index, count)
  }

  slice(start: number, end: number): Content[] {
    return this.#items.slice(start, end)
  }

  at(index: number): Content | undefined {
    return this.#items[index]
  }
}
