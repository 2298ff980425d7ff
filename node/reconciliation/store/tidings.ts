import type { HeadIndex } from '../heads/head-index.ts'
import type { HeadRecord } from '../heads/head-record.ts'
import type { PeeledHash } from '../sketch/peeling.ts'
import { storeLimits } from './limits.ts'

const recordRoom = 48
const wantRoom = 8
/** Of a message, less its kind, flags, fingerprint and lengths. */
const pageRoom = storeLimits.bytes - 32

export interface Page {
  readonly records: readonly HeadRecord[]
  readonly wants: readonly PeeledHash[]
}

/** What one side still has to tell the other, a message at a time: first what it wants to be told itself. */
export class Tidings {
  readonly #index: HeadIndex
  /** Own records that differ, as they were when the session began. */
  readonly #different: HeadRecord[] = []
  readonly #wants: readonly PeeledHash[]
  #told = 0
  #wanted = 0

  constructor(index: HeadIndex, wants: readonly PeeledHash[] = []) {
    this.#index = index
    this.#wants = wants
  }

  get different(): readonly HeadRecord[] {
    return this.#different
  }

  get isEmpty(): boolean {
    return this.#told === this.#different.length && this.#wanted === this.#wants.length
  }

  add(records: readonly HeadRecord[]): void {
    for (const record of records) this.#different.push(record)
  }

  /** Documents are told of as they are now, those that are gone left out. */
  page(): Page {
    const wants = this.#wants.slice(this.#wanted, this.#wanted + storeLimits.wants)
    this.#wanted += wants.length
    const room = Math.min(storeLimits.records, Math.floor((pageRoom - wants.length * wantRoom) / recordRoom))
    const page = this.#different.slice(this.#told, this.#told + room)
    this.#told += page.length
    const records = page.flatMap(({ document }) => {
      const head = this.#index.get(document)
      return head === undefined ? [] : [{ document, head }]
    })
    return { records, wants }
  }
}
