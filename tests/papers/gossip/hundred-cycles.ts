import { gossip, type GossipOptions } from '../../../overlays/gossip/index.ts'
import { total } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'
import { Broadcasts, type Tally } from './broadcasts.ts'
import { Crowd, cycle, paperOptions } from './crowd.ts'

export interface HundredCyclesTrial {
  readonly seed: number
  readonly size: number
  readonly cycles: number
  /** @default those of the papers: nobody is asked whether it is there */
  readonly options?: GossipOptions
}

export interface HundredCyclesOutcome {
  /** Messages received and timers expired. */
  readonly handled: number
  /** Of all others, the share that heard a message. */
  readonly delivered: number
  readonly traceHash: string
}

/** What the simulator is measured by (benchmarks): a crowd joins, then one peer publishes a message in each cycle. */
export const experiment: Experiment<HundredCyclesTrial, HundredCyclesOutcome> = {
  module: import.meta.url,
  run({ seed, size, cycles, options = paperOptions }) {
    const overlay = gossip(options)
    const crowd = new Crowd({ seed, size, attach: (host) => overlay.attach(host) })
    const { simulation } = crowd
    const [publisher] = crowd.peers
    if (publisher === undefined) throw new RangeError('There is nobody')
    const broadcasts = new Broadcasts(simulation, { control: false })
    const tallies = Array.from({ length: cycles }, (_, number): Tally => {
      broadcasts.publish(publisher, number)
      simulation.run(cycle)
      return broadcasts.take()
    })
    return {
      handled: simulation.handled,
      delivered: total(tallies.map(({ deliveries }) => deliveries)) / cycles / (size - 1),
      traceHash: simulation.traceHash,
    }
  },
}
