import { gossip } from '../../../overlays/gossip/index.ts'
import { total } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'
import { Broadcasts, type Tally } from './broadcasts.ts'
import { Crowd, cycle, paperOptions } from './crowd.ts'

export interface TreeCostsTrial {
  readonly seed: number
  readonly size: number
}

export interface TreeCostsOutcome {
  /** Payload messages of the first message of all, while every link is a branch still. */
  readonly floodedPayload: number
  /** Of one message after the warm-up, on average. */
  readonly payload: number
  readonly control: number
  readonly redundancy: number
  readonly deliveries: number
}

const stabilisation = 50
const warmUp = 50
const measured = 10

/** Plumtree §4.2, Table 1: one sender, one message in each cycle, no failures. */
export const experiment: Experiment<TreeCostsTrial, TreeCostsOutcome> = {
  module: import.meta.url,
  run({ seed, size }) {
    const overlay = gossip(paperOptions)
    const crowd = new Crowd({ seed, size, attach: (host) => overlay.attach(host) })
    const { simulation } = crowd
    simulation.run(stabilisation * cycle)
    const [sender] = crowd.peers
    if (sender === undefined) throw new RangeError('There is nobody')
    const broadcast = (broadcasts: Broadcasts, first: number, count: number): Tally[] =>
      Array.from({ length: count }, (_, number) => {
        broadcasts.publish(sender, first + number)
        simulation.run(2000)
        return broadcasts.take()
      })
    const [flooded] = broadcast(new Broadcasts(simulation, { control: false }), 0, warmUp)
    const last = broadcast(new Broadcasts(simulation), warmUp, measured)
    const sum = (figure: 'deliveries' | 'duplicates' | 'control'): number =>
      total(last.map((tally) => tally[figure])) / measured
    const deliveries = sum('deliveries')
    return {
      floodedPayload: (flooded?.deliveries ?? 0) + (flooded?.duplicates ?? 0),
      payload: deliveries + sum('duplicates'),
      control: sum('control'),
      redundancy: sum('duplicates') / deliveries,
      deliveries: deliveries / (size - 1),
    }
  },
}
