import type { Random } from '../../protocol/index.ts'
import { wholeRing } from '../arc.ts'
import type { HeadIndex } from '../heads/head-index.ts'
import { itemRecord, type HeadRecord } from '../heads/head-record.ts'
import type { ItemSet } from '../item-set.ts'
import type { ReconciliationMessage } from '../messages.ts'
import { Reconciliation, type ReconciliationOutcome } from '../reconciliation.ts'
import type { Findings } from './findings.ts'
import { storeLimits } from './limits.ts'

/** Kind, round, flags and fingerprint around a message of ranges. */
const wrapBytes = 64

/** L3: range-based reconciliation of all records, for what a sketch cannot tell. */
export class RangeSide {
  readonly #index: HeadIndex
  readonly #session: Reconciliation
  /** When it began. */
  readonly #counter: number
  readonly #own: HeadRecord[] = []

  /** @param rounds that are left, at least 4 */
  constructor(index: HeadIndex, set: ItemSet, rounds: number) {
    this.#index = index
    this.#counter = index.counter
    const messageLimitBytes = storeLimits.bytes - wrapBytes
    this.#session = new Reconciliation(set, wholeRing, { roundLimit: rounds, messageLimitBytes })
  }

  get outcome(): ReconciliationOutcome | undefined {
    return this.#session.outcome
  }

  begin(random: Random): ReconciliationMessage {
    return this.#session.begin(random)
  }

  /** @returns the reply, if any is due */
  receive(message: ReconciliationMessage, findings: Findings): ReconciliationMessage | undefined {
    const { have, need, reply } = this.#session.receive(message)
    for (const item of need) findings.hear(itemRecord(item))
    for (const item of have) {
      const record = itemRecord(item)
      this.#own.push(record)
      findings.miss(record.document)
    }
    return reply
  }

  /** Of all records but those that the other lacks; undefined where records have changed since it began. */
  fingerprint(nonce: string): string | undefined {
    if (this.#index.counter !== this.#counter) return undefined
    const snapshot = this.#index.snapshot()
    const fingerprint = snapshot.fingerprintWithout(nonce, this.#own)
    snapshot.close()
    return fingerprint
  }
}
