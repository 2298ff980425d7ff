import type { DocumentId } from '../../protocol/index.ts'
import type { HeadIndex, Mark } from '../heads/head-index.ts'
import type { HeadRecord } from '../heads/head-record.ts'
import type { HeadSnapshot } from '../heads/head-snapshot.ts'
import type { Findings } from './findings.ts'
import type { Standing } from './messages.ts'

/** L1: what has changed here since the other side has last heard of it, and what it tells in return. */
export class FeedSide {
  readonly #index: HeadIndex
  readonly #findings: Findings
  readonly #limit: number
  /** What was fed, and waits for how it stands there. */
  #fed: readonly HeadRecord[] = []
  #hasFed = false
  /** Documents that either side has fed. */
  readonly #documents = new Set<DocumentId>()

  /** @param limit records fed at the most */
  constructor(index: HeadIndex, findings: Findings, limit: number) {
    this.#index = index
    this.#findings = findings
    this.#limit = limit
  }

  get hasFed(): boolean {
    return this.#hasFed
  }

  /** Whether what has changed since can be told, and is not too much. */
  changes(since: Mark | undefined): readonly HeadRecord[] | undefined {
    if (since === undefined || since.epoch !== this.#index.epoch || since.counter > this.#index.counter)
      return undefined
    return this.#index.changedSince(since.counter, this.#limit)
  }

  /** @returns what is to be told of the changes: not what the other side has told itself */
  feed(changes: readonly HeadRecord[]): readonly HeadRecord[] {
    this.#fed = changes.filter(({ document }) => !this.#documents.has(document))
    this.#hasFed = true
    for (const { document } of this.#fed) this.#documents.add(document)
    return this.#fed
  }

  hear(records: readonly HeadRecord[]): Standing[] {
    for (const { document } of records) this.#documents.add(document)
    return records.map((record) => this.#findings.hear(record))
  }

  /** @returns false where they do not answer what was fed */
  hearStandings(standings: readonly Standing[]): boolean {
    const fed = this.#fed
    if (standings.length !== fed.length) return false
    for (const [place, standing] of standings.entries()) {
      const { document } = fed[place] as HeadRecord
      if (standing === 'lacked') this.#findings.miss(document)
      else if (standing !== 'same') this.#findings.hear({ document, head: standing }, true)
    }
    this.#fed = []
    return true
  }

  /** Own records of all documents that either side has fed: what later layers leave out. */
  settled(snapshot: HeadSnapshot): HeadRecord[] {
    const records: HeadRecord[] = []
    for (const document of this.#documents) {
      const head = snapshot.get(document)
      if (head !== undefined) records.push({ document, head })
    }
    return records
  }
}
