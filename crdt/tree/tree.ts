import type { ContainerId, MapContainer, TreeContainer, TreeNodeId } from '../container.ts'
import { nestedId } from '../container-id.ts'
import type { ContainerDelta } from '../event.ts'
import { checkIndex } from '../index-check.ts'
import type { JsonValue } from '../json-value.ts'
import type { Operation } from '../operation.ts'
import type { Editor, Execution, Stamp, State } from '../state.ts'
import { MoveLog, type Move } from './move-log.ts'
import { orderOf, positionBetween } from './position.ts'
import { ShownTree } from './shown-tree.ts'
import { TreeNode, creatorOf, indexIn, isWithin, nodeId, type Place } from './tree-node.ts'

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
    return this.#editor.transact(() => {
      const node = nodeId(this.#editor.nextDot())
      this.#editor.perform({ type: 'tree-create', container: this.id, parent, position })
      return node
    })
  }

  move(node: TreeNodeId, parent?: TreeNodeId, index?: number): void {
    const own = this.#visible(node)
    const under = this.#visible(parent)
    if (isWithin(under, own)) throw new RangeError(`Cannot move the node ${node}: ${parent} is the same or below it`)
    const position = this.#positionAt(under, index, own)
    this.#editor.perform({ type: 'tree-move', container: this.id, node, parent, position })
  }

  delete(node: TreeNodeId): boolean {
    if (!this.has(node)) return false
    this.#editor.perform({ type: 'tree-delete', container: this.id, node })
    return true
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
    return this.has(node) ? this.#editor.nested('map', nestedId('map', creatorOf(node))) : undefined
  }

  nodes(): TreeNodeId[] {
    const nodes: TreeNodeId[] = []
    const ahead = this.#read().top.children.toReversed()
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      nodes.push(node.id)
      for (let index = node.children.length; index > 0; index--) ahead.push(node.children[index - 1] as TreeNode)
    }
    return nodes
  }

  toJSON(): JsonValue[] {
    return this.nodes().map((id) => ({
      id,
      parent: this.parent(id) ?? null,
      data: (this.data(id) as MapContainer).toJSON(),
    }))
  }

  [Symbol.iterator](): Iterator<TreeNodeId> {
    return this.nodes()[Symbol.iterator]()
  }

  /** Whether the node was ever created here, be it deleted since. */
  knows(node: TreeNodeId): boolean {
    return this.#nodes.has(node)
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (execution.touch(this) && !this.#shown.recording) this.#read().record()
    switch (operation.type) {
      case 'tree-create':
        execution.create('map', stamp)
        this.#create(nodeId(stamp), operation.parent, operation.position, execution)
        return
      case 'tree-move':
        this.#move(operation.node, this.#node(operation.parent), operation.position, stamp, execution)
        return
      case 'tree-delete':
        this.#move(operation.node, this.#shown.bin, '', stamp, execution)
    }
  }

  takeDelta(): ContainerDelta | undefined {
    const delta = this.#read().takeChanges()
    return delta.length === 0 ? undefined : { type: 'tree', container: this, delta }
  }

  dropDelta(): void {
    this.#read().forget()
  }

  #create(id: TreeNodeId, parent: TreeNodeId | undefined, position: string, execution: Execution): void {
    const node = new TreeNode(id, placeIn(this.#node(parent), position, id))
    this.#nodes.set(id, node)
    this.#moved.add(node)
    execution.undo(() => {
      this.#nodes.delete(id)
      node.place = undefined
      this.#moved.add(node)
    })
  }

  #move(id: TreeNodeId, parent: TreeNode, position: string, { lamport, replica }: Stamp, execution: Execution): void {
    const move: Move = {
      lamport,
      replica,
      node: this.#node(id),
      place: placeIn(parent, position, id),
      prior: undefined,
    }
    this.#log.add(move)
    execution.undo(() => this.#log.takeBack())
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
    if (node === undefined)
      throw new RangeError(`Cannot use the node ${id}: this tree does not have it, or not any more`)
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

function placeIn(parent: TreeNode, position: string, id: TreeNodeId): Place {
  parent.bears = true
  return { parent, order: orderOf(position, id) }
}
