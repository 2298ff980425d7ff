import { MalformedMessageError, VectorClock, type DocumentId, type VersionVector } from '../../node/protocol/index.ts'
import type { Change, Dot, ReplicaId } from '../index.ts'
import { changeSetKey, type SealedChangeSet } from './change-set.ts'
import type { Genesis } from './genesis.ts'
import { decodeOperations } from './operations.ts'
import { ReplicaLog } from './replica-log.ts'
import { digestSummary, headPrefixLength, type Summary, type SummaryEntry } from './summary.ts'

/** Sets that wait for what they depend on, in bytes. */
const waitingBytesLimit = 8 * 1024 * 1024

/** What became of a set that was handed to a log. */
export type Admission =
  | { readonly outcome: 'accepted'; readonly accepted: readonly SealedChangeSet[]; readonly changes: readonly Change[] }
  | { readonly outcome: 'known' | 'waiting' | 'full' | 'fork' | 'spoiled' }

interface Waiting {
  readonly set: SealedChangeSet
  readonly stored: boolean
}

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
  readonly #waiting = new Map<string, Waiting>()
  #waitingBytes = 0
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
    return this.#waiting.has(changeSetKey(set)) || this.replica(set.replica).fit(set) === 'known'
  }

  /** @param set verified @param stored whether it comes from the store: then it may wait beyond any limit */
  admit(set: SealedChangeSet, stored = false): Admission {
    const fit = this.replica(set.replica).fit(set)
    if (fit === 'known' || fit === 'fork' || fit === 'spoiled') return { outcome: fit }
    if (fit === 'gap' || !this.#dependenciesMet(set.dependencies)) return { outcome: this.#wait(set, stored) }
    const accepted = [set]
    const changes = this.#accept(set)
    for (let next = this.#nextReady(); next !== undefined; next = this.#nextReady()) {
      accepted.push(next)
      changes.push(...this.#accept(next))
    }
    return { outcome: 'accepted', accepted, changes }
  }

  /** Drops the sets that wait, except those of the store: nobody else may have them. */
  dropWaiting(): void {
    for (const [key, { set, stored }] of this.#waiting) if (!stored) this.#release(key, set)
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

  #wait(set: SealedChangeSet, stored: boolean): 'waiting' | 'full' {
    const key = changeSetKey(set)
    if (this.#waiting.has(key)) return 'waiting'
    if (!stored && this.#waitingBytes + set.bytes.length > waitingBytesLimit) return 'full'
    this.#waiting.set(key, { set, stored })
    this.#waitingBytes += set.bytes.length
    return 'waiting'
  }

  #release(key: string, set: SealedChangeSet): void {
    if (this.#waiting.delete(key)) this.#waitingBytes -= set.bytes.length
  }

  /** Takes a set out of the waiting ones that can be accepted now; those that can never be are dropped. */
  #nextReady(): SealedChangeSet | undefined {
    for (const [key, { set }] of this.#waiting) {
      const fit = this.replica(set.replica).fit(set)
      if (fit === 'gap' || (fit === 'next' && !this.#dependenciesMet(set.dependencies))) continue
      this.#release(key, set)
      if (fit === 'next') return set
    }
    return undefined
  }

  #dependenciesMet(dependencies: readonly Dot[]): boolean {
    return dependencies.every(({ replica, sequence }) => this.replica(replica).sequence > sequence)
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
