import { assert } from '../protocol/index.ts'
import { itemBytesLimit, type Bound, type Item } from './item.ts'
import { lift } from './lift.ts'
import { TreeNode } from './monoid-tree.ts'
import { lanes, type Reach } from './sum.ts'

/** An ordered set of ids of one width. Adding, deleting and the sum of any range take O(log n). */
export class ItemSet {
  readonly itemBytes: number
  #root: TreeNode = new TreeNode()

  /** @param itemBytes width of an item, from 1 to 64 */
  constructor(itemBytes: number) {
    assert(
      Number.isInteger(itemBytes) && itemBytes >= 1 && itemBytes <= itemBytesLimit,
      `an item has from 1 to ${itemBytesLimit} bytes`,
    )
    this.itemBytes = itemBytes
  }

  get size(): number {
    return this.#root.count
  }

  has(item: Item): boolean {
    return this.#root.has(item)
  }

  /** @returns false when it was there. @throws AssertionError when the item has another width */
  add(item: Item): boolean {
    assert(item.length === 2 * this.itemBytes, `items of this set have ${this.itemBytes} bytes`)
    if (this.has(item)) return false
    this.#root.insert(item, lift(item))
    if (this.#root.isFull) this.#root = TreeNode.above(this.#root, this.#root.divide())
    return true
  }

  /** @returns false when it was not there */
  delete(item: Item): boolean {
    if (!this.has(item)) return false
    this.#root.remove(item, lift(item))
    if (this.#root.children.length === 1) this.#root = this.#root.children[0] as TreeNode
    return true
  }

  /** @param place from 0, in the order of items; less than `size` */
  at(place: number): Item {
    assert(
      Number.isInteger(place) && place >= 0 && place < this.size,
      'a set has no item at a place that it does not have',
    )
    return this.#root.at(place)
  }

  /** All items before the bound; without one, all. */
  reach(bound?: Bound): Reach {
    const sum = new Uint32Array(lanes)
    if (bound !== undefined) return { count: this.#root.reach(bound, sum), sum }
    this.#root.total(sum)
    return { count: this.size, sum }
  }
}
