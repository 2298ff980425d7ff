import type { DocumentId } from '../../node/protocol/index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { DocumentLog } from './document-log.ts'
import type { ReplicatorMessage } from './messages.ts'
import type { Summary } from './summary.ts'

/** Bytes of change sets in one message. */
const messageBytes = 128 * 1024

/** What one peer lacks of one document, sent bit by bit as credit allows. */
export class Transfer {
  readonly document: DocumentId
  readonly #log: DocumentLog
  readonly #summary: Summary
  #next = 0

  /** @param summary what the other has */
  constructor(log: DocumentLog, summary: Summary) {
    this.document = log.id
    this.#log = log
    this.#summary = summary
  }

  /** @returns the next message, undefined when nothing is left */
  next(): ReplicatorMessage | undefined {
    const sets: Uint8Array[] = []
    let bytes = 0
    for (; this.#next < this.#log.sets.length && bytes < messageBytes; this.#next++) {
      const set = this.#log.sets[this.#next] as SealedChangeSet
      if (!this.#lacks(set)) continue
      sets.push(set.bytes)
      bytes += set.bytes.length
    }
    return sets.length === 0 ? undefined : { type: 'sets', document: this.document, sets }
  }

  #lacks(set: SealedChangeSet): boolean {
    const entry = this.#summary.get(set.replica)
    if (entry === undefined) return true
    return (set.sequence - entry.sequence || set.fragment - entry.fragment) >= 0
  }
}
