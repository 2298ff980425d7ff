import { assert, type Duration, type Instant, type Random } from '../protocol/index.ts'
import { exponentialDeviate, weibullDeviate } from './arithmetic.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { Simulation } from './simulation.ts'

/** How long sessions last: Weibull's distribution, of which the exponential one is the case of shape 1. */
export interface Lifetime {
  /** Milliseconds; the mean when shape is 1. */
  readonly scale: Duration
  /** Below 1: many short sessions and a few very long ones, as measured of real peers. @default 1 */
  readonly shape?: number
}

export interface ChurnOptions {
  /** Adds the peer of an arrival; counted from 0. Not called when `arrivals` is 0. */
  readonly spawn?: (number: number) => SimulatedPeer<unknown>
  /** New peers per minute on average, a Poisson process. @default 0 */
  readonly arrivals?: number
  /** These are subject to it too, from now on. @default none */
  readonly peers?: readonly SimulatedPeer<unknown>[]
  /** Left out: peers stay. */
  readonly lifetime?: Lifetime
  /** Share of ends that are crashes; the others are clean stops. @default 0.5 */
  readonly crashShare?: number
  /** Share of peers that come back after an end. @default 0 */
  readonly restartShare?: number
  /** How long they are away; exponential. @default { scale: 60_000 } */
  readonly downtime?: Lifetime
  /** Whether those that come back have their disk. @default true */
  readonly disk?: boolean
  /** Virtual time at which it ends; peers that are away then stay away. @default never */
  readonly until?: Instant
  /** Tells two churn processes of one simulation apart. @default 'churn' */
  readonly label?: string
}

/** Peers come and go from here on. @throws RangeError for shares and lifetimes that are none */
export function startChurn(simulation: Simulation, options: ChurnOptions): void {
  new Churn(simulation, options).start()
}

/** Comings and goings, drawn from a chance of their own. */
class Churn {
  readonly #simulation: Simulation
  readonly #options: ChurnOptions
  readonly #random: Random
  readonly #until: Instant
  #arrived = 0

  constructor(simulation: Simulation, options: ChurnOptions) {
    const { arrivals = 0, crashShare = 0.5, restartShare = 0, lifetime, downtime } = options
    if (!(arrivals >= 0)) throw new RangeError(`Cannot let ${arrivals} peers arrive per minute`)
    for (const share of [crashShare, restartShare]) {
      if (!(share >= 0 && share <= 1)) throw new RangeError(`Cannot churn a share of ${share}: it is from 0 to 1`)
    }
    for (const life of [lifetime, downtime]) if (life !== undefined) assertLifetime(life)
    assert(arrivals === 0 || options.spawn !== undefined, 'whoever lets peers arrive says how they are added')
    this.#simulation = simulation
    this.#options = options
    this.#random = simulation.random(options.label ?? 'churn')
    this.#until = options.until ?? Infinity
  }

  start(): void {
    for (const peer of this.#options.peers ?? []) this.#live(peer)
    this.#awaitArrival()
  }

  #awaitArrival(): void {
    const { arrivals = 0, spawn } = this.#options
    if (arrivals === 0 || spawn === undefined) return
    this.#after(exponentialDeviate(this.#random, 60_000 / arrivals), () => {
      this.#live(spawn(this.#arrived++))
      this.#awaitArrival()
    })
  }

  #live(peer: SimulatedPeer<unknown>): void {
    const { lifetime, crashShare = 0.5, restartShare = 0 } = this.#options
    if (lifetime === undefined) return
    const { session } = peer
    this.#after(this.#draw(lifetime), () => {
      // Somebody else ended this session: the life after it is not ours.
      if (peer.state !== 'running' || peer.session !== session) return
      if (this.#random.next() < crashShare) this.#simulation.crash(peer)
      else this.#simulation.stop(peer)
      if (this.#random.next() < restartShare) this.#comeBack(peer)
    })
  }

  #comeBack(peer: SimulatedPeer<unknown>): void {
    const { downtime = { scale: 60_000 }, disk = true } = this.#options
    this.#after(this.#draw(downtime), () => {
      if (peer.state === 'running') return
      this.#simulation.restart(peer, { disk })
      this.#live(peer)
    })
  }

  #draw({ scale, shape = 1 }: Lifetime): Duration {
    return weibullDeviate(this.#random, scale, shape)
  }

  #after(delay: number, act: () => void): void {
    const whole = Math.round(delay)
    if (this.#simulation.now + whole < this.#until && Number.isSafeInteger(whole)) this.#simulation.at(whole, act)
  }
}

function assertLifetime({ scale, shape = 1 }: Lifetime): void {
  if (scale > 0 && scale < Infinity && shape > 0 && shape < Infinity) return
  throw new RangeError(`Cannot churn with a lifetime of scale ${scale} and shape ${shape}: both must be above 0`)
}
