import { integer, type Duration, type Key, type Random } from '../../../../node/protocol/index.ts'
import type { SimulatedPeer } from '../../../../node/simulation/index.ts'
import type { Experiment } from '../../experiment.ts'
import { RecordCrowd, type RecordPeer } from './crowd.ts'

export interface RecordChurnTrial {
  readonly seed: number
  readonly size: number
  readonly values: number
  readonly duration: Duration
  /** Share of the peers that go in a minute. Half of them leave, half crash. */
  readonly churn: number
  /** Whether those who crashed come back with what was on their disk; otherwise others come in their place. */
  readonly disk: boolean
}

export interface RecordChurnOutcome {
  readonly acknowledged: number
  /** Acknowledged, and found by nobody in the end. */
  readonly lost: number
  /** Puts that were not acknowledged, of all. */
  readonly refused: number
  /** Reads while peers came and went that found nothing, or failed, of all. */
  readonly missed: number
  readonly reads: number
  readonly left: number
  readonly crashed: number
}

/** A leaver is gone after so long, whether all that it held is handed over or not. */
const farewell = 10_000
/** Who crashed is back within this. */
const absence = 60_000
/** After the last change: what is found now is what there is. */
const rest = 120_000

/** n = 3 replicas, and a ring whose peers come and go while values are put and read. */
export const experiment: Experiment<RecordChurnTrial, RecordChurnOutcome> = {
  module: import.meta.url,
  run(trial) {
    const run = new ChurnRun(trial)
    run.live()
    return run.outcome()
  },
}

class ChurnRun {
  readonly #trial: RecordChurnTrial
  readonly #crowd: RecordCrowd
  readonly #random: Random
  readonly #acknowledged = new Set<Key>()
  #refused = 0
  #missed = 0
  #reads = 0
  #left = 0
  #crashed = 0

  constructor(trial: RecordChurnTrial) {
    this.#trial = trial
    this.#crowd = new RecordCrowd(trial)
    this.#random = this.#crowd.simulation.random('churn')
  }

  live(): void {
    const { simulation } = this.#crowd
    const { values, duration, size, churn } = this.#trial
    const end = simulation.now + duration
    const putInterval = Math.floor(duration / values)
    // Poisson, as far as whole seconds allow.
    const perSecond = (size * churn) / 60
    let nextPut = simulation.now
    let value = 0
    while (simulation.now < end) {
      if (simulation.now >= nextPut) {
        this.#put(value++)
        this.#read()
        nextPut += putInterval
      }
      if (this.#random.next() * 1000 < perSecond * 100) this.#change()
      simulation.run(100)
    }
    simulation.run(absence + rest)
  }

  outcome(): RecordChurnOutcome {
    const { simulation } = this.#crowd
    let found = 0
    for (const key of this.#acknowledged) {
      this.#crowd.get(this.#someone(), key, (records) => {
        if (records !== undefined && records.length > 0) found++
      })
      simulation.run(20)
    }
    simulation.run(20_000)
    return {
      acknowledged: this.#acknowledged.size,
      lost: this.#acknowledged.size - found,
      refused: this.#refused,
      missed: this.#missed,
      reads: this.#reads,
      left: this.#left,
      crashed: this.#crashed,
    }
  }

  #put(number: number): void {
    const value = new TextEncoder().encode(`value ${number} of ${this.#trial.seed}`)
    this.#refused++
    this.#crowd.put(this.#someone(), value, (key) => {
      this.#refused--
      this.#acknowledged.add(key)
    })
  }

  #read(): void {
    if (this.#acknowledged.size === 0) return
    const keys = [...this.#acknowledged]
    const key = keys[integer(this.#random, keys.length)] as Key
    this.#reads++
    this.#missed++
    this.#crowd.get(this.#someone(), key, (records) => {
      if (records !== undefined && records.length > 0) this.#missed--
    })
  }

  #change(): void {
    const peer = this.#someone()
    if (this.#crowd.living().length < this.#trial.size * 0.7) return
    if (this.#random.next() < 0.5) this.#leave(peer)
    else this.#crash(peer)
  }

  #leave(peer: SimulatedPeer<RecordPeer>): void {
    const { simulation } = this.#crowd
    this.#left++
    peer.api.dht.handOver(() => undefined)
    simulation.at(farewell, () => {
      if (peer.state !== 'running') return
      simulation.stop(peer)
      this.#crowd.add()
    })
  }

  #crash(peer: SimulatedPeer<RecordPeer>): void {
    const { simulation } = this.#crowd
    this.#crashed++
    simulation.crash(peer)
    simulation.at(1000 + integer(this.#random, absence - 1000), () => {
      if (!this.#trial.disk) return void this.#crowd.add()
      simulation.restart(peer)
      this.#crowd.introduce(peer)
    })
  }

  #someone(): SimulatedPeer<RecordPeer> {
    const living = this.#crowd.living()
    return living[integer(this.#random, living.length)] as SimulatedPeer<RecordPeer>
  }
}
