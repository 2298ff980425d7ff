import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import { Digest } from './digest.ts'
import {
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

/** A table with a record of its own for every member: what a live member has. */
export class OwnTable implements MemberTable {
  readonly digest: Digest = new Digest()
  suspectedCount = 0
  readonly #records = new Map<PeerId, OwnRecord>()
  readonly #slots: (OwnRecord | undefined)[] = []
  readonly #free: number[] = []
  readonly #live: OwnRecord[] = []
  /** In the order they went. */
  readonly #gone = new Map<PeerId, OwnRecord>()
  readonly #roundTrips = new RoundTrips()

  get size(): number {
    return this.#records.size
  }

  get liveCount(): number {
    return this.#live.length
  }

  get goneCount(): number {
    return this.#gone.size
  }

  get slotCount(): number {
    return this.#slots.length
  }

  get longestGone(): MemberRecord | undefined {
    const [longest] = this.#gone.values()
    return longest
  }

  get(peer: PeerId): MemberRecord | undefined {
    return this.#records.get(peer)
  }

  at(slot: number): MemberRecord | undefined {
    return this.#slots[slot]
  }

  slotOf(record: MemberRecord): number {
    return (record as OwnRecord).slot
  }

  liveAt(position: number): MemberRecord {
    return this.#live[position] as OwnRecord
  }

  gone(): Iterable<MemberRecord> {
    return this.#gone.values()
  }

  add(peer: PeerId, belief: Belief, now: Instant): MemberRecord {
    const slot = this.#free.pop() ?? this.#slots.length
    const record = createRecord(peer, slot, belief, now)
    this.#records.set(peer, record)
    this.#slots[slot] = record
    this.digest.add(record)
    this.suspectedCount += suspectsMore(undefined, record.state)
    this.#place(record)
    return record
  }

  change(record: MemberRecord, belief: Belief, now: Instant): MemberRecord {
    const own = record as OwnRecord
    const before = own.state
    this.digest.remove(own)
    changeRecord(own, belief, now)
    this.digest.add(own)
    this.suspectedCount += suspectsMore(before, belief.state)
    if (before !== belief.state) this.#place(own)
    return own
  }

  describe(record: MemberRecord, addresses: readonly string[], tags: VersionedTags): MemberRecord {
    const own = record as OwnRecord
    this.digest.remove(own)
    describeRecord(own, addresses, tags)
    this.digest.add(own)
    return own
  }

  forget(record: MemberRecord): void {
    const own = record as OwnRecord
    this.digest.remove(own)
    this.suspectedCount += suspectsMore(own.state, undefined)
    this.#records.delete(own.peer)
    this.#gone.delete(own.peer)
    this.#unplace(own)
    this.#slots[own.slot] = undefined
    this.#free.push(own.slot)
    this.#roundTrips.forget(own.slot)
  }

  measured(record: MemberRecord, roundTrip: Duration): void {
    this.#roundTrips.measured((record as OwnRecord).slot, roundTrip)
  }

  roundTrip(record: MemberRecord): Duration | undefined {
    return this.#roundTrips.get((record as OwnRecord).slot)
  }

  #place(record: OwnRecord): void {
    this.#gone.delete(record.peer)
    if (isGone(record.state)) {
      this.#gone.set(record.peer, record)
      this.#unplace(record)
    } else if (record.position === -1) {
      record.position = this.#live.length
      this.#live.push(record)
    }
  }

  #unplace(record: OwnRecord): void {
    const { position } = record
    if (position === -1) return
    const last = this.#live.pop() as OwnRecord
    record.position = -1
    if (last === record) return
    this.#live[position] = last
    last.position = position
  }
}
