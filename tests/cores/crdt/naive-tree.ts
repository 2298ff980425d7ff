import type { TreeNodeId } from '../../../crdt/index.ts'

/** One operation on a tree: creations and deletions are moves too, as in the paper. */
export interface NaiveMove {
  readonly lamport: number
  readonly replica: string
  readonly node: TreeNodeId
  /** Null at the top. */
  readonly parent: TreeNodeId | 'bin' | null
}

/** For every node in sight its parent: all moves from the first on, in their order, with the check written out. */
export function replayMoves(moves: Iterable<NaiveMove>): Map<TreeNodeId, TreeNodeId | null> {
  const parents = new Map<string, string | null>()
  const ordered = [...moves].sort((left, right) =>
    left.lamport === right.lamport ? (left.replica < right.replica ? -1 : 1) : left.lamport - right.lamport,
  )
  for (const { node, parent } of ordered) if (!ancestors(parents, parent).includes(node)) parents.set(node, parent)
  const visible = new Map<TreeNodeId, TreeNodeId | null>()
  for (const [node, parent] of parents) {
    if (!ancestors(parents, node).includes('bin')) visible.set(node as TreeNodeId, parent as TreeNodeId | null)
  }
  return visible
}

/** The node itself first. */
function ancestors(parents: ReadonlyMap<string, string | null>, node: string | null): string[] {
  const line: string[] = []
  for (let at: string | null | undefined = node; typeof at === 'string'; at = parents.get(at)) line.push(at)
  return line
}
