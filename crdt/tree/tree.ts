import type { ContainerId, MapContainer, TreeContainer, TreeNodeId } from '../container.ts'
import type { ContainerDelta } from '../event.ts'
import { checkIndex } from '../containers/index-check.ts'
import type { JsonValue } from '../json-value.ts'
import type { Operation } from '../operation.ts'
import { plainValue } from '../plain-value.ts'
import type { Editor, Execution, Stamp, State } from '../state.ts'
import { MoveLog } from './move-log.ts'
import { orderOf, positionBetween } from './position.ts'
import { ShownTree } from './shown-tree.ts'
import { TreeNode, creatorOf, dataId, indexIn, isWithin, nodeId, type Place, type Placement } from './tree-node.ts'

export class Tree implements TreeContainer, State {
  readonly type: 'tree' = 'tree'
  readonly id: ContainerId
  readonly #editor: Editor
  readonly #nodes = new Map<TreeNodeId, TreeNode>()
  readonly #shown = new ShownTree()
  /** Nodes that are perhaps not yet shown where they are. */
  readonly #moved = new Set<TreeNode>()
  readonly #log = new MoveLog(this.#moved)

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  get size(): number {
    return this.#read().size
  }

  create(parent?: TreeNodeId, index?: number): TreeNodeId {
    const position = this.#positionAt(this.#visible(parent), index)
    const created = nodeId(this.#editor.nextDot())
    this.#perform(undefined, parent, position)
    return created
  }

  move(node: TreeNodeId, parent?: TreeNodeId, index?: number): void {
    const own = this.#visible(node)
    const under = this.#visible(parent)
    if (isWithin(under, own)) throw new RangeError(`Cannot move the node ${node} below ${parent}: that is in it`)
    this.#perform(node, parent, this.#positionAt(under, index, own))
  }

  delete(node: TreeNodeId): boolean {
    const found = this.has(node)
    if (found) this.#perform(node, undefined, '')
    return found
  }

  has(node: TreeNodeId): boolean {
    return this.#find(node) !== undefined
  }

  parent(node: TreeNodeId): TreeNodeId | undefined {
    const parent = this.#find(node)?.place?.parent
    return parent === this.#shown.top ? undefined : parent?.id
  }

  roots(): TreeNodeId[] {
    return this.#read().top.children.map(({ id }) => id)
  }

  children(parent: TreeNodeId): TreeNodeId[] {
    return this.#find(parent)?.children.map(({ id }) => id) ?? []
  }

  data(node: TreeNodeId): MapContainer | undefined {
    return this.has(node) ? this.#editor.nested('map', dataId(node)) : undefined
  }

  nodes(): TreeNodeId[] {
    const nodes: TreeNodeId[] = []
    const ahead = [this.#read().top]
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      nodes.push(node.id)
      for (let index = node.children.length; index > 0; index--) ahead.push(node.children[index - 1] as TreeNode)
    }
    return nodes.slice(1)
  }

  toJSON(): JsonValue[] {
    return plainValue(this) as JsonValue[]
  }

  [Symbol.iterator](): Iterator<TreeNodeId> {
    return this.nodes()[Symbol.iterator]()
  }

  /** What decides where a node that is to be seen stands among its siblings. */
  orderOf(node: TreeNodeId): string | undefined {
    return this.#find(node)?.attached?.order
  }

  /** Whether the node was ever created here, be it deleted since. */
  knows(node: TreeNodeId): boolean {
    return this.#nodes.has(node)
  }

  /** Every node, deleted ones among them, by where the moves put it; an empty position for those in the bin. */
  *placements(): Generator<Placement> {
    const { bin, top } = this.#read()
    for (const { id, place } of this.#nodes.values()) {
      const { parent, order } = place as Place
      const inBin = parent === bin
      const position = inBin ? '' : order.slice(0, order.length - id.length - 1)
      yield { creator: creatorOf(id), parent: inBin || parent === top ? undefined : parent.id, position }
    }
  }

  /** Fills an empty tree. @returns false where a node is below itself, or below none of these */
  restore(placements: readonly Placement[]): boolean {
    for (const { creator } of placements) this.#nodes.set(nodeId(creator), new TreeNode(nodeId(creator), undefined))
    const below = new Map<TreeNode, TreeNode[]>()
    for (const { creator, parent, position } of placements) {
      const node = this.#node(nodeId(creator))
      const under = position === '' ? this.#shown.bin : this.#node(parent)
      if (under === undefined) return false
      under.bears = true
      node.place = { parent: under, order: orderOf(position, node.id) }
      this.#moved.add(node)
      const siblings = below.get(under)
      if (siblings === undefined) below.set(under, [node])
      else siblings.push(node)
    }
    const reached = [this.#shown.top, this.#shown.bin]
    for (let at = 0; at < reached.length; at++) {
      for (const node of below.get(reached[at] as TreeNode) ?? []) reached.push(node)
    }
    return reached.length === this.#nodes.size + 2
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'tree-move') return
    if (execution.touch(this) && this.#shown.before === undefined) this.#read().before = new Map()
    const { node = nodeId(stamp), parent, position } = operation
    const under = position === '' ? this.#shown.bin : this.#node(parent)
    const place = { parent: under, order: orderOf(position, node) }
    under.bears = true
    if (operation.node === undefined) this.#create(node, place, stamp, execution)
    else {
      const { lamport, replica } = stamp
      this.#log.add({ lamport, replica, node: this.#node(node), place, prior: undefined })
      execution.undo(() => this.#log.takeBack())
    }
  }

  takeDelta(): ContainerDelta | undefined {
    const delta = this.#read().takeChanges()
    return delta.length === 0 ? undefined : { type: 'tree', container: this, delta }
  }

  dropDelta(): void {
    this.#read().before = undefined
  }

  #create(id: TreeNodeId, place: Place, stamp: Stamp, execution: Execution): void {
    execution.create('map', stamp)
    const node = new TreeNode(id, place)
    this.#nodes.set(id, node)
    this.#moved.add(node)
    execution.undo(() => {
      this.#nodes.delete(id)
      node.place = undefined
      this.#moved.add(node)
    })
  }

  #perform(node: TreeNodeId | undefined, parent: TreeNodeId | undefined, position: string): void {
    this.#editor.perform({ type: 'tree-move', container: this.id, node, parent, position })
  }

  /** A node that a valid operation names. */
  #node(id: TreeNodeId | undefined): TreeNode {
    return id === undefined ? this.#shown.top : (this.#nodes.get(id) as TreeNode)
  }

  /** What is to be seen, once late moves are done. */
  #read(): ShownTree {
    this.#log.catchUp()
    if (this.#moved.size > 0) {
      this.#shown.show(this.#moved)
      this.#moved.clear()
    }
    return this.#shown
  }

  #find(id: TreeNodeId): TreeNode | undefined {
    this.#read()
    const node = this.#nodes.get(id)
    return node?.visible === true ? node : undefined
  }

  /** @throws RangeError */
  #visible(id: TreeNodeId | undefined): TreeNode {
    const node = id === undefined ? this.#read().top : this.#find(id)
    if (node === undefined) throw new RangeError(`Cannot use the node ${id}: it is not in this tree`)
    return node
  }

  /** @param index among the children without `moving`; undefined: behind them all. @throws RangeError */
  #positionAt(parent: TreeNode, index: number | undefined, moving?: TreeNode): string {
    const { children } = parent
    const place = moving?.attached
    const own = place !== undefined && place.parent === parent ? indexIn(place) : -1
    const length = children.length - (own < 0 ? 0 : 1)
    const at = index ?? length
    checkIndex(at, length)
    const orderAt = (index: number): string | undefined =>
      children[own >= 0 && index >= own ? index + 1 : index]?.attached?.order
    return positionBetween(orderAt(at - 1), orderAt(at))
  }
}
