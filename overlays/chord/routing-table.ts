import type { PeerId } from '../../node/protocol/index.ts'
import { clockwise, isBetween, type RingNode, type RingPoint } from './ring-node.ts'

/** Nodes known to one place on the ring, in the order in which they are met clockwise from it. */
export class RoutingTable {
  readonly #self: RingNode
  #nodes: readonly RingNode[] = []

  constructor(self: RingNode) {
    this.#self = self
  }

  get nodes(): readonly RingNode[] {
    return this.#nodes
  }

  refill(...sources: readonly Iterable<RingNode>[]): void {
    const nodes = new Set<RingNode>()
    for (const source of sources) for (const node of source) if (node.point !== this.#self.point) nodes.add(node)
    this.#nodes = [...nodes].sort(clockwise(this.#self.point))
  }

  /** closest_preceding_node (Stoica et al., Figure 5). @returns up to `count` that precede the key, the nearest first */
  preceding(key: RingPoint, count: number, avoid: ReadonlySet<PeerId>): RingNode[] {
    let low = 0
    let high = this.#nodes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBetween(this.#self.point, (this.#nodes[middle] as RingNode).point, key)) low = middle + 1
      else high = middle
    }
    if (avoid.size === 0) return this.#nodes.slice(Math.max(0, low - count), low).reverse()
    const nearer: RingNode[] = []
    while (low > 0 && nearer.length < count) {
      const node = this.#nodes[--low] as RingNode
      if (!avoid.has(node.peer)) nearer.push(node)
    }
    return nearer
  }
}
