import { jitter, type Duration, type Instant, type Key, type PeerId } from '../../../node/protocol/index.ts'
import { wholeRing, type Arc } from '../../../node/reconciliation/index.ts'
import type { ChordCore } from '../chord.ts'
import type { DhtRequests } from './coordinator.ts'
import type { DhtEnvironment } from './events.ts'
import { ringNode } from '../ring-node.ts'
import { arcOf } from './record-item.ts'
import type { Transfer } from './transfer.ts'

export interface CatchUpPorts {
  readonly environment: DhtEnvironment
  readonly ring: ChordCore
  readonly requests: DhtRequests
  readonly transfer: Transfer
}

/** A place that this peer has come to, and from whom it takes what was held there before. */
interface Arrival {
  /** Names the place, and this stay at it. */
  readonly name: string
  readonly at: Key
  readonly from: readonly PeerId[]
  readonly arc: Arc
}

/** Between the first attempt and the next, and between later ones. Who has no room for what it should have tries for ever. */
const [interval, longest]: readonly [Duration, Duration] = [500, 30_000]
/** Whoever is taken from may be a newcomer as well. If that does not change, there is nobody who would know more. */
const patience: Duration = 10_000

/**
 * A newcomer takes from its successor what that held in its place, before it is believed to have nothing under a key. So
 * does each of its virtual nodes, each time it joins; where there is no ring yet, a peer takes from those it knows. Of many
 * newcomers side by side each waits until its successor has taken.
 */
export class CatchUp {
  readonly #ports: CatchUpPorts
  readonly #replicas: number
  #taken = new Set<string>()
  readonly #taking = new Set<string>()
  #arrivedAt = new Map<string, Instant>()
  #isScheduled = false
  #attempts = 0
  #wasComplete = false

  constructor(ports: CatchUpPorts, replicas: number) {
    this.#ports = ports
    this.#replicas = replicas
  }

  /** Whether this peer has what it should, so that its having nothing under a key means something. */
  get isComplete(): boolean {
    return this.#arrivals().every(({ name }) => this.#taken.has(name))
  }

  /** Takes what has not been taken. */
  round(): void {
    const { environment } = this.#ports
    const arrivals = this.#arrivals()
    this.#taken = new Set(arrivals.flatMap(({ name }) => (this.#taken.has(name) ? [name] : [])))
    if (arrivals.some(({ name }) => !this.#arrivedAt.has(name))) this.#attempts = 0
    this.#arrivedAt = new Map(arrivals.map(({ name }) => [name, this.#arrivedAt.get(name) ?? environment.now()]))
    for (const arrival of arrivals) {
      if (this.#taken.has(arrival.name) || this.#taking.has(arrival.name)) continue
      this.#taking.add(arrival.name)
      this.#take(arrival, 0, { isWhole: true, isKnown: false })
    }
    this.#tell()
  }

  expire(): void {
    this.#isScheduled = false
    this.round()
  }

  /** @param so whether all has been taken from those before, and whether any of them has what it should */
  #take(arrival: Arrival, place: number, so: { readonly isWhole: boolean; readonly isKnown: boolean }): void {
    const { transfer, requests } = this.#ports
    const next = arrival.from[place]
    if (next === undefined) return this.#ended(arrival.name, so.isWhole, so.isKnown)
    transfer.take(next, arrival.arc, (isTaken) => {
      if (!isTaken) return this.#take(arrival, place + 1, { ...so, isWhole: false })
      requests.ask(next, { type: 'fetch', asOwner: false, key: arrival.at }, 1, (reply) => {
        const isKnown = reply?.type === 'fetched' && reply.isComplete
        this.#take(arrival, place + 1, { ...so, isKnown: so.isKnown || isKnown })
      })
    })
  }

  #ended(name: string, isWhole: boolean, isKnown: boolean): void {
    const { environment } = this.#ports
    const arrivedAt = this.#arrivedAt.get(name) ?? environment.now()
    this.#taking.delete(name)
    if (isWhole && (isKnown || environment.now() - arrivedAt >= patience)) this.#taken.add(name)
    else this.#again()
    this.#tell()
  }

  #again(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const { environment } = this.#ports
    // As soon again as long as a newcomer may be waiting for another one.
    const delay = interval * 2 ** Math.max(0, this.#attempts++ - patience / interval)
    environment.schedule({ type: 'catch-up' }, jitter(environment.random, Math.min(delay, longest), 0.2))
  }

  #arrivals(): readonly Arrival[] {
    const { ring, environment } = this.#ports
    const { self } = environment
    const members = ring.nodes.filter(({ isMember }) => isMember)
    if (members.length > 0) {
      return members.flatMap(({ self: place, successors, life }) => {
        const next = successors.find(({ peer }) => peer !== self)
        const at = place.point
        const name = `${at}/${life}`
        return next === undefined ? [] : [{ name, at, from: [next.peer], arc: arcOf(next.point, at) }]
      })
    }
    const known = [...new Set(ring.known.gathered().map(({ peer }) => peer))].filter((peer) => peer !== self)
    const from = known.slice(0, this.#replicas)
    return from.length === 0 ? [] : [{ name: 'gathered', at: ringNode(self).point, from, arc: wholeRing }]
  }

  #tell(): void {
    const { isComplete } = this
    if (isComplete && !this.#wasComplete) this.#ports.environment.emit({ type: 'complete' })
    this.#wasComplete = isComplete
  }
}
