import type { Instant } from '../protocol/index.ts'

/** Above the number of peers: two of them make a safe integer. */
const pairBase = 2 ** 26

/** Groups that nothing passes between. A peer of no group reaches everybody. */
export class Partition {
  readonly #groupOf = new Map<number, number>()
  /** Pairs that were joined again while the partition stands. */
  readonly #opened = new Set<number>()

  constructor(groups: readonly (readonly number[])[]) {
    for (const [number, group] of groups.entries()) for (const peer of group) this.#groupOf.set(peer, number)
  }

  separates(from: number, to: number): boolean {
    const group = this.#groupOf.get(from)
    if (group === undefined) return false
    const other = this.#groupOf.get(to)
    return other !== undefined && other !== group && !this.#opened.has(from * pairBase + to)
  }

  open(from: number, to: number): void {
    if (this.separates(from, to)) this.#opened.add(from * pairBase + to)
  }
}

/** Who cannot reach whom. A partition is one thing here, however many pairs it parts. */
export class Cuts {
  /** Blocked pairs, and since when. */
  readonly #pairs = new Map<number, Instant>()
  readonly #partitions = new Set<Partition>()
  #none = true

  passes(from: number, to: number): boolean {
    return this.#none || !this.#blocks(from, to)
  }

  /** One way: what `from` sends does not reach `to`. */
  block(from: number, to: number, now: Instant): void {
    const pair = from * pairBase + to
    if (!this.#pairs.has(pair)) this.#pairs.set(pair, now)
    this.#none = false
  }

  /** One way, whatever blocks it. */
  unblock(from: number, to: number): void {
    this.#pairs.delete(from * pairBase + to)
    for (const partition of this.#partitions) partition.open(from, to)
    this.#look()
  }

  /** One way: undoes `block` alone, and leaves partitions as they are. */
  release(from: number, to: number): void {
    this.#pairs.delete(from * pairBase + to)
    this.#look()
  }

  /** Since when the pair itself is blocked. */
  blockedSince(from: number, to: number): Instant | undefined {
    return this.#pairs.get(from * pairBase + to)
  }

  part(partition: Partition): void {
    this.#partitions.add(partition)
    this.#none = false
  }

  unite(partition: Partition): void {
    this.#partitions.delete(partition)
    this.#look()
  }

  stands(partition: Partition): boolean {
    return this.#partitions.has(partition)
  }

  clear(): void {
    this.#pairs.clear()
    this.#partitions.clear()
    this.#none = true
  }

  #blocks(from: number, to: number): boolean {
    if (this.#pairs.has(from * pairBase + to)) return true
    for (const partition of this.#partitions) if (partition.separates(from, to)) return true
    return false
  }

  #look(): void {
    this.#none = this.#pairs.size === 0 && this.#partitions.size === 0
  }
}
