import type { PeerId } from '../../../node/protocol/index.ts'
import { wholeRing, type Arc } from '../../../node/reconciliation/index.ts'
import type { ChordCore } from '../chord.ts'
import type { DhtEnvironment } from './events.ts'
import { arcOf } from './record-item.ts'
import type { Transfer } from './transfer.ts'

export interface CatchUpPorts {
  readonly environment: DhtEnvironment
  readonly ring: ChordCore
  readonly transfer: Transfer
}

/** A place that this peer has come to, and from whom it takes what was held there before. */
interface Arrival {
  /** Names the place, and this stay at it. */
  readonly name: string
  readonly from: readonly PeerId[]
  readonly arc: Arc
}

/**
 * A newcomer takes from its successor what that held in its place, before it is believed to have nothing under a key. So
 * does each of its virtual nodes, each time it joins; where there is no ring yet, a peer takes from those it knows.
 */
export class CatchUp {
  readonly #ports: CatchUpPorts
  readonly #replicas: number
  #taken = new Set<string>()
  readonly #taking = new Set<string>()
  #wasComplete = false

  constructor(ports: CatchUpPorts, replicas: number) {
    this.#ports = ports
    this.#replicas = replicas
  }

  /** Whether this peer has what it should, so that its having nothing under a key means something. */
  get isComplete(): boolean {
    return this.#arrivals().every(({ name }) => this.#taken.has(name))
  }

  /** Takes what has not been taken; after a failure again, the next time. */
  round(): void {
    const arrivals = this.#arrivals()
    this.#taken = new Set(arrivals.flatMap(({ name }) => (this.#taken.has(name) ? [name] : [])))
    for (const arrival of arrivals) {
      if (this.#taken.has(arrival.name) || this.#taking.has(arrival.name)) continue
      this.#taking.add(arrival.name)
      this.#take(arrival, 0, true)
    }
    this.#tell()
  }

  #take(arrival: Arrival, place: number, isWhole: boolean): void {
    const { name, from, arc } = arrival
    const next = from[place]
    if (next === undefined) {
      this.#taking.delete(name)
      if (isWhole) this.#taken.add(name)
      return this.#tell()
    }
    this.#ports.transfer.take(next, arc, (isTaken) => this.#take(arrival, place + 1, isWhole && isTaken))
  }

  #arrivals(): readonly Arrival[] {
    const { ring, environment } = this.#ports
    const { self } = environment
    const members = ring.nodes.filter(({ isMember }) => isMember)
    if (members.length > 0) {
      return members.flatMap(({ self: place, successors, life }) => {
        const next = successors.find(({ peer }) => peer !== self)
        const name = `${place.point}/${life}`
        return next === undefined ? [] : [{ name, from: [next.peer], arc: arcOf(next.point, place.point) }]
      })
    }
    const known = [...new Set(ring.known.gathered().map(({ peer }) => peer))].filter((peer) => peer !== self)
    const from = known.slice(0, this.#replicas)
    return from.length === 0 ? [] : [{ name: 'gathered', from, arc: wholeRing }]
  }

  #tell(): void {
    const { isComplete } = this
    if (isComplete && !this.#wasComplete) this.#ports.environment.emit({ type: 'complete' })
    this.#wasComplete = isComplete
  }
}
