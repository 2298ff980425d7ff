import { jitter, type Key, type PeerId } from '../../../node/protocol/index.ts'
import type { Arc, Item } from '../../../node/reconciliation/index.ts'
import type { ChordCore } from '../chord.ts'
import type { LookupSuccess } from '../lookup.ts'
import { isBetween, isOwned, type RingPoint } from '../ring-node.ts'
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
}

/** The first arc of a round, from the predecessor of its owner on. */
interface Walked {
  readonly from: RingPoint
  readonly to: RingPoint
}

/** After a change of the ring nearby: long enough for the next ones, as they seldom come alone. */
const settling = 500
/** Arcs of one round. The rest waits for the next. */
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
  #isComplete = false
  #isCatchingUp = false
  /** Told when the present round is over. */
  #ended: ((isWhole: boolean) => void)[] = []
  /** This peer hands everything over, as if it were gone already. */
  #isLeaving = false

  constructor(ports: RepairPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Whether this peer has what it should, so that it has nothing under a key means something. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  start(): void {
    this.#later(this.#options.repairInterval)
    this.#catchUp()
  }

  ringChanged(): void {
    this.#catchUp()
    this.#later(settling)
  }

  expire(round: number): void {
    if (round === this.#round) this.begin()
  }

  begin(): void {
    if (this.#isUnderWay) return this.#later(settling)
    this.#later(this.#options.repairInterval)
    this.#isUnderWay = true
    this.#walk(undefined, 0, true)
  }

  /** @param settle called once all that is held here is held by those who should hold it without this peer */
  handOver(settle: (isWhole: boolean) => void): void {
    this.#isLeaving = true
    this.#ended.push((isWhole) => {
      this.#isLeaving = false
      settle(isWhole)
    })
    if (!this.#isUnderWay) this.begin()
  }

  /** Only the latest counts. */
  #later(delay: number): void {
    const { environment } = this.#ports
    environment.schedule({ type: 'repair', round: ++this.#round }, jitter(environment.random, delay, 0.2))
  }

  /** @param first the arc with which the round began; `place` how many it has seen */
  #walk(after: RingPoint | undefined, place: number, isWhole: boolean, first?: Walked): void {
    const item = this.#next(after)
    if (item === undefined || place >= arcLimit) return this.#end(isWhole)
    const key = keyOfItem(item)
    if (first !== undefined && after !== undefined && isRound(first, after, key)) return this.#end(isWhole)
    this.#ports.ring.lookups.look(key, (outcome) => {
      if (outcome.type === 'failed') return this.#end(false)
      this.#settleArc(outcome, (isDone) => {
        const owner = outcome.successors[0]?.point ?? key
        const walked = first ?? { from: outcome.predecessor.point, to: owner }
        this.#walk(owner, place + 1, isWhole && isDone, walked)
      })
    })
  }

  #end(isWhole: boolean): void {
    this.#isUnderWay = false
    const ended = this.#ended
    this.#ended = []
    for (const tell of ended) tell(isWhole)
  }

  #settleArc({ predecessor, successors }: LookupSuccess, settle: (isDone: boolean) => void): void {
    const { environment } = this.#ports
    const [owner] = successors
    if (owner === undefined) return settle(false)
    const { self } = environment
    const peers = [...new Set(successors.map(({ peer }) => peer))].filter((peer) => !this.#isLeaving || peer !== self)
    const replicas = peers.slice(0, this.#options.replicas)
    const arc = arcOf(predecessor.point, owner.point)
    if (replicas[0] === self) return this.#withAll(replicas.slice(1), arc, settle)
    if (replicas.includes(self)) return this.#withAll(replicas.slice(0, 1), arc, settle)
    this.#withAll(replicas, arc, (isDone) => {
      // A leaver keeps it: it may have to come back, and then it need not be told again.
      if (isDone && replicas.length > 0 && !this.#isLeaving) this.#release(arc)
      settle(isDone)
    })
  }

  #withAll(peers: readonly PeerId[], arc: Arc, settle: (isDone: boolean) => void): void {
    let open = peers.length
    let isWhole = true
    if (open === 0) return settle(true)
    for (const peer of peers) {
      this.#ports.transfer.both(peer, arc, (isDone) => {
        isWhole &&= isDone
        if (--open === 0) settle(isWhole)
      })
    }
  }

  #release({ from, to }: Arc): void {
    const { items } = this.#ports.table
    const [first, end] = [items.reach(from).count, items.reach(to).count]
    const count = from < to ? end - first : items.size - first + end
    const released = Array.from({ length: count }, (_, place) => items.at((first + place) % items.size))
    for (const item of released) this.#ports.replica.handOver(item)
  }

  /** The first item held after a point, going round; any at first. */
  #next(after: RingPoint | undefined): Item | undefined {
    const { items } = this.#ports.table
    if (items.size === 0) return undefined
    const place = after === undefined ? 0 : items.reach(arcOf(after, after).from).count
    return items.at(place % items.size)
  }

  /** A newcomer takes from its successor what that held in its place, before it is believed to have nothing. */
  #catchUp(): void {
    if (this.#isComplete || this.#isCatchingUp) return
    const { ring, environment, transfer } = this.#ports
    const node = ring.nodes.find(({ isMember }) => isMember)
    const others = node === undefined ? ring.known.gathered() : node.successors
    const next = others.find(({ peer }) => peer !== environment.self)
    if (next === undefined) return this.#complete()
    const point = (node ?? ring.nodes[0])?.self.point
    if (point === undefined) return this.#complete()
    this.#isCatchingUp = true
    transfer.take(next.peer, arcOf(next.point, point), (isWhole) => {
      this.#isCatchingUp = false
      if (isWhole) this.#complete()
    })
  }

  #complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    this.#ports.environment.emit({ type: 'complete' })
  }
}

/** Whether on the way from `after` to the key the first arc is met again, or what is left of it. */
function isRound({ from, to }: Walked, after: RingPoint, key: Key): boolean {
  return isOwned(from, key, to) || isBetween(after, to, key)
}
