import { ByteReader, ByteWriter } from '../bytes.ts'
import { MalformedMessageError, assert } from '../errors.ts'

/** How two points of a partial order lie to each other. */
export type CausalOrder = 'before' | 'after' | 'equal' | 'concurrent'

/** Limits of an encoded clock, for whoever decodes what a stranger sent. */
export interface VectorLimits {
  /** @default 65536 */
  readonly entries?: number
}

/** Longest name of a process, in bytes of UTF-8. */
const nameLimit = 128

/**
 * A vector clock (Fidge 1988, Mattern 1989) as an immutable value: for each process the number of its events that are
 * in the past of this point. A process that is not named stands at 0. The same value serves as a version vector
 * (Parker et al. 1983): the count is then of a replica's operations.
 */
export class VectorClock implements Iterable<readonly [string, number]> {
  static readonly zero: VectorClock = new VectorClock(new Map())

  readonly #counts: ReadonlyMap<string, number>

  private constructor(counts: ReadonlyMap<string, number>) {
    this.#counts = counts
  }

  /** @throws RangeError when a count is no integer from 0 to 2^53 − 1 */
  static from(entries: Iterable<readonly [string, number]>): VectorClock {
    const counts = new Map<string, number>()
    for (const [process, count] of entries) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new RangeError(`Cannot make a vector clock: the count of ${JSON.stringify(process)} is ${count}`)
      }
      if (count > 0) counts.set(process, Math.max(count, counts.get(process) ?? 0))
    }
    return counts.size === 0 ? VectorClock.zero : new VectorClock(counts)
  }

  /** @throws MalformedMessageError for bytes that `encode` cannot have written */
  static decode(bytes: Uint8Array, limits: VectorLimits = {}): VectorClock {
    const reader = new ByteReader(bytes)
    const clock = VectorClock.read(reader, limits)
    reader.finish()
    return clock
  }

  static read(reader: ByteReader, { entries = 65_536 }: VectorLimits = {}): VectorClock {
    const counts = new Map<string, number>()
    let last: string | undefined
    for (const [process, count] of reader.list(entries, readEntry)) {
      if (last !== undefined && process <= last) throw new MalformedMessageError('A vector clock out of order')
      counts.set(process, count)
      last = process
    }
    return counts.size === 0 ? VectorClock.zero : new VectorClock(counts)
  }

  /** How many processes have a count. */
  get size(): number {
    return this.#counts.size
  }

  get(process: string): number {
    return this.#counts.get(process) ?? 0
  }

  /** @returns the clock after `by` more events of that process */
  increment(process: string, by = 1): VectorClock {
    return this.with(process, this.get(process) + by)
  }

  /** @returns the clock with that count in place of the present one */
  with(process: string, count: number): VectorClock {
    assert(Number.isSafeInteger(count) && count >= 0, 'a count is an integer from 0 to 2^53 - 1')
    const counts = new Map(this.#counts)
    if (count === 0) counts.delete(process)
    else counts.set(process, count)
    return new VectorClock(counts)
  }

  /** @returns the least clock that includes both */
  merge(other: VectorClock): VectorClock {
    if (other.includes(this)) return other
    if (this.includes(other)) return this
    const counts = new Map(this.#counts)
    for (const [process, count] of other.#counts) {
      if (count > (counts.get(process) ?? 0)) counts.set(process, count)
    }
    return new VectorClock(counts)
  }

  /** Whether everything in the other's past is in this one's too. */
  includes(other: VectorClock): boolean {
    if (other === this) return true
    for (const [process, count] of other.#counts) if (count > this.get(process)) return false
    return true
  }

  compare(other: VectorClock): CausalOrder {
    const after = this.includes(other)
    const before = other.includes(this)
    if (after && before) return 'equal'
    if (after) return 'after'
    return before ? 'before' : 'concurrent'
  }

  equals(other: VectorClock): boolean {
    return this.compare(other) === 'equal'
  }

  /** Ordered by process, so that equal clocks have equal bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter()
    this.write(writer)
    return writer.finish()
  }

  write(writer: ByteWriter): void {
    const entries = [...this].sort(byProcess)
    writer.varint(entries.length)
    for (const [process, count] of entries) writer.text(process).varint(count)
  }

  [Symbol.iterator](): Iterator<readonly [string, number]> {
    return this.#counts.entries()
  }

  /** Plain data for logs and JSON. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this].sort(byProcess))
  }
}

/** For each replica how many of its operations are included: what `Document.version` is. */
export type VersionVector = VectorClock

function readEntry(reader: ByteReader): [string, number] {
  const process = reader.text(nameLimit)
  const count = reader.varint()
  if (count === 0) throw new MalformedMessageError('A vector clock with an entry of 0')
  return [process, count]
}

function byProcess([left]: readonly [string, number], [right]: readonly [string, number]): number {
  return left < right ? -1 : left > right ? 1 : 0
}
