import type { DocumentId } from '../../protocol/index.ts'
import type { HeadIndex } from '../heads/head-index.ts'
import type { Head, HeadRecord } from '../heads/head-record.ts'
import type { Standing } from './messages.ts'

/** A document that this store carries and the other has otherwise, or not at all. */
export interface CarriedDocument {
  readonly document: DocumentId
  /** Undefined: the other lacks the document, or has not said what it has. */
  readonly theirs: Head | undefined
  /** The other has heard of ours before it said so: who of the two is to act is known to both. */
  readonly isAnswer: boolean
}

export interface Found {
  readonly carried: readonly CarriedDocument[]
  /** Documents of the other that this store does not carry. */
  readonly lacked: readonly HeadRecord[]
}

/** What a session finds. No document is reported twice, unless its head became known later. */
export class Findings {
  readonly #index: HeadIndex
  readonly #reported = new Map<DocumentId, Head | undefined>()
  #carried: CarriedDocument[] = []
  #lacked: HeadRecord[] = []

  constructor(index: HeadIndex) {
    this.#index = index
  }

  /** The other has this record. @param isAnswer whether it has heard of ours before @returns how that stands here */
  hear({ document, head }: HeadRecord, isAnswer: boolean = false): Standing {
    const ours = this.#index.get(document)
    if (ours === head) return 'same'
    if (this.#reported.get(document) === undefined) {
      this.#reported.set(document, head)
      if (ours === undefined) this.#lacked.push({ document, head })
      else this.#carried.push({ document, theirs: head, isAnswer })
    }
    return ours ?? 'lacked'
  }

  /** The other does not have our record of it, as it was when it was told. */
  miss(document: DocumentId): void {
    if (this.#reported.has(document) || this.#index.get(document) === undefined) return
    this.#reported.set(document, undefined)
    this.#carried.push({ document, theirs: undefined, isAnswer: true })
  }

  /** What was found since it was last asked. */
  take(): Found {
    const found = { carried: this.#carried, lacked: this.#lacked }
    this.#carried = []
    this.#lacked = []
    return found
  }
}
