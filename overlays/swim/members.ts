import type { Duration, Instant, Member, PeerId } from '../../node/protocol/index.ts'
import type { Digest } from './digest.ts'
import { messageLimits, noAddresses, type MemberUpdate, type Standing } from './messages.ts'
import type { Suspicion } from './suspicion.ts'
import { noTags, type VersionedTags } from './tags.ts'

/** An update, and how long it is on the wire. */
export interface Told {
  readonly update: MemberUpdate
  readonly bytes: number
}

/** What is known of one other member. Changed by its table alone. */
export interface MemberRecord {
  readonly peer: PeerId
  readonly state: Standing
  readonly incarnation: number
  /** When this was learnt of the state. */
  readonly since: Instant
  readonly addresses: readonly string[]
  readonly tags: VersionedTags
  /** While it is suspected. */
  readonly suspicion: Suspicion | undefined
  /** What is told of it, kept until the record changes. */
  told: Told | undefined
  /** For when a timer is set that looks at its suspicion; it may have been set for an earlier one. */
  alarm: Instant | undefined
}

/**
 * Every other member that is remembered: a row of slots in the order they were filled, in which a member keeps its
 * place until it is forgotten, and the live ones of them at positions 0 … liveCount − 1.
 *
 * Which slot and which position a member has follows from the calls so far, so that two implementations that draw
 * members by number draw the same ones: an added member takes the slot freed last or a new one, and the position after
 * the last; the last takes the position of a live member that goes.
 *
 * A record is valid until the next change of its table: hold the peer, or the record that the change returns.
 */
export interface MemberTable {
  /** Members remembered, the gone included. */
  readonly size: number
  readonly liveCount: number
  /** Of the live. */
  readonly suspectedCount: number
  readonly goneCount: number
  /** Slots in the row, free ones included. */
  readonly slotCount: number
  /** Of all live members. */
  readonly digest: Digest
  /** The one that went first of all that are gone. */
  readonly longestGone: MemberRecord | undefined
  get(peer: PeerId): MemberRecord | undefined
  /** @returns undefined for a free slot */
  at(slot: number): MemberRecord | undefined
  slotOf(record: MemberRecord): number
  liveAt(position: number): MemberRecord
  /** The gone in the order they went. */
  gone(): Iterable<MemberRecord>
  /** @param peer is not in the table */
  add(peer: PeerId, belief: Belief, now: Instant): MemberRecord
  change(record: MemberRecord, belief: Belief, now: Instant): MemberRecord
  describe(record: MemberRecord, addresses: readonly string[], tags: VersionedTags): MemberRecord
  forget(record: MemberRecord): void
  /** Smoothed as TCP does (RFC 6298): an eighth of each new measurement. */
  measured(record: MemberRecord, roundTrip: Duration): void
  roundTrip(record: MemberRecord): Duration | undefined
}

export interface Belief {
  readonly state: Standing
  readonly incarnation: number
  readonly suspicion: Suspicion | undefined
}

/** At one incarnation, what is worse is believed (SWIM §4.2); having left outranks having failed, as the member said so. */
export const ranks: { readonly [State in Standing]: number } = {
  alive: 0,
  suspected: 1,
  unfit: 2,
  failed: 3,
  left: 4,
}

/**
 * Whether an update is news: pairs (incarnation, rank) are totally ordered, so members that heard the same updates in
 * any order believe the same.
 *
 * Deviation: in the paper a confirmed failure is final and overrides every incarnation. Here a peer keeps its PeerId
 * for life, so it may come back with a higher incarnation, and a failure is only believed of the incarnation it names.
 */
export function supersedes(
  update: Pick<MemberUpdate, 'state' | 'incarnation'>,
  record: Pick<MemberUpdate, 'state' | 'incarnation'>,
): boolean {
  if (update.incarnation !== record.incarnation) return update.incarnation > record.incarnation
  return update.state !== record.state && ranks[update.state] > ranks[record.state]
}

export function isGone(state: Standing): boolean {
  return state === 'failed' || state === 'left'
}

export function isLive(members: MemberTable, peer: PeerId): boolean {
  const record = members.get(peer)
  return record !== undefined && !isGone(record.state)
}

/** What the role tells of a record: a member that takes itself out is suspected until it has left. */
export function memberOf(members: MemberTable, record: MemberRecord): Member {
  const { peer, state, incarnation, since, tags } = record
  const roundTrip = members.roundTrip(record)
  return {
    peer,
    state: state === 'unfit' ? 'suspected' : state,
    incarnation,
    since,
    ...(roundTrip === undefined ? {} : { roundTrip }),
    ...(tags.version === 0 ? {} : { tags: tags.tags }),
  }
}

/** Every record, by slot. */
export function* records(members: MemberTable): Generator<MemberRecord, void, undefined> {
  for (let slot = 0; slot < members.slotCount; slot++) {
    const record = members.at(slot)
    if (record !== undefined) yield record
  }
}

/** How many more suspects there are when a state is replaced by another. */
export function suspectsMore(before: Standing | undefined, after: Standing | undefined): number {
  return (isInDoubt(after) ? 1 : 0) - (isInDoubt(before) ? 1 : 0)
}

/** A record as its table sees it. */
export interface OwnRecord extends MemberRecord {
  readonly slot: number
  /** Among the live, −1 for one that is gone. */
  position: number
  state: Standing
  incarnation: number
  since: Instant
  addresses: readonly string[]
  tags: VersionedTags
  suspicion: Suspicion | undefined
}

export function createRecord(
  peer: PeerId,
  slot: number,
  { state, incarnation, suspicion }: Belief,
  since: Instant,
): OwnRecord {
  return {
    peer,
    slot,
    position: -1,
    state,
    incarnation,
    since,
    addresses: noAddresses,
    tags: noTags,
    suspicion,
    told: undefined,
    alarm: undefined,
  }
}

export function changeRecord(record: OwnRecord, { state, incarnation, suspicion }: Belief, now: Instant): void {
  if (record.state !== state) record.since = now
  record.state = state
  record.incarnation = incarnation
  record.suspicion = suspicion
  record.told = undefined
}

export function describeRecord(record: OwnRecord, addresses: readonly string[], tags: VersionedTags): void {
  record.addresses = addresses
  record.tags = tags
  record.told = undefined
}

export const aliveAtFirst: Belief = Object.freeze({ state: 'alive', incarnation: 0, suspicion: undefined })

/** The highest number that may be taken for an incarnation or a version that is `known`, if others and not its owner tell of it. */
export function believable(known: number, step: number): number {
  return Math.min(known + step, messageLimits.incarnation)
}

function isInDoubt(state: Standing | undefined): boolean {
  return state === 'suspected' || state === 'unfit'
}
