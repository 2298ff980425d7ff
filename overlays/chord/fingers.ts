import { isBetween, type RingNode, type RingPoint } from './ring-node.ts'

const bits = 256
const ringSize = 1n << BigInt(bits)

/**
 * The finger table of one node (Stoica et al., ToN 2003, §IV-C), for any base that is a power of two: at each level the
 * ring is divided by the base once more, and there is a finger to the beginning of each part but the first, which the next
 * level divides. Base 2 is the paper's table.
 *
 * Only fingers that lie beyond the successor are kept: the others are the successor itself.
 */
export class FingerTable {
  readonly #self: RingNode
  readonly #parts: number
  readonly #bitsPerLevel: number
  readonly #start: bigint
  /** By number; 0 is half the ring away in base 2. Sparse. */
  readonly #fingers = new Map<number, RingNode>()

  constructor(self: RingNode, base: number) {
    this.#self = self
    this.#parts = base - 1
    this.#bitsPerLevel = 31 - Math.clz32(base)
    this.#start = BigInt(`0x${self.point}`)
  }

  /** Distinct, in no order. */
  nodes(): Set<RingNode> {
    return new Set(this.#fingers.values())
  }

  entries(): readonly { readonly target: RingPoint; readonly node: RingNode }[] {
    return Array.from(this.#fingers, ([number, node]) => ({ target: this.target(number), node }))
  }

  /** Where the arc begins in which a finger of that number lies. The next number's arc is nearer to this node. */
  target(number: number): RingPoint {
    const level = Math.floor(number / this.#parts) + 1
    const part = BigInt(this.#parts - (number % this.#parts))
    const offset = (part * ringSize) >> BigInt(level * this.#bitsPerLevel)
    return ((this.#start + offset) % ringSize).toString(16).padStart(64, '0') as RingPoint
  }

  /** Whether a node could serve as the finger of that number: it lies between its target and that of the one before. */
  isInArc(number: number, { point }: RingNode): boolean {
    const from = this.target(number)
    const to = number === 0 ? this.#self.point : this.target(number - 1)
    return point === from || isBetween(from, point, to)
  }

  /** Whether a finger of that number can be another node than the successor. */
  isBeyond(number: number, successor: RingNode): boolean {
    return isBetween(this.#self.point, successor.point, this.target(number))
  }

  set(number: number, node: RingNode | undefined): void {
    if (node === undefined || node.point === this.#self.point) this.#fingers.delete(number)
    else this.#fingers.set(number, node)
  }

  get(number: number): RingNode | undefined {
    return this.#fingers.get(number)
  }

  /** @returns whether there was such a finger */
  drop(isGone: (node: RingNode) => boolean): boolean {
    const before = this.#fingers.size
    for (const [number, node] of this.#fingers) if (isGone(node)) this.#fingers.delete(number)
    return this.#fingers.size < before
  }

  /** Forgets fingers from that number on: the successor has moved beyond them. */
  cut(number: number): void {
    for (const known of this.#fingers.keys()) if (known >= number) this.#fingers.delete(known)
  }

  clear(): void {
    this.#fingers.clear()
  }
}
