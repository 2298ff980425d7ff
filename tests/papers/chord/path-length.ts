import type { ChordOptions } from '../../../overlays/chord/index.ts'
import type { Experiment } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { countsOf, type Counts } from './counts.ts'
import { lookUp } from './lookups.ts'
import { Ring, paperDefinition, starting, still } from './ring.ts'

export interface PathLengthTrial {
  readonly seed: number
  readonly size: number
  readonly options: ChordOptions
  readonly lookups: number
  /** Whether who has the owner in its list may answer. */
  readonly listAnswers?: boolean
}

export interface PathLengthOutcome {
  readonly hops: Counts
  /** Lookups that did not name the owner. */
  readonly wrong: number
  /** Peers that a peer knows for routing: fingers and successors, each once. */
  readonly entries: number
}

/** SIGCOMM 2001, §6.3, Figure 10: how many peers a lookup asks on a ring that is as it should be. */
export const experiment: Experiment<PathLengthTrial, PathLengthOutcome> = {
  module: import.meta.url,
  run({ seed, size, options, lookups, listAnswers = false }) {
    const ring = new Ring({ seed, size, definition: paperDefinition({ ...still, ...options }) })
    ring.simulation.run(starting)
    const finished = lookUp(ring, lookups, ring.simulation.random('lookups'), listAnswers ? { following: 1 } : {})
    const tables = ring.living.flatMap(({ nodes }) => nodes.map(({ table }) => table.nodes.length))
    return {
      hops: countsOf(finished.map(({ hops }) => hops)),
      wrong: lookups - finished.filter(({ key, owner }) => owner === ring.settled.owner(key)).length,
      entries: mean(tables),
    }
  },
}
