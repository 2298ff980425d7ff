import { equals } from 'uint8arrays'
import { assert, VectorClock, type DocumentId, type VersionVector } from '../../node/protocol/index.ts'
import type { Change, Dot, ReplicaId } from '../index.ts'
import { compareDependencies, type Dependency, type SealedChangeSet } from './change-set.ts'
import { Contest, transaction, type Verdict } from './contest.ts'
import { findEquivocation, type Equivocation } from './equivocation.ts'
import type { Genesis } from './genesis.ts'
import type { Naming } from './naming.ts'
import { readChanges } from './operations.ts'
import { comparePlaces, ReplicaLog, type Fit, type Place } from './replica-log.ts'
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
  /** Chains by name: one a replica, and more of one that has two histories. */
  #replicas = new Map<ReplicaId, ReplicaLog>()
  #order: SealedChangeSet[] = []
  #bytes = 0
  readonly #waiting = new WaitingSets()
  #contest: Contest | undefined
  /** Of a contested document. */
  #naming: Naming | undefined
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
    return this.#order
  }

  /** How many there are. */
  get changeSets(): number {
    return this.#asleep?.changeSets ?? this.#order.length
  }

  /** What the sets take. */
  get bytes(): number {
    return this.#asleep?.bytes ?? this.#bytes
  }

  /** Sets that wait for something they depend on. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Operations of whole transactions, by replica. */
  get version(): VersionVector {
    const chains = this.#asleep?.summary.chains ?? this.#replicas
    return VectorClock.from(Array.from(chains, ([replica, { sequence }]) => [replica, sequence]))
  }

  get summary(): Summary {
    if (this.#asleep !== undefined) return this.#asleep.summary
    this.#summary ??= summarise(this.#replicas, this.proofs)
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
    assert(this.#order.length === 0 && this.#contest === undefined, 'what falls asleep holds no sets')
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
    return this.#replicas.get(name) ?? new ReplicaLog()
  }

  /** The chain that a set is in, and the set's place from the chain's start on. */
  placeOf(set: SealedChangeSet): Place & { readonly name: ReplicaId } {
    const { sequence, fragment } = set
    if (this.#naming === undefined) return { name: set.replica, sequence, fragment }
    const { name, start } = this.#naming.chainOf(set.hash)
    return { name, sequence: sequence - start.sequence, fragment }
  }

  /** @param dot an operation of another replica that is here. @returns what a set says that is made on it */
  reference({ replica, sequence }: Dot): Dependency {
    const log = this.replica(replica)
    const absolute = sequence + log.start.sequence
    const holder = log.holder(absolute)
    assert(holder !== undefined, 'a change is made on operations that are here')
    return { replica: holder.replica, sequence: absolute, hash: holder.hash }
  }

  /** @param dots in any order */
  references(dots: readonly Dot[]): Dependency[] {
    return dots.map((dot) => this.reference(dot)).sort(compareDependencies)
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
        const missing = this.#missing(set)
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
    const contest = (this.#contest ??= new Contest(this.#order))
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
    for (const set of this.#order) {
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
      const missing = isNext ? this.#missing(set) : undefined
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

  #accept(set: SealedChangeSet): Change[] {
    this.#naming?.add(set)
    this.#append(set)
    this.#forgetSummary()
    if (set.continues) return []
    const log = this.#chainFor(set)
    const changes = this.#changesOf(set, log.lastTransaction())
    if (changes.length === 0) log.spoil()
    return changes
  }

  #append(set: SealedChangeSet): void {
    const name = this.#naming?.chainOf(set.hash).name ?? set.replica
    let log = this.#replicas.get(name)
    if (log === undefined) {
      log = new ReplicaLog(this.#naming?.chainOf(set.hash).start)
      this.#replicas.set(name, log)
    }
    log.append(set)
    this.#order.push(set)
    this.#bytes += set.bytes.length
  }

  /** The chain that the set is in, or would go on. */
  #chainFor(set: SealedChangeSet): ReplicaLog {
    return this.replica(this.#naming?.nextChain(set) ?? set.replica)
  }

  #equivocationOf(set: SealedChangeSet): Equivocation {
    const sibling = this.#chainFor(set).at(set)
    const equivocation = sibling && findEquivocation(sibling, set)
    assert(equivocation !== undefined, 'a fork is two sets that follow the same one')
    return equivocation
  }

  /** @returns the hash of the first set it depends on that is not believed here */
  #missing({ dependencies }: SealedChangeSet): Uint8Array | undefined {
    return dependencies.find(({ replica, sequence, hash }) => {
      const chain = this.#naming?.find(hash)
      if (chain !== undefined && chain.replica !== replica) return true
      const holder = this.replica(chain?.name ?? replica).holder(sequence)
      return holder === undefined || !equals(holder.hash, hash)
    })?.hash
  }

  /** @param set the last of its transaction @param fragments those that stand in its chain */
  #changesOf(set: SealedChangeSet, fragments: readonly SealedChangeSet[]): Change[] {
    const naming = this.#naming
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
    if (!stored && fit === 'next' && !isQuarantined && this.#missing(set) === undefined) {
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
    const former = new Set(this.#order)
    const formerPlaces = new Map(this.#order.map((set) => [set, this.placeOf(set)] as const))
    const { believed, naming }: Verdict = contest.judge()
    const accepted = believed.filter((set) => !former.has(set))
    const kept = believed.length - accepted.length
    this.#naming = naming
    const isSame = (set: SealedChangeSet): boolean => {
      const before = formerPlaces.get(set)
      const now = this.placeOf(set)
      return before === undefined || (before.name === now.name && comparePlaces(before, now) === 0)
    }
    this.#forgetSummary()
    const isExtension = kept === former.size && believed.every(isSame)
    if (!isExtension) {
      this.#replicas = new Map()
      this.#order = []
      this.#bytes = 0
    }
    const changes: Change[] = []
    for (const set of isExtension ? accepted : believed) {
      this.#append(set)
      if (set.continues) continue
      const log = this.replica(naming.chainOf(set.hash).name)
      const told = this.#changesOf(set, log.lastTransaction())
      if (told.length === 0) log.spoil()
      changes.push(...told)
    }
    if (isExtension && accepted.length === 0) return { outcome: 'known' }
    return { outcome: isExtension ? 'accepted' : 'rewritten', accepted, changes }
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
