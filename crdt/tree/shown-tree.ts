import type { TreeNodeId } from '../container.ts'
import type { TreeChange } from '../event.ts'
import { TreeNode, indexIn, type Place } from './tree-node.ts'

/** What readers see of the places that moves have set, and what of it is new. */
export class ShownTree {
  readonly top: TreeNode = new TreeNode('' as TreeNodeId, undefined)
  /** Deleted nodes are below it: not forgotten, since a move that comes late may bring them back. */
  readonly bin: TreeNode = new TreeNode('' as TreeNodeId, undefined)
  /** Visible nodes. */
  size = 0
  /** While it is recorded what changes: where the nodes touched were to be seen. */
  before: Map<TreeNode, Place | undefined> | undefined

  constructor() {
    this.top.visible = true
  }

  /** Shows nodes where their places are now. */
  show(moved: ReadonlySet<TreeNode>): void {
    for (const node of moved) if (node.attached !== node.place) this.#attach(node)
    // What has a parent whose turn is still to come is put right together with it.
    for (const node of moved) this.#reveal(node, node.attached?.parent.visible === true)
  }

  #attach(node: TreeNode): void {
    const { attached: old, place } = node
    this.#remember(node)
    if (old !== undefined && old.parent !== this.bin) old.parent.children.splice(indexIn(old), 1)
    node.attached = place
    if (place !== undefined && place.parent !== this.bin) place.parent.children.splice(indexIn(place), 0, node)
  }

  /** With all that is attached below. */
  #reveal(root: TreeNode, visible: boolean): void {
    const nodes = [root]
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node.visible === visible) continue
      this.#remember(node)
      node.visible = visible
      this.size += visible ? 1 : -1
      for (const child of node.children) nodes.push(child)
    }
  }

  #remember(node: TreeNode): void {
    if (this.before?.has(node) === false) this.before.set(node, placeShown(node))
  }

  /** What has changed while it was recorded, which ends with this: what is gone first, then parents before children and siblings in order. */
  takeChanges(): TreeChange[] {
    const changes: TreeChange[] = []
    const groups = new Map<TreeNode, TreeNode[]>()
    const before = this.before ?? new Map<TreeNode, Place | undefined>()
    this.before = undefined
    for (const [node, old] of before) {
      const now = placeShown(node)
      if (now === old) before.delete(node)
      else if (now === undefined) changes.push({ node: node.id, old: { parent: this.#idOf(old) }, new: undefined })
      else group(groups, now.parent).push(node)
    }
    const parents = [...groups.keys()].filter((parent) => !before.has(parent))
    for (const parent of parents) {
      for (const node of (groups.get(parent) as TreeNode[]).sort(byOrder)) {
        const old = before.get(node)
        changes.push({
          node: node.id,
          old: old && { parent: this.#idOf(old) },
          new: { parent: this.#idOf(node.attached), index: indexIn(node.attached as Place) },
        })
        if (groups.has(node)) parents.push(node)
      }
    }
    return changes
  }

  #idOf(place: Place | undefined): TreeNodeId | undefined {
    return place === undefined || place.parent === this.top ? undefined : place.parent.id
  }
}

function placeShown(node: TreeNode): Place | undefined {
  return node.visible ? node.attached : undefined
}

function group(groups: Map<TreeNode, TreeNode[]>, parent: TreeNode): TreeNode[] {
  const nodes = groups.get(parent) ?? []
  groups.set(parent, nodes)
  return nodes
}

function byOrder(left: TreeNode, right: TreeNode): number {
  return (left.attached as Place).order < (right.attached as Place).order ? -1 : 1
}
