import { MalformedMessageError, VectorClock, type DocumentId, type VersionVector } from '../../node/protocol/index.ts'
import type { Change, Dot, ReplicaId } from '../index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Genesis } from './genesis.ts'
import { decodeOperations } from './operations.ts'
import { ReplicaLog } from './replica-log.ts'
import { digestSummary, headPrefixLength, type Summary, type SummaryEntry } from './summary.ts'
import { WaitingSets, type WaitingSet } from './waiting-sets.ts'

/** What became of a set that was handed to a log. */
export type Admission =
  | { readonly outcome: 'accepted'; readonly accepted: readonly SealedChangeSet[]; readonly changes: readonly Change[] }
  | { readonly outcome: 'known' | 'waiting' | 'full' | 'fork' | 'spoiled' }

/**
 * All verified sets of one document, in an order in which each comes after what it depends on. Sets that arrive too
 * early wait, within a limit.
 */
export class DocumentLog {
  readonly id: DocumentId
  readonly genesis: Genesis
  readonly genesisBytes: Uint8Array
  readonly #replicas = new Map<ReplicaId, ReplicaLog>()
  readonly #order: SealedChangeSet[] = []
  readonly #waiting = new WaitingSets()
  #summary: Summary | undefined
  #digest: Uint8Array | undefined

  constructor(id: DocumentId, genesis: Genesis, genesisBytes: Uint8Array) {
    this.id = id
    this.genesis = genesis
    this.genesisBytes = genesisBytes
  }

  /** Sets in the order of their acceptance. */
  get sets(): readonly SealedChangeSet[] {
    return this.#order
  }

  /** Sets that wait for something they depend on. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Operations of whole transactions, by replica. */
  get version(): VersionVector {
    return VectorClock.from([...this.#replicas].map(([replica, log]) => [replica, log.sequence]))
  }

  get summary(): Summary {
    this.#summary ??= new Map([...this.#replicas].map(([replica, log]) => [replica, summarise(log)]))
    return this.#summary
  }

  get digest(): Uint8Array {
    this.#digest ??= digestSummary(this.summary)
    return this.#digest
  }

  /** The chain of a replica; an empty one where it has written nothing. */
  replica(replica: ReplicaId): ReplicaLog {
    return this.#replicas.get(replica) ?? new ReplicaLog()
  }

  /** Whether the set is here already, accepted or waiting, so that nobody need verify it again. */
  isKnown(set: SealedChangeSet): boolean {
    return this.#waiting.has(set) || this.replica(set.replica).fit(set) === 'known'
  }

  /** @param set verified @param stored whether it comes from the store: then it may wait beyond any limit */
  admit(set: SealedChangeSet, stored = false): Admission {
    const fit = this.replica(set.replica).fit(set)
    if (fit === 'known' || fit === 'fork' || fit === 'spoiled') return { outcome: fit }
    const missing = this.#missing(set)
    if (fit === 'gap' || missing !== undefined) {
      return { outcome: this.#waiting.add({ set, stored }, fit === 'gap' ? undefined : missing) }
    }
    return { outcome: 'accepted', ...this.#acceptAll(set) }
  }

  /** Accepts a set and then those that waited for it; what can never be accepted is dropped. */
  #acceptAll(first: SealedChangeSet): { accepted: SealedChangeSet[]; changes: Change[] } {
    const accepted: SealedChangeSet[] = []
    const changes: Change[] = []
    const ready: WaitingSet[] = [{ set: first, stored: false }]
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const { set } = next
      if (this.replica(set.replica).fit(set) !== 'next') continue
      const missing = this.#missing(set)
      if (missing !== undefined) {
        this.#waiting.add(next, missing)
        continue
      }
      accepted.push(set)
      changes.push(...this.#accept(set))
      const { sequence, fragment } = this.replica(set.replica)
      ready.push(...this.#waiting.take(set, sequence, fragment))
    }
    return { accepted, changes }
  }

  /** Drops the sets that wait, except those of the store: nobody else may have them. */
  dropWaiting(): void {
    this.#waiting.drop()
  }

  /** Everything so far as changes, each after what it depends on. */
  changes(): Change[] {
    const logs = new Map<ReplicaId, SealedChangeSet[]>()
    const changes: Change[] = []
    for (const set of this.#order) {
      const open = logs.get(set.replica) ?? []
      open.push(set)
      logs.set(set.replica, set.continues ? open : [])
      if (!set.continues) changes.push(...readChanges(open))
    }
    return changes
  }

  #accept(set: SealedChangeSet): Change[] {
    let log = this.#replicas.get(set.replica)
    if (log === undefined) {
      log = new ReplicaLog()
      this.#replicas.set(set.replica, log)
    }
    log.append(set)
    this.#order.push(set)
    this.#summary = undefined
    this.#digest = undefined
    if (set.continues) return []
    const changes = readChanges(log.lastTransaction())
    if (changes.length === 0) log.spoil()
    return changes
  }

  /** @returns the first operation it depends on that is not here */
  #missing({ dependencies }: SealedChangeSet): Dot | undefined {
    return dependencies.find(({ replica, sequence }) => this.replica(replica).sequence <= sequence)
  }
}

/** @returns no changes where the author signed something else than operations */
function readChanges(transaction: readonly SealedChangeSet[]): Change[] {
  try {
    return decodeOperations(transaction)
  } catch (error) {
    if (error instanceof MalformedMessageError) return []
    throw error
  }
}

function summarise(log: ReplicaLog): SummaryEntry {
  return { sequence: log.sequence, fragment: log.fragment, head: log.head.subarray(0, headPrefixLength) }
}
