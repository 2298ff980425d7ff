import type { PeerId } from '../../../../node/protocol/index.ts'
import { HostileRing, falseSuccessors, wrongArcs, type Corruption } from '../../../abuse/chord/hostile-ring.ts'
import type { Experiment } from '../../experiment.ts'

export interface HostilityTrial {
  readonly seed: number
  readonly size: number
  /** Of the members. */
  readonly share: number
  readonly lie: 'false successors' | 'wrong arcs'
  readonly lookups: number
}

export interface HostilityOutcome {
  /** Share of the honest that are on the ring. */
  readonly members: number
  /** Share of the lookups by honest members that name the right one of all. */
  readonly right: number
}

const lies: Readonly<Record<HostilityTrial['lie'], (band: readonly PeerId[]) => Corruption>> = {
  'false successors': () => falseSuccessors,
  'wrong arcs': wrongArcs,
}

/** A ring that grows with the hostile among its members, then lookups by the honest. */
export const experiment: Experiment<HostilityTrial, HostilityOutcome> = {
  module: import.meta.url,
  run({ seed, size, share, lie, lookups }) {
    const ring = new HostileRing(seed, size, share, lies[lie])
    return { members: ring.members, right: ring.rightLookups(lookups) }
  },
}
