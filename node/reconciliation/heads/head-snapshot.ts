import type { DocumentId } from '../../protocol/index.ts'
import { addLift } from '../lift.ts'
import type { Sketch } from '../sketch/sketch.ts'
import { Fingerprints, lanes, type Sum } from '../sum.ts'
import type { HeadIndex, Mark } from './head-index.ts'
import { recordWords, writeDocument, writeHead, type Head, type HeadRecord } from './head-record.ts'
import type { KeyedHash } from './keyed-hash.ts'

/** Changes that a snapshot bears. A session that is left waiting costs no more than that. */
const changeLimit = 4096

export interface SnapshotSource {
  readonly index: HeadIndex
  readonly size: number
  readonly counter: number
  /** Its own copy. */
  readonly sum: Sum
  readonly hash: KeyedHash
  /** Of the index, as it is now. */
  readonly sketch: Sketch
  readonly close: () => void
}

const zero = { count: 0, sum: new Uint32Array(lanes) }
const scratch = new Uint32Array(recordWords)

/**
 * An index as it was at one moment: the sums of then, and of each document that has changed since the head of then. It is
 * lost when too many change.
 */
export class HeadSnapshot implements Iterable<HeadRecord> {
  readonly #source: SnapshotSource
  readonly #before = new Map<DocumentId, Head | undefined>()
  #isLost = false

  constructor(source: SnapshotSource) {
    this.#source = source
  }

  get size(): number {
    return this.#source.size
  }

  get mark(): Mark {
    return { epoch: this.#source.index.epoch, counter: this.#source.counter }
  }

  get symbolLimit(): number {
    return this.#source.sketch.length
  }

  /** Whether too much has changed since: nothing of it can be asked any more. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** The index calls it before each change. */
  note(document: DocumentId, before: Head | undefined): void {
    if (this.#before.has(document)) return
    if (this.#before.size < changeLimit) this.#before.set(document, before)
    else this.close()
  }

  /** It follows the index no longer. */
  close(): void {
    this.#isLost = true
    this.#before.clear()
    this.#source.close()
  }

  get(document: DocumentId): Head | undefined {
    return this.#before.has(document) ? this.#before.get(document) : this.#source.index.get(document)
  }

  *[Symbol.iterator](): Generator<HeadRecord> {
    for (const record of this.#source.index) if (!this.#before.has(record.document)) yield record
    yield* this.#changed()
  }

  /** All records with a hash: mostly one. */
  withHash(high: number, low: number): HeadRecord[] {
    const now = this.#source.index.withHash(high, low)
    if (this.#before.size === 0) return now
    const records = now.filter(({ document }) => !this.#before.has(document))
    for (const record of this.#changed()) {
      this.#hash(record)
      if (this.#source.hash.high === high && this.#source.hash.low === low) records.push(record)
    }
    return records
  }

  /** How many records have a hash. */
  countWithHash(high: number, low: number): number {
    return this.#before.size === 0 ? this.#source.index.countWithHash(high, low) : this.withHash(high, low).length
  }

  /** Of all records. @param nonce of the session */
  fingerprint(nonce: string): string {
    return new Fingerprints(nonce).between(zero, { count: this.size, sum: this.#source.sum })
  }

  /** Of all records but some. @param without records of this snapshot */
  fingerprintWithout(nonce: string, without: Iterable<HeadRecord>): string {
    const sum = this.#source.sum.slice()
    let count = this.size
    for (const record of without) {
      fill(record)
      addLift(sum, scratch, 0, -1)
      count--
    }
    return new Fingerprints(nonce).between(zero, { count, sum })
  }

  /** The first symbols of all records but some. @param without records of this snapshot */
  sketch(length: number, without: Iterable<HeadRecord>): Sketch {
    const { sketch, index, hash } = this.#source
    const symbols = sketch.slice(0, length)
    const change = (record: HeadRecord, sign: 1 | -1): void => {
      this.#hash(record)
      symbols.change(hash.high, hash.low, sign)
    }
    for (const [document, before] of this.#before) {
      const now = index.get(document)
      if (now === before) continue
      if (now !== undefined) change({ document, head: now }, -1)
      if (before !== undefined) change({ document, head: before }, 1)
    }
    for (const record of without) change(record, -1)
    return symbols
  }

  *#changed(): Generator<HeadRecord> {
    for (const [document, head] of this.#before) if (head !== undefined) yield { document, head }
  }

  #hash(record: HeadRecord): void {
    fill(record)
    this.#source.hash.hash(scratch, 0, recordWords)
  }
}

function fill({ document, head }: HeadRecord): void {
  writeDocument(scratch, 0, document)
  writeHead(scratch, 0, head)
}
