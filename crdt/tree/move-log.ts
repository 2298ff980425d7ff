import type { ReplicaId } from '../replica-id.ts'
import { isLater } from '../state.ts'
import { isWithin, type Place, type TreeNode } from './tree-node.ts'

/** One `LogMove` of the paper. */
export interface Move {
  readonly lamport: number
  readonly replica: ReplicaId
  readonly node: TreeNode
  readonly place: Place
  /** Where the node was before: set whenever the move is done. */
  prior: Place | undefined
}

/**
 * Does moves in the order of (Lamport time, replica), in whatever order they come, and each only where it makes no cycle
 * there (Kleppmann, Mulligan, Gomes, Beresford: "A highly-available move operation for replicated trees", 2022).
 *
 * Modification from paper: creations are not in the log. Whoever names a node has seen its creation, so that nothing
 * that was done before it can depend on where the node is: it may come at any time at no cost. And of moves that come
 * late, all that come together are done in one pass.
 */
export class MoveLog {
  readonly #done: Move[] = []
  #new: Move[] = []
  readonly #moved: Set<TreeNode>

  /** @param moved takes every node that may have another place since */
  constructor(moved: Set<TreeNode>) {
    this.#moved = moved
  }

  /** For the next `catchUp` to do. */
  add(move: Move): void {
    this.#new.push(move)
  }

  /** Takes back what was added last, which is also the latest of all. */
  takeBack(): void {
    if (this.#new.pop() === undefined) this.#undo()
  }

  /** Undo, do, redo: costs what lies above the earliest of the new moves. */
  catchUp(): void {
    const moves = this.#new.sort(inOrder)
    const [earliest] = moves
    if (earliest === undefined) return
    this.#new = []
    for (let last = this.#done.at(-1); last !== undefined && isLater(last, earliest); last = this.#done.at(-1)) {
      this.#undo()
      moves.push(last)
    }
    // Both parts are in order, which such a sort makes use of.
    for (const move of moves.sort(inOrder)) this.#do(move)
  }

  #do(move: Move): void {
    const { node, place } = move
    move.prior = node.place
    if (!node.bears || !isWithin(place.parent, node)) node.place = place
    this.#moved.add(node)
    this.#done.push(move)
  }

  #undo(): void {
    const { node, prior } = this.#done.pop() as Move
    node.place = prior
    this.#moved.add(node)
  }
}

function inOrder(left: Move, right: Move): number {
  return isLater(left, right) ? 1 : -1
}
