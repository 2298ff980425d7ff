import { ItemSet } from '../item-set.ts'
import { recordBytes, recordItem } from './head-record.ts'
import type { RecordTable } from './record-table.ts'

/**
 * The records as an `ItemSet`, which takes three times the memory of all the rest: built slot by slot when it is asked
 * for, kept up to date from then on, dropped when told.
 */
export class RangeItems {
  readonly #table: RecordTable
  #set: ItemSet | undefined
  /** Slots before it are in the set. */
  #built = 0

  constructor(table: RecordTable) {
    this.#table = table
  }

  /** Undefined until all of it is built. */
  get complete(): ItemSet | undefined {
    return this.#built >= this.#table.end ? this.#set : undefined
  }

  /** Goes on building. @param limit records at the most. @returns whether it is complete */
  build(limit: number): boolean {
    this.#set ??= new ItemSet(recordBytes)
    for (let left = limit; this.#built < this.#table.end; this.#built++) {
      if (!this.#table.isUsed(this.#built)) continue
      if (left-- === 0) break
      this.#add(this.#built)
    }
    return this.complete !== undefined
  }

  drop(): void {
    this.#set = undefined
    this.#built = 0
  }

  /** Called before a record changes or goes. */
  leave(slot: number): void {
    if (this.#set !== undefined && slot < this.#built) this.#set.delete(this.#item(slot))
  }

  /** Called after a record has come or changed. */
  enter(slot: number): void {
    if (this.#set === undefined) return
    // The next slot in turn is taken at once, or a set that is complete would not stay so.
    if (slot === this.#built && slot === this.#table.end - 1) this.#built++
    if (slot < this.#built) this.#add(slot)
  }

  #add(slot: number): void {
    this.#set?.add(this.#item(slot))
  }

  #item(slot: number): ReturnType<typeof recordItem> {
    return recordItem(this.#table.record(slot))
  }
}
