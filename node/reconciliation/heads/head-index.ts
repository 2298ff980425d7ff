import { assert, type DocumentId } from '../../protocol/index.ts'
import type { ItemSet } from '../item-set.ts'
import { addLift } from '../lift.ts'
import { Sketch } from '../sketch/sketch.ts'
import { lanes, type Sum } from '../sum.ts'
import { recordWords, type Head, type HeadRecord } from './head-record.ts'
import { HeadSnapshot } from './head-snapshot.ts'
import { KeyedHash } from './keyed-hash.ts'
import { RangeItems } from './range-items.ts'
import { RecordTable } from './record-table.ts'
import { none } from './slot-table.ts'

export interface HeadIndexOptions {
  /**
   * Shared by the network, of any length: whoever lacks it cannot choose records whose hashes collide. Or a hash of one's
   * own, for tests.
   */
  readonly key: Uint8Array | KeyedHash
  /** Drawn once for each store, and again whenever counters begin anew: a number from 0 to 2^32 − 1. */
  readonly epoch: number
  /** Where the change counter goes on, for a store that has kept it. @default 0 */
  readonly counter?: number
  /**
   * Symbols of the sketch. Two thirds of it is how many differences it can tell; a symbol takes 16 bytes, and each
   * doubling two steps more at every change. @default 32768
   */
  readonly symbolLimit?: number
}

/** What a store has counted up to: changes of one epoch. */
export interface Mark {
  readonly epoch: number
  readonly counter: number
}

/**
 * The head of each document of a store, and all that is needed to compare it with another store, kept up to date at each
 * change: the sum of all records, their sketch, and the order of their last changes. A change takes some microseconds.
 */
export class HeadIndex implements Iterable<HeadRecord> {
  readonly epoch: number
  readonly #table: RecordTable
  readonly #ranges: RangeItems
  readonly #hash: KeyedHash
  readonly #sketch: Sketch
  readonly #sum: Sum = new Uint32Array(lanes)
  readonly #snapshots = new Set<HeadSnapshot>()
  #counter: number

  /** @throws RangeError for an option out of its range */
  constructor({ key, epoch, counter = 0, symbolLimit = 32_768 }: HeadIndexOptions) {
    if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0xffff_ffff) {
      throw new RangeError(`Cannot use ${epoch} as epoch: it must be an integer from 0 to 4294967295`)
    }
    if (!Number.isInteger(symbolLimit) || symbolLimit < 1024 || symbolLimit > 1_048_576) {
      throw new RangeError(`Cannot use ${symbolLimit} as symbolLimit: it must be an integer from 1024 to 1048576`)
    }
    assert(Number.isSafeInteger(counter) && counter >= 0, 'a change counter is an integer from 0 on')
    this.epoch = epoch
    this.#counter = counter
    this.#hash = key instanceof KeyedHash ? key : KeyedHash.of(key)
    this.#table = new RecordTable(this.#hash)
    this.#ranges = new RangeItems(this.#table)
    this.#sketch = new Sketch(symbolLimit)
  }

  get size(): number {
    return this.#table.size
  }

  /** How many changes there have been. */
  get counter(): number {
    return this.#counter
  }

  get symbolLimit(): number {
    return this.#sketch.length
  }

  /** All records as an ordered set, once `buildRanges` has completed it. */
  get ranges(): ItemSet | undefined {
    return this.#ranges.complete
  }

  get(document: DocumentId): Head | undefined {
    const slot = this.#table.find(document)
    return slot === none ? undefined : this.#table.head(slot)
  }

  /** @returns false when it was so before */
  set(document: DocumentId, head: Head): boolean {
    const slot = this.#table.seek(document, head)
    const before = slot === none ? undefined : this.#table.head(slot)
    if (before === head) return false
    // Snapshots look nothing up in the table, or it would be another record that was sought last.
    this.#note(document, before)
    if (slot === none) {
      this.#enter(this.#table.add(++this.#counter))
    } else {
      this.#leave(slot)
      this.#table.replace(slot, ++this.#counter)
      this.#enter(slot)
    }
    return true
  }

  /** The document is no longer carried. @returns false when it was not */
  delete(document: DocumentId): boolean {
    const slot = this.#table.find(document)
    if (slot === none) return false
    this.#note(document, this.#table.head(slot))
    this.#leave(slot)
    this.#table.delete(slot)
    this.#counter++
    return true
  }

  /** All records, the longest unchanged first. The index may not change meanwhile. */
  *[Symbol.iterator](): Generator<HeadRecord> {
    for (let slot = this.#table.oldest; slot !== none; slot = this.#table.newer(slot)) yield this.#table.record(slot)
  }

  /** Records changed when the counter was greater, the newest first; undefined where they are more than the limit. */
  changedSince(counter: number, limit: number): HeadRecord[] | undefined {
    const records: HeadRecord[] = []
    for (let slot = this.#table.newest; slot !== none; slot = this.#table.older(slot)) {
      if (this.#table.change(slot) <= counter) break
      if (records.length === limit) return undefined
      records.push(this.#table.record(slot))
    }
    return records
  }

  /** Records with a hash: mostly one. */
  withHash(high: number, low: number): HeadRecord[] {
    return this.#table.withHash(high, low)
  }

  countWithHash(high: number, low: number): number {
    return this.#table.countWithHash(high, low)
  }

  /** What the index is now, for a session that goes on while it changes. */
  snapshot(): HeadSnapshot {
    const { size, counter } = this
    const snapshot = new HeadSnapshot({
      index: this,
      size,
      counter,
      sum: this.#sum.slice(),
      hash: this.#hash,
      sketch: this.#sketch,
      close: () => void this.#snapshots.delete(snapshot),
    })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  /**
   * Builds what range-based reconciliation needs, as far as the limit: some 10 µs and 300 bytes a record. Built in parts
   * when there is time, it is there when a session needs it.
   *
   * @returns whether it is complete
   */
  buildRanges(limit: number): boolean {
    return this.#ranges.build(limit)
  }

  dropRanges(): void {
    this.#ranges.drop()
  }

  #note(document: DocumentId, before: Head | undefined): void {
    for (const snapshot of this.#snapshots) snapshot.note(document, before)
  }

  #enter(slot: number): void {
    addLift(this.#sum, this.#table.words, slot * recordWords, 1)
    this.#sketch.change(this.#table.high(slot), this.#table.low(slot), 1)
    this.#ranges.enter(slot)
  }

  #leave(slot: number): void {
    addLift(this.#sum, this.#table.words, slot * recordWords, -1)
    this.#sketch.change(this.#table.high(slot), this.#table.low(slot), -1)
    this.#ranges.leave(slot)
  }
}
