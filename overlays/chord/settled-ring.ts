import type { FingerTable } from './fingers.ts'
import { isBetween, type RingNode, type RingPoint } from './ring-node.ts'
import type { Neighbourhood } from './rules.ts'

/** A ring as it is when everybody knows what is to be known: to begin simulations with, instead of joining one by one. */
export class SettledRing {
  /** In the order of their points. */
  readonly nodes: readonly RingNode[]
  readonly #choose: ((node: RingNode, candidates: readonly RingNode[]) => RingNode | undefined) | undefined

  /**
   * @param choose which of the first nodes of an arc serves another node as its finger, up to `candidates` of them
   * @default the first
   */
  constructor(
    nodes: Iterable<RingNode>,
    choose?: (node: RingNode, candidates: readonly RingNode[]) => RingNode | undefined,
  ) {
    this.nodes = [...nodes].sort((left, right) => (left.point < right.point ? -1 : 1))
    this.#choose = choose
  }

  /** @returns undefined for a node that is not on it */
  neighbourhood(node: RingNode, length: number): Neighbourhood | undefined {
    const place = this.#place(node.point)
    if (this.nodes[place]?.point !== node.point) return undefined
    const successors = Array.from({ length: Math.min(length, this.nodes.length - 1) }, (_, index) =>
      this.#at(place + 1 + index),
    )
    return { successors, predecessor: this.#at(place - 1) }
  }

  /** The node that is responsible for a key. */
  owner(key: RingPoint): RingNode {
    return this.#at(this.#place(key))
  }

  fill(node: RingNode, fingers: FingerTable): void {
    const head = this.#at(this.#place(node.point) + 1)
    let end = node.point
    for (let number = 0; ; number++) {
      const begin = fingers.target(number)
      if (!isBetween(node.point, head.point, begin)) return
      fingers.set(number, this.#finger(node, begin, end))
      end = begin
    }
  }

  /** One of the first in that arc. */
  #finger(node: RingNode, begin: RingPoint, end: RingPoint): RingNode | undefined {
    const serving: RingNode[] = []
    for (let place = this.#place(begin); serving.length < candidates; place++) {
      const candidate = this.#at(place)
      const isInArc = candidate.point === begin || isBetween(begin, candidate.point, end)
      if (!isInArc || candidate === serving[0]) break
      serving.push(candidate)
      if (this.#choose === undefined) break
    }
    return this.#choose === undefined ? serving[0] : this.#choose(node, serving)
  }

  /** Of the first node at or after a point. */
  #place(point: RingPoint): number {
    let low = 0
    let high = this.nodes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.nodes[middle] as RingNode).point < point) low = middle + 1
      else high = middle
    }
    return low
  }

  #at(place: number): RingNode {
    const { length } = this.nodes
    return this.nodes[((place % length) + length) % length] as RingNode
  }
}

/** As many as a successor list names. */
const candidates = 16
