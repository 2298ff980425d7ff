import type { Version } from './causal-graph.ts'
import {
  baseAgent,
  countVisible,
  createItem,
  cutItem,
  visibleUnits,
  type FugueBlock,
  type FugueItem,
} from './fugue-item.ts'

/** A gap between two items: in front of `block.items[at]`, or behind the last of the block. */
export interface Gap {
  readonly block: FugueBlock
  readonly at: number
}

const blockLimit = 128

/** The items of a tracker in the order of the sequence, deleted ones among them, in blocks; and by id. */
export class FugueList {
  readonly #blocks: FugueBlock[] = [{ items: [], visible: 0, seen: 0, index: 0 }]
  readonly #byId: FugueItem[] = []
  /** The version that the blocks' `seen` counts. */
  readonly #focus: number[] = []

  /** @param length units that are there from the start */
  constructor(length: number) {
    const block = this.#blocks[0] as FugueBlock
    if (length === 0) return
    const item = createItem({ id: 0, count: length, agent: baseAgent, sequence: 0, left: -1, right: -1 }, block)
    block.items.push(item)
    block.visible = length
    block.seen = length
    this.#byId.push(item)
  }

  get start(): Gap {
    return { block: this.#blocks[0] as FugueBlock, at: 0 }
  }

  get blocks(): readonly FugueBlock[] {
    return this.#blocks
  }

  /** Has every block count what is visible at a version. Costs nothing where that is the focus already. */
  focusOn(version: Version): void {
    if (this.#isFocus(version)) return
    this.#focus.splice(0, Infinity, ...version)
    for (const block of this.#blocks) {
      block.seen = 0
      for (const item of block.items) block.seen += countVisible(version, item)
    }
  }

  /** Moves the focus on by operations of one agent, whose effect on `seen` the caller counts. */
  advanceFocus(agent: number, count: number): void {
    while (this.#focus.length <= agent) this.#focus.push(0)
    this.#focus[agent] = count
  }

  /** Every item from the gap on. Nothing may be inserted or cut meanwhile. */
  *from({ block, at }: Gap): Generator<FugueItem> {
    for (let item = at; item < block.items.length; item++) yield block.items[item] as FugueItem
    for (let index = block.index + 1; index < this.#blocks.length; index++) {
      yield* (this.#blocks[index] as FugueBlock).items
    }
  }

  /** The item that holds the unit, or undefined. */
  find(id: number): FugueItem | undefined {
    const item = this.#byId[this.#placeOf(id)]
    return item !== undefined && id >= item.id && id < item.id + item.count ? item : undefined
  }

  /** Visible units in front of the item. */
  visibleBefore(item: FugueItem): number {
    let visible = 0
    for (let index = 0; index < item.block.index; index++) visible += (this.#blocks[index] as FugueBlock).visible
    for (const other of item.block.items) {
      if (other === item) return visible
      visible += visibleUnits(other)
    }
    return visible
  }

  /** Negative when the left unit stands in front of the right one. −1 stands for the start. */
  compareLefts(left: number, right: number): number {
    if (left === right) return 0
    if (left === -1) return -1
    if (right === -1) return 1
    return this.#compare(left, right)
  }

  /** As `compareLefts`, but −1 stands for the end. */
  compareRights(left: number, right: number): number {
    if (left === right) return 0
    if (left === -1) return 1
    if (right === -1) return -1
    return this.#compare(left, right)
  }

  /** The gap behind an item. */
  behind(item: FugueItem): Gap {
    return { block: item.block, at: item.block.items.indexOf(item) + 1 }
  }

  /** Puts a new item into the gap. Its id must be greater than any before. */
  insert({ block, at }: Gap, item: FugueItem): void {
    this.#byId.push(item)
    this.#place(block, at, item)
    block.visible += item.count
    block.seen += countVisible(this.#focus, item)
    this.#splitBlock(block)
  }

  /** Makes the newest item longer. */
  extend(item: FugueItem, count: number): void {
    const seen = countVisible(this.#focus, item)
    item.count += count
    item.block.visible += count
    item.block.seen += countVisible(this.#focus, item) - seen
  }

  /** Cuts an item so that one begins at `offset`. @returns the item that begins there */
  cut(item: FugueItem, offset: number): FugueItem {
    if (offset === 0) return item
    const rest = cutItem(item, offset)
    this.#byId.splice(this.#placeOf(item.id) + 1, 0, rest)
    const block = item.block
    this.#place(block, block.items.indexOf(item) + 1, rest)
    this.#splitBlock(block)
    return rest
  }

  /** The item behind this one. */
  next(item: FugueItem): FugueItem | undefined {
    const { block } = item
    const following = block.items[block.items.indexOf(item) + 1]
    if (following !== undefined) return following
    for (let index = block.index + 1; index < this.#blocks.length; index++) {
      const first = (this.#blocks[index] as FugueBlock).items[0]
      if (first !== undefined) return first
    }
    return undefined
  }

  #isFocus(version: Version): boolean {
    const focus = this.#focus
    for (let agent = Math.max(focus.length, version.length) - 1; agent >= 0; agent--) {
      if ((focus[agent] ?? 0) !== (version[agent] ?? 0)) return false
    }
    return true
  }

  #compare(left: number, right: number): number {
    const leftItem = this.find(left) as FugueItem
    const rightItem = this.find(right) as FugueItem
    if (leftItem === rightItem) return left - right
    if (leftItem.block !== rightItem.block) return leftItem.block.index - rightItem.block.index
    const { items } = leftItem.block
    return items.indexOf(leftItem) - items.indexOf(rightItem)
  }

  #place(block: FugueBlock, at: number, item: FugueItem): void {
    item.block = block
    block.items.splice(at, 0, item)
  }

  #splitBlock(block: FugueBlock): void {
    if (block.items.length <= blockLimit) return
    const items = block.items.splice(blockLimit / 2)
    const rest: FugueBlock = { items, visible: 0, seen: 0, index: 0 }
    for (const item of items) {
      item.block = rest
      rest.visible += visibleUnits(item)
      rest.seen += countVisible(this.#focus, item)
    }
    block.visible -= rest.visible
    block.seen -= rest.seen
    this.#blocks.splice(block.index + 1, 0, rest)
    for (let index = block.index + 1; index < this.#blocks.length; index++) {
      ;(this.#blocks[index] as FugueBlock).index = index
    }
  }

  /** Place in `#byId` of the last item whose id is not above. */
  #placeOf(id: number): number {
    let low = 0
    let high = this.#byId.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#byId[middle] as FugueItem).id <= id) low = middle
      else high = middle - 1
    }
    return low
  }
}
