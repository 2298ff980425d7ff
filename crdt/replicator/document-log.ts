import { assert, VectorClock, type DocumentId, type VersionVector } from '../../node/protocol/index.ts'
import type { Change, Dot, ReplicaId } from '../index.ts'
import { Chains, type ChainPlace } from './chains.ts'
import type { Dependency, SealedChangeSet } from './change-set.ts'
import { Contest, transaction, type Verdict } from './contest.ts'
import { findEquivocation, type Equivocation } from './equivocation.ts'
import type { Genesis } from './genesis.ts'
import { readChanges } from './operations.ts'
import type { Fit, ReplicaLog } from './replica-log.ts'
import type { DocumentSnapshot } from './snapshot.ts'
import { digestSummary, summarise, type Summary } from './summary.ts'
import { WaitingSets, type WaitingSet } from './waiting-sets.ts'

/** What became of a set, or of a proof, that was handed to a log. */
export type Admission =
  | {
      /** `rewritten`: what was believed before has another order or is not believed any more; `changes` are all there are. */
      readonly outcome: 'accepted' | 'rewritten'
      /** Sets that were not believed before. */
      readonly accepted: readonly SealedChangeSet[]
      readonly changes: readonly Change[]
    }
  | { readonly outcome: 'fork'; readonly equivocation: Equivocation }
  /** `deferred`: kept, and `settle` says what becomes of it. `quarantined`: kept or not, its author is not believed. */
  | { readonly outcome: 'known' | 'waiting' | 'full' | 'stray' | 'spoiled' | 'quarantined' | 'deferred' }

/**
 * All verified sets of one document, in an order in which each comes after what it depends on. Sets that arrive too
 * early wait, within a limit. Once it is proven that an author wrote two histories, a `Contest` decides what is believed.
 *
 * A log may be asleep: then its sets are in the store alone, and it knows no more of them than its snapshot says.
 */
export class DocumentLog {
  readonly id: DocumentId
  readonly genesis: Genesis
  readonly genesisBytes: Uint8Array
  readonly #chains = new Chains()
  readonly #waiting = new WaitingSets()
  #contest: Contest | undefined
  /** Sets of the store have been added since the contest was last judged. */
  #unjudged = false
  readonly #detected: Equivocation[] = []
  #summary: Summary | undefined
  #digest: Uint8Array | undefined
  /** Of a log that is asleep. */
  #asleep: DocumentSnapshot | undefined

  constructor(id: DocumentId, genesis: Genesis, genesisBytes: Uint8Array) {
    this.id = id
    this.genesis = genesis
    this.genesisBytes = genesisBytes
  }

  get isAsleep(): boolean {
    return this.#asleep !== undefined
  }

  /** Sets in the order of their acceptance. */
  get sets(): readonly SealedChangeSet[] {
    this.#assertAwake()
    return this.#chains.sets
  }

  /** How many there are. */
  get changeSets(): number {
    return this.#asleep?.changeSets ?? this.#chains.sets.length
  }

  /** What the sets take. */
  get bytes(): number {
    return this.#asleep?.bytes ?? this.#chains.bytes
  }

  /** Sets that wait for something they depend on. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Operations of whole transactions, by replica. */
  get version(): VersionVector {
    const chains = this.#asleep?.summary.chains ?? this.#chains.logs
    return VectorClock.from(Array.from(chains, ([replica, { sequence }]) => [replica, sequence]))
  }

  get summary(): Summary {
    if (this.#asleep !== undefined) return this.#asleep.summary
    this.#summary ??= summarise(this.#chains.logs, this.proofs)
    return this.#summary
  }

  get digest(): Uint8Array {
    this.#digest ??= digestSummary(this.summary)
    return this.#digest
  }

  /** Authors who wrote two histories, one proof of each. */
  get proofs(): readonly Equivocation[] {
    return this.#contest?.proofs ?? []
  }

  isQuarantined(author: Uint8Array): boolean {
    return this.#contest?.isQuarantined(author) ?? false
  }

  /** What a log needs to be asleep; of a contested document that is everything. */
  get snapshot(): DocumentSnapshot | undefined {
    if (this.#contest !== undefined) return undefined
    return { summary: this.summary, changeSets: this.changeSets, bytes: this.bytes }
  }

  /** @param snapshot of what the store has of an empty log */
  sleep(snapshot: DocumentSnapshot): void {
    assert(this.#chains.sets.length === 0 && this.#contest === undefined, 'what falls asleep holds no sets')
    this.#asleep = snapshot
    this.#forgetSummary()
  }

  /** The log is empty from here on, to take in again what the store has. */
  wake(): void {
    this.#asleep = undefined
    this.#forgetSummary()
  }

  /** The chain of that name; an empty one where nothing was written. */
  replica(name: ReplicaId): ReplicaLog {
    this.#assertAwake()
    return this.#chains.log(name)
  }

  /** The chain that a set is in, and the set's place from the chain's start on. */
  placeOf(set: SealedChangeSet): ChainPlace {
    return this.#chains.placeOf(set)
  }

  /** @param dots operations that are here, in any order. @returns what a set says that is made on them */
  references(dots: readonly Dot[]): Dependency[] {
    this.#assertAwake()
    return this.#chains.references(dots)
  }

  /** Whether the set is here already, accepted or not, so that nobody need verify it again. */
  isKnown(set: SealedChangeSet): boolean {
    if (this.#waiting.has(set) || this.#contest?.has(set.hash) === true) return true
    return this.#chainFor(set).fit(set) === 'known'
  }

  /** Whether nothing more of its author is kept, so that nobody need verify it. */
  refuses(set: SealedChangeSet): boolean {
    return this.#contest?.isFull(set) === true && !this.#waiting.isLacked(set.hash)
  }

  /** @param set verified @param stored whether it comes from the store: then it may wait beyond any limit */
  admit(set: SealedChangeSet, stored = false): Admission {
    if (this.#contest?.has(set.hash) === true) return { outcome: 'known' }
    const fit = this.#chainFor(set).fit(set)
    if (this.#contest !== undefined && fit !== 'known') return this.#contend(this.#contest, { set, stored }, fit)
    switch (fit) {
      case 'known':
      case 'spoiled':
      case 'stray':
        return { outcome: fit }
      case 'fork':
        return { outcome: 'fork', equivocation: this.#equivocationOf(set) }
      case 'gap':
        return { outcome: this.#waiting.add({ set, stored }, set.previous) }
      case 'next': {
        const missing = this.#chains.missing(set)
        if (missing !== undefined) return { outcome: this.#waiting.add({ set, stored }, missing) }
        return { outcome: 'accepted', ...this.#acceptAll(set) }
      }
    }
  }

  /**
   * What is believed is decided by `settle`, so that nobody can have it done for each set that he makes up.
   *
   * @param equivocation whose signatures are verified
   * @returns false when it was known that the author wrote two histories from there on
   */
  prove(equivocation: Equivocation): boolean {
    this.#assertAwake()
    const contest = (this.#contest ??= new Contest(this.#chains.sets))
    if (!contest.prove(equivocation)) return false
    // What they follow may not be here: they are in the proof, and come up again with it.
    const { first, second } = equivocation
    if (isZero(first.previous) || contest.has(first.previous)) {
      this.#holdAll(
        contest,
        [first, second].map((set) => ({ set, stored: false })),
      )
    }
    this.#unjudged = true
    this.#forgetSummary()
    return true
  }

  /** Authors who were found to have written two histories while sets were held, since it was last asked. */
  takeDetected(): readonly Equivocation[] {
    return this.#detected.splice(0)
  }

  /** Decides what is believed of a contested document. Costs as much as reading all its sets. */
  settle(): Admission {
    if (this.#contest === undefined || !this.#unjudged) return { outcome: 'known' }
    this.#unjudged = false
    return this.#judge(this.#contest)
  }

  /** Drops the sets that wait, except those of the store: nobody else may have them. */
  dropWaiting(): void {
    this.#waiting.drop()
  }

  /** Everything so far as changes, each after what it depends on. */
  changes(): Change[] {
    const open = new Map<ReplicaId, SealedChangeSet[]>()
    const changes: Change[] = []
    for (const set of this.#chains.sets) {
      if (set.continues || set.fragment > 0) {
        const { name } = this.placeOf(set)
        const fragments = [...(open.get(name) ?? []), set]
        open.set(name, set.continues ? fragments : [])
        if (!set.continues) changes.push(...this.#changesOf(set, fragments))
      } else changes.push(...this.#changesOf(set, [set]))
    }
    return changes
  }

  /** Accepts a set and then those that waited for it; what can never be accepted is dropped. */
  #acceptAll(first: SealedChangeSet): { accepted: SealedChangeSet[]; changes: Change[] } {
    const accepted: SealedChangeSet[] = []
    const changes: Change[] = []
    const ready: WaitingSet[] = [{ set: first, stored: false }]
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const { set } = next
      const isNext = this.#chainFor(set).fit(set) === 'next' && !this.isQuarantined(set.author)
      const missing = isNext ? this.#chains.missing(set) : undefined
      if (this.#contest !== undefined && (!isNext || missing !== undefined)) {
        ready.push(...this.#hold(this.#contest, next))
        continue
      }
      if (!isNext) continue
      if (missing !== undefined) {
        this.#waiting.add(next, missing)
        continue
      }
      accepted.push(set)
      this.#contest?.add(set, true)
      changes.push(...this.#accept(set))
      ready.push(...this.#waiting.take(set), ...this.#provenBehind(set))
    }
    return { accepted, changes }
  }

  #accept(set: SealedChangeSet): readonly Change[] {
    const log = this.#chains.append(set)
    this.#forgetSummary()
    return set.continues ? [] : this.#transaction(set, log)
  }

  /** The chain that the set is in, or would go on. */
  #chainFor(set: SealedChangeSet): ReplicaLog {
    this.#assertAwake()
    return this.#chains.logFor(set)
  }

  #equivocationOf(set: SealedChangeSet): Equivocation {
    const sibling = this.#chainFor(set).at(set)
    const equivocation = sibling && findEquivocation(sibling, set)
    assert(equivocation !== undefined, 'a fork is two sets that follow the same one')
    return equivocation
  }

  /** Of a transaction whose last set has come. */
  #transaction(last: SealedChangeSet, log: ReplicaLog): readonly Change[] {
    const changes = this.#changesOf(last, log.lastTransaction())
    if (changes.length === 0) log.spoil()
    return changes
  }

  /** @param set the last of its transaction @param fragments those that stand in its chain */
  #changesOf(set: SealedChangeSet, fragments: readonly SealedChangeSet[]): Change[] {
    const { naming } = this.#chains
    if (naming === undefined || !naming.isBranched) return readChanges(fragments)
    const contest = this.#contest as Contest
    const whole = transaction(set, contest.sets)
    return readChanges(whole).map((change, index) => naming.tell(change, set, index === 0, whole))
  }

  /** A set of a document in which somebody wrote two histories. */
  #contend(contest: Contest, waiting: WaitingSet, fit: Fit): Admission {
    const { set, stored } = waiting
    const isQuarantined = contest.isQuarantined(set.author)
    if (fit === 'spoiled') return { outcome: fit }
    const equivocation = contest.findEquivocation(set)
    if (equivocation !== undefined) return { outcome: 'fork', equivocation }
    if (!stored && fit === 'next' && !isQuarantined && this.#chains.missing(set) === undefined) {
      return { outcome: 'accepted', ...this.#acceptAll(set) }
    }
    const ready = this.#hold(contest, waiting)
    // Nobody has built on what nothing waited for.
    if (isQuarantined && ready.length === 0 && !stored) return { outcome: 'quarantined' }
    this.#holdAll(contest, ready)
    return { outcome: this.#waiting.has(set) ? 'waiting' : 'deferred' }
  }

  #holdAll(contest: Contest, ready: WaitingSet[]): void {
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) ready.push(...this.#hold(contest, next))
  }

  #provenBehind(set: SealedChangeSet): WaitingSet[] {
    return this.#contest?.provenBehind(set.hash).map((proven) => ({ set: proven, stored: false })) ?? []
  }

  /**
   * Keeps a set for `settle` to decide; it waits as long as something is unknown that it follows or depends on.
   *
   * @returns what has waited for it
   */
  #hold(contest: Contest, waiting: WaitingSet): WaitingSet[] {
    const { set } = waiting
    const missing = contest.parents(set).find((hash) => !contest.has(hash))
    if (missing !== undefined) {
      this.#waiting.add(waiting, missing)
      return []
    }
    const equivocation = contest.findEquivocation(set)
    if (!contest.add(set, waiting.stored || this.#waiting.isLacked(set.hash))) return []
    if (equivocation !== undefined && contest.prove(equivocation)) this.#detected.push(equivocation)
    const released = [...this.#waiting.take(set), ...this.#provenBehind(set)]
    this.#unjudged ||= waiting.stored || released.length > 0 || !contest.isBeyondFork(set)
    return released
  }

  #judge(contest: Contest): Admission {
    const { believed, naming }: Verdict = contest.judge()
    const { isExtension, added, unput } = this.#chains.rename(naming, believed)
    this.#forgetSummary()
    const changes: Change[] = []
    for (const set of unput) {
      const log = this.#chains.put(set)
      if (!set.continues) changes.push(...this.#transaction(set, log))
    }
    if (isExtension && added.length === 0) return { outcome: 'known' }
    return { outcome: isExtension ? 'accepted' : 'rewritten', accepted: added, changes }
  }

  #assertAwake(): void {
    assert(this.#asleep === undefined, 'who needs the sets of a document has them read before')
  }

  #forgetSummary(): void {
    this.#summary = undefined
    this.#digest = undefined
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
