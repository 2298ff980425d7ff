import type { Dot } from '../change.ts'
import type { ContainerId, TreeNodeId } from '../container.ts'
import type { Operation } from '../operation.ts'
import { nodeId } from './tree-node.ts'

/** The nodes that the operations judged so far create: each by its tree and its id. */
export type NewNodes = Set<string>

/**
 * Whether a tree operation names only nodes of its tree that its author had seen. Everything else is valid: a move that
 * would make a cycle does nothing, and one below a deleted node is done out of sight.
 *
 * @param own dot of the operation
 * @param created what the operations before it in the same change create; this one is added
 * @param knows whether the tree has such a node, created by an operation that this one was made on
 * @returns what is wrong, or undefined
 */
export function findTreeFault(
  operation: Operation,
  own: Dot,
  created: NewNodes,
  knows: (node: TreeNodeId) => boolean,
): string | undefined {
  if (operation.type !== 'tree-move') return undefined
  const { container, node, parent } = operation
  for (const one of [node, parent]) {
    if (one !== undefined && !created.has(keyOf(container, one)) && !knows(one)) return 'an unknown node'
  }
  if (node === undefined) created.add(keyOf(container, nodeId(own)))
  return undefined
}

function keyOf(container: ContainerId, node: TreeNodeId): string {
  return `${node} ${container}`
}
