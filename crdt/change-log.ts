import type { Change, Dot } from './change.ts'
import type { ReplicaId } from './replica-id.ts'

/**
 * All changes in the order they took effect here, as columns beside one arena of bytes: a keystroke costs a few numbers
 * instead of objects.
 */
export class ChangeLog {
  readonly #replicas: ReplicaId[] = []
  readonly #sequences: number[] = []
  readonly #counts: number[] = []
  readonly #times: number[] = []
  readonly #dependencies: (readonly Dot[])[] = []
  readonly #ends: number[] = []
  readonly #byReplica = new Map<ReplicaId, number[]>()
  #arena = new Uint8Array(1024)

  get size(): number {
    return this.#replicas.length
  }

  append(change: Change): void {
    const start = this.#ends.at(-1) ?? 0
    const end = start + change.operations.length
    this.#reserve(end)
    this.#arena.set(change.operations, start)
    const own = this.#byReplica.get(change.replica)
    if (own === undefined) this.#byReplica.set(change.replica, [this.size])
    else own.push(this.size)
    this.#replicas.push(change.replica)
    this.#sequences.push(change.sequence)
    this.#counts.push(change.count)
    this.#times.push(change.time)
    this.#dependencies.push(change.dependencies)
    this.#ends.push(end)
  }

  /** The changes of which at least one operation is numbered above what `included` says of its replica. */
  *since(included: (replica: ReplicaId) => number): Generator<Change> {
    for (const [replica, indices] of this.#byReplica) {
      for (let place = this.#firstAfter(indices, included(replica)); place < indices.length; place++) {
        yield this.#at(indices[place] as number)
      }
    }
  }

  /** The last operation of the change that holds this one, which must be here. */
  lastOf(dot: Dot): Dot {
    const indices = this.#byReplica.get(dot.replica) ?? []
    const index = indices[this.#firstAfter(indices, dot.sequence)] as number
    const sequence = (this.#sequences[index] as number) + (this.#counts[index] as number) - 1
    return { replica: dot.replica, sequence }
  }

  /** Whether a change begins there with so many operations. */
  holds(replica: ReplicaId, sequence: number, count: number): boolean {
    const indices = this.#byReplica.get(replica) ?? []
    const index = indices[this.#firstAfter(indices, sequence)]
    return index !== undefined && this.#sequences[index] === sequence && this.#counts[index] === count
  }

  /** @returns the place of the first change that ends behind `sequence` */
  #firstAfter(indices: readonly number[], sequence: number): number {
    let low = 0
    let high = indices.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const index = indices[middle] as number
      if ((this.#sequences[index] as number) + (this.#counts[index] as number) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }

  #at(index: number): Change {
    const start = index === 0 ? 0 : (this.#ends[index - 1] as number)
    return {
      replica: this.#replicas[index] as ReplicaId,
      sequence: this.#sequences[index] as number,
      count: this.#counts[index] as number,
      dependencies: this.#dependencies[index] as readonly Dot[],
      time: this.#times[index] as number,
      operations: this.#arena.slice(start, this.#ends[index]),
    }
  }

  #reserve(length: number): void {
    if (length <= this.#arena.length) return
    const grown = new Uint8Array(Math.max(this.#arena.length * 2, length))
    grown.set(this.#arena)
    this.#arena = grown
  }
}
