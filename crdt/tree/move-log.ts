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
  prior?: Place | undefined
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
  #late: Move[] = []
  readonly #moved: Set<TreeNode>

  /** @param moved takes every node that may have another place since */
  constructor(moved: Set<TreeNode>) {
    this.#moved = moved
  }

  add(move: Move): void {
    const last = this.#done.at(-1)
    if (this.#late.length === 0 && (last === undefined || isLater(move, last))) this.#do(move)
    else this.#late.push(move)
  }

  /** Takes back the latest of all. */
  takeBack(): void {
    const move = this.#done.pop()
    if (move !== undefined) this.#undo(move)
  }

  /** Undo, do, redo: costs what lies above the earliest of the late moves. */
  catchUp(): void {
    const late = this.#late.sort((left, right) => (isLater(left, right) ? -1 : 1))
    const earliest = late.at(-1)
    if (earliest === undefined) return
    this.#late = []
    const undone: Move[] = []
    for (let last = this.#done.at(-1); last !== undefined && isLater(last, earliest); last = this.#done.at(-1)) {
      this.#undo(last)
      undone.push(last)
      this.#done.pop()
    }
    while (true) {
      const [one, other] = [late.at(-1), undone.at(-1)]
      const next = one === undefined || (other !== undefined && isLater(one, other)) ? undone.pop() : late.pop()
      if (next === undefined) return
      this.#do(next)
    }
  }

  #do(move: Move): void {
    const { node, place } = move
    move.prior = node.place
    if (!node.bears || !isWithin(place.parent, node)) node.place = place
    this.#moved.add(node)
    this.#done.push(move)
  }

  #undo({ node, prior }: Move): void {
    node.place = prior
    this.#moved.add(node)
  }
}
