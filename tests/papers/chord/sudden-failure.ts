import { sample, type Duration } from '../../../node/protocol/index.ts'
import type { ChordOptions } from '../../../overlays/chord/index.ts'
import type { Experiment } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { countsOf, type Counts } from './counts.ts'
import { lookUp, type Finished } from './lookups.ts'
import { Ring, paperDefinition, starting, still } from './ring.ts'

export interface SuddenFailureTrial {
  readonly seed: number
  readonly size: number
  readonly options: ChordOptions
  /** Share of the peers that crash at once. */
  readonly failed: number
  readonly lookups: number
  /** Whether it is measured a second time, when the ring has been mended. */
  readonly mends: boolean
}

/** Of the lookups, by what became of them. */
export interface LookupFigures {
  /** Share of the keys whose owner, as it was before the failure, is dead. */
  readonly lost: number
  /** Share of lookups that named another owner than the one before the failure, or a dead one, or failed. */
  readonly failed: number
  /** Lookups that failed although the owner lives. */
  readonly beyond: number
  readonly hops: Counts
  readonly timeouts: Counts
  /** Peers asked, the silent ones among them. */
  readonly asked: Counts
  /** Milliseconds, on average. */
  readonly took: Duration
}

export interface SuddenFailureOutcome {
  /** Before anybody has stabilised. */
  readonly before: LookupFigures
  readonly after: LookupFigures | undefined
}

/** Later than all lookups of before. */
const stabiliseInterval: Duration = 300_000
const mendingRounds = 6

/** A share of all crash at once: SIGCOMM 2001, §6.4, Figure 11; ToN 2003, §V-D, Table II. */
export const experiment: Experiment<SuddenFailureTrial, SuddenFailureOutcome> = {
  module: import.meta.url,
  run({ seed, size, options, failed, lookups, mends }) {
    const own: ChordOptions = mends ? { ...still, stabiliseInterval } : still
    const ring = new Ring({ seed, size, definition: paperDefinition({ ...own, ...options }) })
    const { simulation } = ring
    simulation.run(starting)
    const crashing = sample(simulation.random('crashes'), ring.inhabitants, Math.round(failed * size))
    for (const { peer } of crashing) simulation.crash(peer)
    const random = simulation.random('lookups')
    const before = figures(ring, lookUp(ring, lookups, random))
    if (!mends) return { before, after: undefined }
    simulation.run(mendingRounds * stabiliseInterval)
    return { before, after: figures(ring, lookUp(ring, lookups, random)) }
  },
}

/** A value lies with the owner of its key alone here: when that one is dead, it is lost, whoever is named. */
function figures(ring: Ring, finished: readonly Finished[]): LookupFigures {
  const living = new Set(ring.living.flatMap(({ nodes }) => nodes.map(({ self }) => self)))
  const named = finished.map(({ key, owner }) => {
    const former = ring.settled.owner(key)
    return { isLost: !living.has(former), isNamed: owner === former }
  })
  const lost = named.filter(({ isLost }) => isLost).length
  const beyond = named.filter(({ isLost, isNamed }) => !isLost && !isNamed).length
  return {
    lost: lost / finished.length,
    failed: (lost + beyond) / finished.length,
    beyond,
    hops: countsOf(finished.map(({ hops }) => hops)),
    timeouts: countsOf(finished.map(({ timeouts }) => timeouts)),
    asked: countsOf(finished.map(({ asked }) => asked.length)),
    took: mean(finished.map(({ took }) => took)),
  }
}
