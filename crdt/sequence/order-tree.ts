import { countInserted, countVisible, visibleNow, type Counts, type Item } from './item.ts'

/** A node of the tree: a leaf holds items, any other node nodes. Views have a number, their slot. */
export interface OrderNode {
  parent: OrderNode | undefined
  readonly children: OrderNode[]
  readonly items: Item[]
  /** Units visible once everything is applied. */
  now: number
  /** For each view the units visible at it. */
  readonly seen: number[]
  /** For each view the units inserted at it, deleted or not. */
  readonly inserted: number[]
}

const fanout = 32

/** The items in the order of the sequence, deleted ones among them: a B+ tree that counts what each view sees. */
export class OrderTree {
  #root = createNode()
  /** For each view what it includes; owned by the views. */
  readonly #views: Counts[] = []
  /** Where in the item the unit stands that `at` found last. */
  offset = 0

  get root(): OrderNode {
    return this.#root
  }

  first(): Item | undefined {
    let node = this.#root
    while (node.children.length > 0) node = node.children[0] as OrderNode
    return node.items[0]
  }

  /** Adds a view; counted anew, or as a copy of another's. @returns its slot */
  addView(counts: Counts, like?: number): number {
    const slot = this.#views.push(counts) - 1
    this.#addSlot(this.#root, slot, like)
    return slot
  }

  /** The item that holds the unit with that index among those a view sees. @param slot −1: now */
  at(index: number, slot: number): Item {
    let node = this.#root
    let left = index
    while (node.children.length > 0) {
      let next: OrderNode | undefined
      for (const child of node.children) {
        const count = slot < 0 ? child.now : (child.seen[slot] as number)
        if (left < count) {
          next = child
          break
        }
        left -= count
      }
      if (next === undefined) break
      node = next
    }
    const counts = slot < 0 ? undefined : this.#views[slot]
    for (const item of node.items) {
      const count = countVisible(counts, item)
      if (left < count) {
        this.offset = left
        return item
      }
      left -= count
    }
    throw new RangeError(`Cannot find unit ${index} of a sequence`)
  }

  copyView(from: number, to: number): void {
    this.#addSlot(this.#root, to, from)
  }

  next(item: Item): Item | undefined {
    const { leaf } = item
    return leaf.items[leaf.items.indexOf(item) + 1] ?? this.#nextLeaf(leaf, any)?.items[0]
  }

  previous(item: Item): Item | undefined {
    const { leaf } = item
    const at = leaf.items.indexOf(item)
    if (at > 0) return leaf.items[at - 1]
    for (let node = leaf; node.parent !== undefined; node = node.parent) {
      const { children } = node.parent
      let before = children[children.indexOf(node) - 1]
      if (before === undefined) continue
      while (before.children.length > 0) before = before.children.at(-1) as OrderNode
      return before.items.at(-1)
    }
    return undefined
  }

  /** The next item of which a view sees anything. */
  nextSeen(item: Item, slot: number): Item | undefined {
    const counts = slot < 0 ? undefined : this.#views[slot]
    const { items } = item.leaf
    for (let at = items.indexOf(item) + 1; at < items.length; at++) {
      if (countVisible(counts, items[at] as Item) > 0) return items[at]
    }
    const leaf = this.#nextLeaf(item.leaf, (node) => (slot < 0 ? node.now : (node.seen[slot] as number)) > 0)
    return leaf?.items.find((other) => countVisible(counts, other) > 0)
  }

  /** The next item whose first unit a view has inserted. */
  nextInserted(item: Item | undefined, slot: number): Item | undefined {
    const counts = slot < 0 ? undefined : this.#views[slot]
    const first = item === undefined ? this.first() : undefined
    if (first !== undefined && countInserted(counts, first) > 0) return first
    const after = item ?? first
    if (after === undefined) return undefined
    const { items } = after.leaf
    for (let at = items.indexOf(after) + 1; at < items.length; at++) {
      if (countInserted(counts, items[at] as Item) > 0) return items[at]
    }
    const leaf = this.#nextLeaf(after.leaf, slot < 0 ? any : (node) => (node.inserted[slot] as number) > 0)
    return leaf?.items.find((other) => countInserted(counts, other) > 0)
  }

  /** Units in front of the item that are visible now. */
  positionOf(item: Item): number {
    let before = 0
    for (const other of item.leaf.items) {
      if (other === item) break
      before += visibleNow(other)
    }
    for (let node = item.leaf; node.parent !== undefined; node = node.parent) {
      for (const other of node.parent.children) {
        if (other === node) break
        before += other.now
      }
    }
    return before
  }

  /** Negative when the left item stands in front of the right one. */
  compare(left: Item, right: Item): number {
    let one = left.leaf
    let other = right.leaf
    if (one === other) return one.items.indexOf(left) - one.items.indexOf(right)
    while (one.parent !== other.parent) {
      one = one.parent as OrderNode
      other = other.parent as OrderNode
    }
    const { children } = one.parent as OrderNode
    return children.indexOf(one) - children.indexOf(other)
  }

  /** Puts a new item behind another; at the start without one. @param slot the view that has it already; −1: none */
  insertBehind(before: Item | undefined, item: Item, slot: number): void {
    let leaf = before?.leaf ?? this.#root
    while (leaf.children.length > 0) leaf = leaf.children[0] as OrderNode
    this.#insert(leaf, before === undefined ? 0 : leaf.items.indexOf(before) + 1, item, slot)
  }

  insertBefore(after: Item, item: Item, slot: number): void {
    this.#insert(after.leaf, after.leaf.items.indexOf(after), item, slot)
  }

  /** Puts the rest of an item that was cut, which is counted already, behind it. */
  insertRest(item: Item, rest: Item): void {
    this.#place(item.leaf, item.leaf.items.indexOf(item) + 1, rest)
  }

  /** Counts units of a leaf: those visible now, and those that one view has inserted and sees. @param slot −1: none */
  count(leaf: OrderNode, now: number, slot: number, seen: number, inserted: number): void {
    for (let node: OrderNode | undefined = leaf; node !== undefined; node = node.parent) {
      node.now += now
      if (slot >= 0) {
        ;(node.seen[slot] as number) += seen
        ;(node.inserted[slot] as number) += inserted
      }
    }
  }

  /** The next leaf that is wanted, as all nodes above it are. */
  #nextLeaf(leaf: OrderNode, isWanted: (node: OrderNode) => boolean): OrderNode | undefined {
    for (let node = leaf; node.parent !== undefined; node = node.parent) {
      const { children } = node.parent
      for (let at = children.indexOf(node) + 1; at < children.length; at++) {
        let next = children[at] as OrderNode
        if (!isWanted(next)) continue
        while (next.children.length > 0) next = next.children.find((child) => isWanted(child)) as OrderNode
        return next
      }
    }
    return undefined
  }

  #insert(leaf: OrderNode, at: number, item: Item, slot: number): void {
    const counts = slot < 0 ? undefined : this.#views[slot]
    this.count(leaf, visibleNow(item), slot, countVisible(counts, item), countInserted(counts, item))
    this.#place(leaf, at, item)
  }

  #place(leaf: OrderNode, at: number, item: Item): void {
    item.leaf = leaf
    if (at === leaf.items.length) leaf.items.push(item)
    else leaf.items.splice(at, 0, item)
    if (leaf.items.length > fanout) this.#split(leaf)
  }

  #split(node: OrderNode): void {
    const rest = createNode()
    const half = fanout / 2
    for (const item of node.items.splice(half)) {
      item.leaf = rest
      rest.items.push(item)
    }
    for (const child of node.children.splice(half)) {
      child.parent = rest
      rest.children.push(child)
    }
    let parent = node.parent
    if (parent === undefined) {
      parent = this.#root = createNode()
      parent.children.push(node)
      node.parent = parent
      this.#recount(parent)
    }
    rest.parent = parent
    parent.children.splice(parent.children.indexOf(node) + 1, 0, rest)
    this.#recount(node)
    this.#recount(rest)
    if (parent.children.length > fanout) this.#split(parent)
  }

  #recount(node: OrderNode): void {
    node.now = 0
    for (const item of node.items) node.now += visibleNow(item)
    for (const child of node.children) node.now += child.now
    for (let slot = 0; slot < this.#views.length; slot++) this.#recountSlot(node, slot)
  }

  #recountSlot(node: OrderNode, slot: number): void {
    const counts = this.#views[slot]
    let seen = 0
    let inserted = 0
    for (const item of node.items) {
      seen += countVisible(counts, item)
      inserted += countInserted(counts, item)
    }
    for (const child of node.children) {
      seen += child.seen[slot] as number
      inserted += child.inserted[slot] as number
    }
    node.seen[slot] = seen
    node.inserted[slot] = inserted
  }

  #addSlot(node: OrderNode, slot: number, like: number | undefined): void {
    for (const child of node.children) this.#addSlot(child, slot, like)
    if (like === undefined) this.#recountSlot(node, slot)
    else {
      node.seen[slot] = node.seen[like] as number
      node.inserted[slot] = node.inserted[like] as number
    }
  }
}

const any = (): boolean => true

export function createNode(): OrderNode {
  return { parent: undefined, children: [], items: [], now: 0, seen: [], inserted: [] }
}
