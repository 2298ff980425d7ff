import type { DocumentId } from '../../protocol/index.ts'
import {
  documentWords,
  readDocument,
  readHead,
  recordWords,
  writeDocument,
  writeHead,
  type Head,
  type HeadRecord,
} from './head-record.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { SlotTable, none } from './slot-table.ts'

const smallest = 16

/**
 * Head records in numbered slots, found by document and by hash, and linked in the order of their last change. Numbers
 * in a few typed arrays, about 120 bytes a record: the texts of a million records would take three times as much.
 */
export class RecordTable {
  readonly #hash: KeyedHash
  #words: Uint32Array = new Uint32Array(smallest * recordWords)
  /** Of the document. */
  #documentHashes: Uint32Array = new Uint32Array(smallest)
  /** Of the record. */
  #highs: Uint32Array = new Uint32Array(smallest)
  #lows: Uint32Array = new Uint32Array(smallest)
  #changes: Float64Array = new Float64Array(smallest)
  #older: Int32Array = new Int32Array(smallest)
  #newer: Int32Array = new Int32Array(smallest)
  readonly #byDocument: SlotTable = new SlotTable()
  readonly #byHash: SlotTable = new SlotTable()
  #oldest = none
  #newest = none
  #size = 0
  #end = 0
  /** Freed slots, linked by `newer`. */
  #free = none
  readonly #sought: Uint32Array = new Uint32Array(recordWords)
  #soughtHash = 0

  constructor(hash: KeyedHash) {
    this.#hash = hash
  }

  get size(): number {
    return this.#size
  }

  /** One more than the greatest slot that was ever used. */
  get end(): number {
    return this.#end
  }

  get oldest(): number {
    return this.#oldest
  }

  get newest(): number {
    return this.#newest
  }

  /** The words of all slots; a slot's begin at `slot * recordWords`. Valid until a record is added. */
  get words(): Uint32Array {
    return this.#words
  }

  document(slot: number): DocumentId {
    return readDocument(this.#words, slot * recordWords)
  }

  head(slot: number): Head {
    return readHead(this.#words, slot * recordWords)
  }

  high(slot: number): number {
    return this.#highs[slot] as number
  }

  low(slot: number): number {
    return this.#lows[slot] as number
  }

  /** The change counter when it was last changed. */
  change(slot: number): number {
    return this.#changes[slot] as number
  }

  older(slot: number): number {
    return this.#older[slot] as number
  }

  newer(slot: number): number {
    return this.#newer[slot] as number
  }

  isUsed(slot: number): boolean {
    return this.#changes[slot] !== 0
  }

  /** Finds the document of a record that is to be added, or to replace what is there. */
  seek(document: DocumentId, head: Head): number {
    writeHead(this.#sought, 0, head)
    return this.find(document)
  }

  find(document: DocumentId): number {
    writeDocument(this.#sought, 0, document)
    this.#hash.hash(this.#sought, 0, documentWords)
    const hash = this.#hash.low
    this.#soughtHash = hash
    const table = this.#byDocument
    for (let at = table.home(hash); ; at = table.after(at)) {
      const slot = table.slotAt(at)
      if (slot === none || (this.#documentHashes[slot] === hash && this.#hasDocument(slot))) return slot
    }
  }

  record(slot: number): HeadRecord {
    return { document: this.document(slot), head: this.head(slot) }
  }

  /** All records with a hash: more than one where hashes collide. */
  withHash(high: number, low: number): HeadRecord[] {
    const records: HeadRecord[] = []
    const table = this.#byHash
    for (let at = table.home(low); ; at = table.after(at)) {
      const slot = table.slotAt(at)
      if (slot === none) return records
      if (this.#lows[slot] === low && this.#highs[slot] === high) records.push(this.record(slot))
    }
  }

  countWithHash(high: number, low: number): number {
    const table = this.#byHash
    let count = 0
    for (let at = table.home(low); ; at = table.after(at)) {
      const slot = table.slotAt(at)
      if (slot === none) return count
      if (this.#lows[slot] === low && this.#highs[slot] === high) count++
    }
  }

  /** Adds the record that was sought in vain just now. @param change from 1. @returns its slot */
  add(change: number): number {
    const slot = this.#take()
    this.#documentHashes[slot] = this.#soughtHash
    this.#byDocument.add(slot, this.#documentHashes)
    this.#words.set(this.#sought, slot * recordWords)
    this.#enter(slot, change)
    this.#size++
    return slot
  }

  /** Gives the document that was sought just now the head that was sought with it. */
  replace(slot: number, change: number): void {
    this.#leave(slot)
    this.#words.set(this.#sought, slot * recordWords)
    this.#enter(slot, change)
  }

  delete(slot: number): void {
    this.#leave(slot)
    this.#byDocument.delete(slot, this.#documentHashes)
    this.#changes[slot] = 0
    this.#newer[slot] = this.#free
    this.#free = slot
    this.#size--
  }

  #hasDocument(slot: number): boolean {
    for (let word = 0; word < documentWords; word++) {
      if (this.#words[slot * recordWords + word] !== this.#sought[word]) return false
    }
    return true
  }

  /** Gives a slot the hash of its record, and the newest place in the order of changes. */
  #enter(slot: number, change: number): void {
    this.#hash.hash(this.#words, slot * recordWords, recordWords)
    this.#highs[slot] = this.#hash.high
    this.#lows[slot] = this.#hash.low
    this.#byHash.add(slot, this.#lows)
    this.#changes[slot] = change
    this.#older[slot] = this.#newest
    this.#newer[slot] = none
    if (this.#newest === none) this.#oldest = slot
    else this.#newer[this.#newest] = slot
    this.#newest = slot
  }

  #leave(slot: number): void {
    this.#byHash.delete(slot, this.#lows)
    const older = this.older(slot)
    const newer = this.newer(slot)
    if (older === none) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === none) this.#newest = older
    else this.#older[newer] = older
  }

  #take(): number {
    if (this.#free !== none) {
      const slot = this.#free
      this.#free = this.newer(slot)
      return slot
    }
    if (this.#end === this.#changes.length) this.#grow()
    return this.#end++
  }

  /** By half: doubling would leave up to half of the memory unused. */
  #grow(): void {
    const slots = this.#end + (this.#end >> 1)
    const words = new Uint32Array(slots * recordWords)
    words.set(this.#words)
    this.#words = words
    this.#documentHashes = grownWords(this.#documentHashes, slots)
    this.#highs = grownWords(this.#highs, slots)
    this.#lows = grownWords(this.#lows, slots)
    this.#older = grownLinks(this.#older, slots)
    this.#newer = grownLinks(this.#newer, slots)
    const changes = new Float64Array(slots)
    changes.set(this.#changes)
    this.#changes = changes
  }
}

function grownWords(words: Uint32Array, length: number): Uint32Array {
  const grown = new Uint32Array(length)
  grown.set(words)
  return grown
}

function grownLinks(links: Int32Array, length: number): Int32Array {
  const grown = new Int32Array(length)
  grown.set(links)
  return grown
}
