import { PeerNumbers, type Duration, type Instant, type PeerId } from '../../node/protocol/index.ts'
import { Digest } from './digest.ts'
import {
  aliveAtFirst,
  changeRecord,
  createRecord,
  describeRecord,
  isGone,
  suspectsMore,
  type Belief,
  type MemberRecord,
  type MemberTable,
  type OwnRecord,
} from './members.ts'
import { RoundTrips } from './round-trips.ts'
import type { VersionedTags } from './tags.ts'

/** What all tables over it have in common: these members, all alive at incarnation 0. Never changed. */
export class SharedMembers {
  readonly records: readonly OwnRecord[]
  readonly digest: Digest = new Digest()
  readonly #indices = new PeerNumbers()
  #lastPeer: PeerId | undefined
  #lastIndex = -1
  /** The last one came just after the one before it. */
  #isInOrder = false

  constructor(names: Iterable<PeerId>) {
    for (const name of names) this.#indices.add(name)
    this.records = this.#indices.peers.map((peer, index) => createRecord(peer, index, aliveAtFirst, 0))
    for (const record of this.records) this.digest.add(record)
  }

  /**
   * Whoever is heard is most often answered, so the last one is remembered; and lists of members, with tens of thousands
   * of names in the order of the slots, are most of what is looked up: there the next one is tried first.
   *
   * @returns −1 for a peer that is not among them
   */
  indexOf(peer: PeerId): number {
    const next = this.#lastIndex + 1
    const isNext = this.#isInOrder && this.#indices.peers[next] === peer
    if (!isNext && peer === this.#lastPeer) return this.#lastIndex
    const index = isNext ? next : this.#indices.of(peer)
    this.#isInOrder = index === next
    this.#lastPeer = peer
    this.#lastIndex = index
    return index
  }
}

/**
 * A table over members that many tables share: only what differs is this table's own (copy on write). For simulations
 * in which a table of one's own for everybody would not fit, such as 100,000 members with 10^10 records.
 *
 * Slots and positions start as the index of the shared member, oneself left out.
 */
export class SharedTable implements MemberTable {
  // What every message asks for comes first, so that it lies together in memory.
  readonly #shared: SharedMembers
  /** Own index, or beyond the last if oneself is not among the shared. */
  readonly #self: number
  /** Bit s mod 32 is set if slot s may be in `#own`: most look-ups end here, and spare the misses of a map that is cold. */
  #ownBits = 0
  /** The one that was found or set last: in most runs all talk of the same. */
  #lastOwn: OwnRecord | undefined
  liveCount: number
  suspectedCount = 0
  goneCount = 0
  /** Slots that were never any other than the shared. */
  readonly #base: number
  /** Own records by slot, null for a slot that is free. */
  #own: Map<number, OwnRecord | null> | undefined
  /** Members that are not in the slot that the shared have for them. */
  #moved: Map<PeerId, OwnRecord> | undefined
  /** Slots of the live by position, where it is another number than the slot. */
  #slotsLive: Map<number, number> | undefined
  /** Positions of live members without a record of their own, likewise. */
  #positions: Map<number, number> | undefined
  #gone: Map<PeerId, OwnRecord> | undefined
  #free: number[] | undefined
  #roundTrips: RoundTrips | undefined
  readonly digest: Digest
  slotCount: number
  size: number

  constructor(shared: SharedMembers, self: PeerId) {
    const index = shared.indexOf(self)
    this.#shared = shared
    this.#self = index === -1 ? shared.records.length : index
    this.#base = index === -1 ? shared.records.length : shared.records.length - 1
    this.digest = new Digest(shared.digest)
    if (index !== -1) this.digest.remove(shared.records[index] as OwnRecord)
    this.slotCount = this.#base
    this.size = this.#base
    this.liveCount = this.#base
  }

  get longestGone(): MemberRecord | undefined {
    const [longest] = this.#gone?.values() ?? []
    return longest
  }

  get(peer: PeerId): MemberRecord | undefined {
    const index = this.#shared.indexOf(peer)
    if (index !== -1 && index !== this.#self) {
      const own = this.#ownAt(this.#slotOfIndex(index))
      if (own === undefined) return this.#shared.records[index]
      if (own?.peer === peer) return own
    }
    return this.#moved?.get(peer)
  }

  at(slot: number): MemberRecord | undefined {
    const own = this.#ownAt(slot)
    if (own !== undefined) return own ?? undefined
    return slot < this.#base ? this.#sharedAt(slot) : undefined
  }

  slotOf(record: MemberRecord): number {
    const { slot } = record as OwnRecord
    return this.#isShared(record) ? this.#slotOfIndex(slot) : slot
  }

  liveAt(position: number): MemberRecord {
    return this.at(this.#slotLive(position)) as MemberRecord
  }

  gone(): Iterable<MemberRecord> {
    return this.#gone?.values() ?? []
  }

  add(peer: PeerId, belief: Belief, now: Instant): MemberRecord {
    const slot = this.#free?.pop() ?? this.slotCount++
    const record = createRecord(peer, slot, belief, now)
    this.#setOwn(slot, record)
    const index = this.#shared.indexOf(peer)
    if (index === -1 || this.#slotOfIndex(index) !== slot) {
      this.#moved ??= new Map()
      this.#moved.set(peer, record)
    }
    this.size++
    this.digest.add(record)
    this.suspectedCount += suspectsMore(undefined, record.state)
    this.#place(record)
    return record
  }

  change(record: MemberRecord, belief: Belief, now: Instant): MemberRecord {
    const own = this.#ownOf(record)
    const before = own.state
    this.digest.remove(own)
    changeRecord(own, belief, now)
    this.digest.add(own)
    this.suspectedCount += suspectsMore(before, belief.state)
    if (before !== belief.state) this.#place(own)
    return own
  }

  describe(record: MemberRecord, addresses: readonly string[], tags: VersionedTags): MemberRecord {
    const own = this.#ownOf(record)
    this.digest.remove(own)
    describeRecord(own, addresses, tags)
    this.digest.add(own)
    return own
  }

  forget(record: MemberRecord): void {
    const own = this.#ownOf(record)
    this.digest.remove(own)
    this.suspectedCount += suspectsMore(own.state, undefined)
    this.#moved?.delete(own.peer)
    this.#removeGone(own)
    this.#unplace(own)
    this.#setOwn(own.slot, null)
    this.#free ??= []
    this.#free.push(own.slot)
    this.#roundTrips?.forget(own.slot)
    this.size--
  }

  measured(record: MemberRecord, roundTrip: Duration): void {
    this.#roundTrips ??= new RoundTrips()
    this.#roundTrips.measured(this.slotOf(record), roundTrip)
  }

  roundTrip(record: MemberRecord): Duration | undefined {
    return this.#roundTrips?.get(this.slotOf(record))
  }

  #isShared(record: MemberRecord): boolean {
    return this.#shared.records[(record as OwnRecord).slot] === record
  }

  #slotOfIndex(index: number): number {
    return index > this.#self ? index - 1 : index
  }

  #sharedAt(slot: number): OwnRecord {
    return this.#shared.records[slot < this.#self ? slot : slot + 1] as OwnRecord
  }

  #slotLive(position: number): number {
    return this.#slotsLive?.get(position) ?? position
  }

  #ownOf(record: MemberRecord): OwnRecord {
    if (!this.#isShared(record)) return record as OwnRecord
    const slot = this.slotOf(record)
    const own = { ...(record as OwnRecord), slot, position: this.#positions?.get(slot) ?? slot }
    this.#positions?.delete(slot)
    this.#setOwn(slot, own)
    return own
  }

  #ownAt(slot: number): OwnRecord | null | undefined {
    if (((this.#ownBits >>> slot) & 1) === 0) return undefined
    if (this.#lastOwn?.slot === slot) return this.#lastOwn
    const own = this.#own?.get(slot)
    if (own !== undefined && own !== null) this.#lastOwn = own
    return own
  }

  #setOwn(slot: number, record: OwnRecord | null): void {
    this.#own ??= new Map()
    this.#own.set(slot, record)
    this.#ownBits |= 1 << slot
    this.#lastOwn = record ?? undefined
  }

  #place(record: OwnRecord): void {
    this.#removeGone(record)
    if (isGone(record.state)) {
      this.#gone ??= new Map()
      this.#gone.set(record.peer, record)
      this.goneCount = this.#gone.size
      this.#unplace(record)
    } else if (record.position === -1) {
      record.position = this.liveCount++
      this.#setSlotLive(record.position, record.slot)
    }
  }

  #removeGone({ peer }: OwnRecord): void {
    if (this.#gone?.delete(peer) === true) this.goneCount = this.#gone.size
  }

  #unplace(record: OwnRecord): void {
    const { position } = record
    if (position === -1) return
    record.position = -1
    const last = --this.liveCount
    const slot = this.#slotLive(last)
    this.#slotsLive?.delete(last)
    if (position === last) return
    this.#setSlotLive(position, slot)
    const own = this.#ownAt(slot)
    if (own !== undefined && own !== null) own.position = position
    else {
      this.#positions ??= new Map()
      this.#positions.set(slot, position)
    }
  }

  #setSlotLive(position: number, slot: number): void {
    if (position === slot) {
      this.#slotsLive?.delete(position)
      return
    }
    this.#slotsLive ??= new Map()
    this.#slotsLive.set(position, slot)
  }
}
