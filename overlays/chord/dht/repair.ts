import { jitter, type Key, type PeerId } from '../../../node/protocol/index.ts'
import type { Arc, Item } from '../../../node/reconciliation/index.ts'
import type { ChordCore } from '../chord.ts'
import type { LookupSuccess } from '../lookup.ts'
import { isBetween, isOwned, type RingPoint } from '../ring-node.ts'
import type { CatchUp } from './catch-up.ts'
import type { DhtEnvironment } from './events.ts'
import type { ResolvedDhtOptions } from './options.ts'
import { arcOf, keyOfItem } from './record-item.ts'
import type { RecordTable } from './record-table.ts'
import type { Replica } from './replica.ts'
import type { Transfer } from './transfer.ts'

export interface RepairPorts {
  readonly environment: DhtEnvironment
  readonly ring: ChordCore
  readonly table: RecordTable
  readonly replica: Replica
  readonly transfer: Transfer
  readonly catchUp: CatchUp
}

/** The first arc of a round, from the predecessor of its owner on. */
interface Walked {
  readonly from: RingPoint
  readonly to: RingPoint
}

/** After a change of the ring nearby: long enough for the next ones, as they seldom come alone. */
const settling = 500
/** Arcs of one round. The next goes on with the rest. */
const arcLimit = 512

/**
 * Keeps records where they belong (after Cates, "Robust and Efficient Data Management for a Distributed Hash Table", MIT
 * 2003, §3: local and global maintenance in one). A round goes along all arcs of the ring of which this peer holds
 * something. Who is responsible for an arc compares it with the other replicas; whoever else holds something of it compares
 * it with the one responsible. One who should not hold it gives it to all who should, and then forgets it. So joining,
 * leaving, failing, coming back with an old disk, and substitutes of a sloppy quorum are all the same case.
 */
export class Repair {
  readonly #ports: RepairPorts
  readonly #options: ResolvedDhtOptions
  #round = 0
  #isUnderWay = false
  /** Where the last round stopped, if it had seen enough for one. */
  #stopped: RingPoint | undefined
  /** Told of a whole round of handing over, each of the next that begins. */
  #leavers: ((isWhole: boolean) => void)[] = []
  /** Those of the present round. This peer then hands everything over, as if it were gone already. */
  #leaving: readonly ((isWhole: boolean) => void)[] = []

  constructor(ports: RepairPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  start(): void {
    this.#later(this.#options.repairInterval)
    this.#ports.catchUp.round()
  }

  ringChanged(): void {
    this.#ports.catchUp.round()
    this.#later(settling)
  }

  expire(round: number): void {
    if (round === this.#round) this.begin()
  }

  begin(): void {
    if (this.#isUnderWay) return this.#later(settling)
    this.#later(this.#options.repairInterval)
    this.#ports.catchUp.round()
    this.#isUnderWay = true
    const after = this.#isLeaving ? undefined : this.#stopped
    this.#stopped = undefined
    this.#walk(after, 0, true)
  }

  /** @param settle called once, with whether all that is held here is held by those who should hold it without this peer */
  handOver(settle: (isWhole: boolean) => void): void {
    this.#leavers.push(settle)
    if (!this.#isUnderWay) this.#leave()
  }

  get #isLeaving(): boolean {
    return this.#leaving.length > 0
  }

  #leave(): void {
    this.#leaving = this.#leavers
    this.#leavers = []
    const { ring, environment, table } = this.#ports
    if (table.items.size === 0) return this.#end(true)
    const known = [...ring.known.peers, ...ring.known.gathered().map(({ peer }) => peer)]
    if (known.some((peer) => peer !== environment.self)) this.begin()
    else this.#end(false)
  }

  /** Only the latest counts. */
  #later(delay: number): void {
    const { environment } = this.#ports
    environment.schedule({ type: 'repair', round: ++this.#round }, jitter(environment.random, delay, 0.2))
  }

  /** @param first the arc with which the round began; `place` how many it has seen */
  #walk(after: RingPoint | undefined, place: number, isWhole: boolean, first?: Walked): void {
    const item = this.#next(after)
    if (item === undefined) return this.#end(isWhole)
    if (place >= arcLimit && !this.#isLeaving) {
      this.#stopped = after
      return this.#end(isWhole)
    }
    const key = keyOfItem(item)
    if (first !== undefined && after !== undefined && isRound(first, after, key)) return this.#end(isWhole)
    this.#ports.ring.lookups.look(key, (outcome) => {
      if (outcome.type === 'failed') return this.#end(false)
      this.#settleArc(outcome, (isDone) => {
        const owner = outcome.successors[0]?.point ?? key
        const walked = first ?? { from: outcome.predecessor.point, to: owner }
        // An arc that has grown meanwhile, as its neighbours left, may end beyond the first one.
        const isPast = first !== undefined && after !== undefined && isOwned(after, first.to, owner)
        if (isPast) return this.#end(isWhole && isDone)
        this.#walk(owner, place + 1, isWhole && isDone, walked)
      })
    })
  }

  #end(isWhole: boolean): void {
    this.#isUnderWay = false
    const left = this.#leaving
    this.#leaving = []
    for (const tell of left) tell(isWhole)
    if (this.#leavers.length > 0) this.#leave()
  }

  #settleArc({ predecessor, successors }: LookupSuccess, settle: (isDone: boolean) => void): void {
    const { environment } = this.#ports
    const [owner] = successors
    if (owner === undefined) return settle(false)
    const { self } = environment
    const peers = [...new Set(successors.map(({ peer }) => peer))].filter((peer) => !this.#isLeaving || peer !== self)
    const replicas = peers.slice(0, this.#options.replicas)
    if (replicas.length === 0) return settle(false)
    const arc = arcOf(predecessor.point, owner.point)
    if (replicas[0] === self) return this.#withAll(replicas.slice(1), arc, settle)
    if (replicas.includes(self)) return this.#withAll(replicas.slice(0, 1), arc, settle)
    // What comes while they are compared is not released with the rest.
    const compared = this.#inArc(arc)
    this.#withAll(replicas, arc, (isDone) => {
      // A leaver keeps it: it may have to come back, and then it need not be told again.
      if (isDone && !this.#isLeaving) for (const item of compared) this.#ports.replica.handOver(item)
      settle(isDone)
    })
  }

  #withAll(peers: readonly PeerId[], arc: Arc, settle: (isDone: boolean) => void): void {
    const { transfer } = this.#ports
    let open = peers.length
    let isWhole = true
    if (open === 0) return settle(true)
    for (const peer of peers) {
      const told = (isDone: boolean): void => {
        isWhole &&= isDone
        if (--open === 0) settle(isWhole)
      }
      // Who leaves needs nothing.
      if (this.#isLeaving) transfer.give(peer, arc, told)
      else transfer.both(peer, arc, told)
    }
  }

  #inArc({ from, to }: Arc): readonly Item[] {
    const { items } = this.#ports.table
    const [first, end] = [items.reach(from).count, items.reach(to).count]
    const count = from < to ? end - first : items.size - first + end
    return Array.from({ length: count }, (_, place) => items.at((first + place) % items.size))
  }

  /** The first item held after a point, going round; any at first. */
  #next(after: RingPoint | undefined): Item | undefined {
    const { items } = this.#ports.table
    if (items.size === 0) return undefined
    const place = after === undefined ? 0 : items.reach(arcOf(after, after).from).count
    return items.at(place % items.size)
  }
}

/** Whether on the way from `after` to the key the first arc is met again, or what is left of it. */
function isRound({ from, to }: Walked, after: RingPoint, key: Key): boolean {
  return isOwned(from, key, to) || isBetween(after, to, key)
}
