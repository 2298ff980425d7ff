import { createRandom, integer, sample, type Duration, type Instant } from '../../../node/protocol/index.ts'
import { swimPresets } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { indexOf, startGroup } from '../group.ts'

export interface FirstDetectionTrial {
  readonly seed: number
  readonly size: number
  /** How many members crash, in as many groups as that takes. */
  readonly crashes: number
}

export interface FirstDetectionOutcome {
  /** For each crash, the protocol period after it, from 1 on, in which the first ping went out that was not answered. */
  readonly periods: readonly number[]
  /** For each crash, how long until the first member suspected. */
  readonly delays: readonly Duration[]
}

const period = swimPresets.original.probeInterval

/** Crashed members whom others still probe make a group seem smaller: so few of them crash, and then another group is made. */
const crashedShare = 0.01

/**
 * SWIM §3.1: "the expected time between the failure of an arbitrary member and its first detection is e/(e−1) protocol
 * periods": in each period it escapes the pings of all the others with the probability (1 − 1/n)ⁿ ≈ 1/e.
 */
export const experiment: Experiment<FirstDetectionTrial, FirstDetectionOutcome> = {
  module: import.meta.url,
  run({ seed, size, crashes }) {
    const delays: Duration[] = []
    for (let round = 0; delays.length < crashes; round++) {
      const count = Math.min(crashes - delays.length, Math.ceil(crashedShare * size))
      delays.push(...crashSome(`${seed}/${round}`, size, count))
    }
    // A member suspects at the end of the period that its ping began.
    return { periods: delays.map((delay) => Math.max(1, Math.floor(delay / period))), delays }
  },
}

/** Crashes members of one group, all within one period. @returns how long until each was suspected */
function crashSome(seed: string, size: number, count: number): Duration[] {
  const { simulation, members } = startGroup({ size, seed, swim: swimPresets.original })
  const suspectedAt = new Map<number, Instant>()
  for (const { api } of members) {
    api.subscribe(({ type, peer }) => {
      const index = indexOf(peer)
      if (type === 'suspected' && !suspectedAt.has(index)) suspectedAt.set(index, simulation.now)
    })
  }
  simulation.run(2 * period)

  const random = createRandom(`crashes/${seed}`)
  const crashedAt = new Map<number, Instant>()
  for (const member of sample(random, members, count)) {
    const delay = integer(random, period)
    crashedAt.set(member.index, simulation.now + delay)
    simulation.at(delay, () => simulation.crash(member))
  }
  simulation.runUntil(() => suspectedAt.size === count, 100 * period)
  return Array.from(crashedAt, ([index, crashed]) => (suspectedAt.get(index) ?? Number.NaN) - crashed)
}
