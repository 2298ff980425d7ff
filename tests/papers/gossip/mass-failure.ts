import { integer, type Duration } from '../../../node/protocol/index.ts'
import { mean } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'
import { Crowd, cycle, paperOptions } from './crowd.ts'
import { flooding, type Floods } from './flooding.ts'

export interface MassFailureTrial {
  readonly seed: number
  readonly size: number
  /** Share of the peers that crash at once. */
  readonly failed: number
  readonly passiveViewSize: number
  readonly messages: number
}

export interface MassFailureOutcome {
  /** Share of the living that a message reached: the mean over all messages, of the first one, and of the last ten. */
  readonly reliability: number
  readonly first: number
  readonly last: number
  /** Cycles from the failure until every message reached 99.9 % of the living. */
  readonly healedAfter: number
}

/** Long enough for a neighbour to be replaced: a few dials. */
const messageInterval: Duration = 200
const stabilisation = 50

/** HyParView §5.2, Figure 2: after a share of the peers has crashed, messages are sent by random living ones. */
export const experiment: Experiment<MassFailureTrial, MassFailureOutcome> = {
  module: import.meta.url,
  run({ seed, size, failed, passiveViewSize, messages }) {
    const floods: Floods = []
    const crowd = new Crowd({ seed, size, attach: flooding({ ...paperOptions, passiveViewSize }, floods) })
    const { simulation } = crowd
    simulation.run(stabilisation * cycle)
    crowd.crash(failed)
    const living = crowd.running
    const random = simulation.random('publishers')
    for (let number = 0; number < messages; number++) {
      living[integer(random, living.length)]?.api.publish(number, size)
      simulation.run(messageInterval)
    }
    simulation.run(messageInterval)
    const reached = floods.map(({ receivers }) => receivers / living.length)
    const healed = reached.findLastIndex((share) => share < 0.999) + 1
    return {
      reliability: mean(reached),
      first: reached[0] ?? 0,
      last: mean(reached.slice(-10)),
      healedAfter: healed === messages ? Number.POSITIVE_INFINITY : Math.ceil((healed * messageInterval) / cycle),
    }
  },
}
