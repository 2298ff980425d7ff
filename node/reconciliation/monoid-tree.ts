import type { Bound, Item } from './item.ts'
import { addSum, lanes, subtractSum, type Sum } from './sum.ts'

/** Entries of a node. Measured from 8 to 64 at 100,000 items: README. */
const capacity = 16

/** With fewer a node is joined with its neighbour. A quarter, so that a change back and forth does not split and join. */
const sparse = capacity / 4

/**
 * A B+ tree whose nodes keep, for each entry, how many items are below it and what they add up to (Meyer's "monoid
 * tree"). A leaf's keys are its items; a branch's keys are its children's least items, or less.
 */
export class TreeNode {
  readonly keys: Item[]
  /** None in a leaf. */
  readonly children: TreeNode[]
  /** One sum an entry, one behind another. */
  readonly sums: Sum = new Uint32Array((capacity + sparse) * lanes)
  #count = 0

  constructor(keys: Item[] = [], children: TreeNode[] = []) {
    this.keys = keys
    this.children = children
  }

  /** A root above two halves of a tree. */
  static above(left: TreeNode, right: TreeNode): TreeNode {
    const root = new TreeNode([left.keys[0] as Item, right.keys[0] as Item], [left, right])
    root.#measure(0)
    root.#measure(1)
    root.#count = left.#count + right.#count
    return root
  }

  get count(): number {
    return this.#count
  }

  /** @param item must not be in the tree */
  insert(item: Item, lifted: Sum): void {
    this.#count++
    if (this.children.length === 0) {
      this.#open(this.#indexOf(item), item, lifted)
      return
    }
    const index = this.#childOf(item)
    // Keys stay in order also after a child is split that has taken an item before all others.
    if (item < (this.keys[index] as Item)) this.keys[index] = item
    const child = this.children[index] as TreeNode
    child.insert(item, lifted)
    addSum(this.sums, index, lifted, 0)
    if (child.isFull) this.#split(index)
  }

  /** @param item must be in the tree */
  remove(item: Item, lifted: Sum): void {
    this.#count--
    if (this.children.length === 0) {
      this.#close(this.#indexOf(item))
      return
    }
    const index = this.#childOf(item)
    const child = this.children[index] as TreeNode
    child.remove(item, lifted)
    subtractSum(this.sums, index, lifted, 0)
    if (child.keys.length < sparse && this.keys.length > 1) this.#join(Math.max(0, index - 1))
  }

  has(item: Item): boolean {
    if (this.children.length > 0) return (this.children[this.#childOf(item)] as TreeNode).has(item)
    return this.keys[this.#indexOf(item)] === item
  }

  /** @returns how many items are before the bound; what they add up to is added to `sum` */
  reach(bound: Bound, sum: Sum): number {
    const isLeaf = this.children.length === 0
    // The child whose key is the last one before the bound may hold items on both sides of it.
    const end = isLeaf ? this.#indexOf(bound) : Math.max(0, this.#indexOf(bound) - 1)
    for (let index = 0; index < end; index++) addSum(sum, 0, this.sums, index)
    if (isLeaf) return end
    let count = 0
    for (let index = 0; index < end; index++) count += (this.children[index] as TreeNode).#count
    return count + (this.children[end] as TreeNode).reach(bound, sum)
  }

  /** What all items add up to is added to `sum`. */
  total(sum: Sum): void {
    for (let index = 0; index < this.keys.length; index++) addSum(sum, 0, this.sums, index)
  }

  /** @param place from 0, less than the number of items */
  at(place: number): Item {
    if (this.children.length === 0) return this.keys[place] as Item
    let rest = place
    let index = 0
    for (; rest >= (this.children[index] as TreeNode).#count; index++) rest -= (this.children[index] as TreeNode).#count
    return (this.children[index] as TreeNode).at(rest)
  }

  /** One entry more than it may keep: whoever holds it splits it. */
  get isFull(): boolean {
    return this.keys.length > capacity
  }

  /** Gives the upper half of its entries away. @returns the node that holds them */
  divide(): TreeNode {
    const half = this.keys.length >> 1
    const upper = new TreeNode(this.keys.splice(half), this.children.splice(half))
    upper.sums.set(this.sums.subarray(half * lanes, (half + upper.keys.length) * lanes))
    upper.#recount()
    this.#recount()
    return upper
  }

  /** First entry whose key is not before the bound. */
  #indexOf(bound: Bound | Item): number {
    let low = 0
    let high = this.keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.keys[middle] as string) < bound) low = middle + 1
      else high = middle
    }
    return low
  }

  #childOf(item: Item): number {
    const index = this.#indexOf(item)
    return this.keys[index] === item ? index : Math.max(0, index - 1)
  }

  #split(index: number): void {
    const upper = (this.children[index] as TreeNode).divide()
    this.#measure(index)
    const sum = new Uint32Array(lanes)
    upper.total(sum)
    this.#open(index + 1, upper.keys[0] as Item, sum, upper)
  }

  /** Joins the child with the next one, and divides them again where that is too much for one. */
  #join(index: number): void {
    const left = this.children[index] as TreeNode
    const right = this.children[index + 1] as TreeNode
    this.#close(index + 1)
    left.#absorb(right)
    this.#measure(index)
    if (left.isFull) this.#split(index)
  }

  #absorb(right: TreeNode): void {
    this.sums.set(right.sums.subarray(0, right.keys.length * lanes), this.keys.length * lanes)
    this.keys.push(...right.keys)
    this.children.push(...right.children)
    this.#count += right.#count
  }

  #open(index: number, key: Item, sum: Sum, child?: TreeNode): void {
    this.sums.copyWithin((index + 1) * lanes, index * lanes, this.keys.length * lanes)
    this.sums.set(sum, index * lanes)
    this.keys.splice(index, 0, key)
    if (child !== undefined) this.children.splice(index, 0, child)
  }

  #close(index: number): void {
    this.sums.copyWithin(index * lanes, (index + 1) * lanes, this.keys.length * lanes)
    this.keys.splice(index, 1)
    if (this.children.length > 0) this.children.splice(index, 1)
  }

  #measure(index: number): void {
    this.sums.fill(0, index * lanes, (index + 1) * lanes)
    const sum = new Uint32Array(lanes)
    ;(this.children[index] as TreeNode).total(sum)
    this.sums.set(sum, index * lanes)
  }

  #recount(): void {
    this.#count = this.keys.length
    if (this.children.length > 0) this.#count = this.children.reduce((sum, child) => sum + child.#count, 0)
  }
}
