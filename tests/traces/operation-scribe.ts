import { createDocument, type Change, type Document } from '../../crdt/index.ts'
import type { Patch } from './trace.ts'

/** Transactions until the document written in is thrown away. */
const pageLimit = 5000

/**
 * Writes down patches as the operations of a change without the document they belong to: operations hold positions as
 * their author had them, and nothing else of the text. So they may be written in any text that is long enough.
 */
export class OperationScribe {
  readonly #name: string
  #document: Document
  #written = 0
  #change: Change | undefined

  /** @param name of the root text */
  constructor(name: string) {
    this.#name = name
    this.#document = this.#takePage(0)
  }

  /** @param patches in UTF-16 code units */
  write(patches: readonly Patch[]): Pick<Change, 'count' | 'operations'> {
    this.#makeRoom(patches)
    const text = this.#document.text(this.#name)
    this.#document.transact(() => {
      for (const [position, deleted, inserted] of patches) text.replace(position, deleted, inserted)
    })
    const { count, operations } = this.#change as Change
    this.#written++
    // What was written stays in the text; a surrogate pair could come to lie where something else is to be written.
    if (patches.some(([, , inserted]) => /[\ud800-\udfff]/.test(inserted))) this.#written = pageLimit
    return { count, operations }
  }

  #makeRoom(patches: readonly Patch[]): void {
    const farthest = patches.reduce((most, [position]) => Math.max(most, position), 0)
    const needed = patches.reduce((sum, [, deleted]) => sum + deleted, farthest)
    const { length } = this.#document.text(this.#name)
    if (this.#written >= pageLimit) this.#document = this.#takePage(Math.max(needed, length))
    else if (length < needed) this.#document.text(this.#name).insert(length, 'x'.repeat(needed - length + 1000))
  }

  #takePage(length: number): Document {
    const document = createDocument({ replica: 'scribe' })
    if (length > 0) document.text(this.#name).insert(0, 'x'.repeat(length))
    document.subscribe((event) => {
      if (event.type === 'changed') this.#change = event.changes[0]
    })
    this.#written = 0
    return document
  }
}
