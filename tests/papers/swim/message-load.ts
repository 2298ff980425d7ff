import { swimPresets } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { startGroup } from '../group.ts'

export interface MessageLoadTrial {
  readonly seed: number
  readonly size: number
}

export interface MessageLoadOutcome {
  /** Sent by one member in one period, on average. */
  readonly messages: number
}

const { probeInterval } = swimPresets.original
const periods = 40

/** SWIM §5, Figure 2: what a member sends while nobody fails: a ping in each period, and an ack for each that it gets. */
export const experiment: Experiment<MessageLoadTrial, MessageLoadOutcome> = {
  module: import.meta.url,
  run({ seed, size }) {
    const { simulation } = startGroup({ size, seed, swim: swimPresets.original })
    simulation.run(2 * probeInterval)
    const before = simulation.traffic().messages
    simulation.run(periods * probeInterval)
    return { messages: (simulation.traffic().messages - before) / (size * periods) }
  },
}
