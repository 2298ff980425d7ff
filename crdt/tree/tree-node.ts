import type { Dot } from '../change.ts'
import type { ContainerId, TreeNodeId } from '../container.ts'
import type { ReplicaId } from '../replica-id.ts'

/** Never changed: whoever is elsewhere afterwards has another one. */
export interface Place {
  readonly parent: TreeNode
  /** Among the siblings: see position.ts. */
  readonly order: string
}

/** A node and where it is, as operations name it. */
export interface Placement {
  readonly creator: Dot
  /** Undefined for the top, and for the bin. */
  readonly parent: TreeNodeId | undefined
  /** Empty for the bin. */
  readonly position: string
}

export class TreeNode {
  readonly id: TreeNodeId
  /** Where the moves so far put it; undefined for the top, for the bin, and for what was rolled back. */
  place: Place | undefined
  /** The place under which it is found in `children`: lags behind `place` until the tree is read. */
  attached: Place | undefined
  /** By `order`. */
  readonly children: TreeNode[] = []
  /** Whether it is attached below the top, as of the last reading. */
  visible = false
  /** Whether anything was ever put below it: otherwise no move of it can make a cycle. */
  bears = false

  constructor(id: TreeNodeId, place: Place | undefined) {
    this.id = id
    this.place = place
  }
}

export function nodeId({ replica, sequence }: Dot): TreeNodeId {
  return `${sequence}.${replica}` as TreeNodeId
}

export function creatorOf(node: TreeNodeId): Dot {
  const dot = node.indexOf('.')
  return { replica: node.slice(dot + 1) as ReplicaId, sequence: Number(node.slice(0, dot)) }
}

/** The map that the node holds: `nestedId` of the same dot. */
export function dataId(node: TreeNodeId): ContainerId {
  return `map@${node}` as ContainerId
}

/** Whether a node is the other or below it, by where the moves put them. */
export function isWithin(node: TreeNode, other: TreeNode): boolean {
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.place?.parent) if (at === other) return true
  return false
}

/** Where among the children a place is, or would be. */
export function indexIn({ parent, order }: Place): number {
  const { children } = parent
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (((children[middle] as TreeNode).attached as Place).order < order) low = middle + 1
    else high = middle
  }
  return low
}
