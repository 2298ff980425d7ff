import { isBetween, type RingNode, type RingPoint } from './ring-node.ts'

const ringSize = 1n << 256n

/** The first 13 hexadecimal digits of a point are a number without loss; fingers nearer than their last bit are rare. */
const leadingDigits = 13
const leadingBits = 4 * leadingDigits
const leadingSize = 2 ** leadingBits

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
  /** The leading digits of this node's point. */
  readonly #start: number
  /** By number; 0 is half the ring away in base 2. Sparse. */
  readonly #fingers = new Map<number, RingNode>()

  constructor(self: RingNode, base: number) {
    this.#self = self
    this.#parts = base - 1
    this.#bitsPerLevel = 31 - Math.clz32(base)
    this.#start = Number.parseInt(self.point.slice(0, leadingDigits), 16)
  }

  /** Distinct, in no order. */
  nodes(): Set<RingNode> {
    return new Set(this.#fingers.values())
  }

  entries(): readonly { readonly target: RingPoint; readonly node: RingNode }[] {
    const entries = [...this.#fingers].sort(([one], [other]) => one - other)
    return entries.map(([number, node]) => ({ target: this.target(number), node }))
  }

  /** Where the arc begins in which a finger of that number lies. The next number's arc is nearer to this node. */
  target(number: number): RingPoint {
    const shift = (Math.floor(number / this.#parts) + 1) * this.#bitsPerLevel
    const part = this.#parts - (number % this.#parts)
    if (shift > leadingBits) return this.#targetNearby(part, shift)
    // What is added is nothing but zeros behind the leading digits.
    const leading = (this.#start + part * 2 ** (leadingBits - shift)) % leadingSize
    return (leading.toString(16).padStart(leadingDigits, '0') + this.#self.point.slice(leadingDigits)) as RingPoint
  }

  #targetNearby(part: number, shift: number): RingPoint {
    const point = BigInt(`0x${this.#self.point}`) + ((BigInt(part) * ringSize) >> BigInt(shift))
    return (point % ringSize).toString(16).padStart(64, '0') as RingPoint
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
