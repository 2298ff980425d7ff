import { createRandom, sample, type Duration, type Instant } from '../../../node/protocol/index.ts'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { indexOf, startGroup } from '../group.ts'
import { Anomaly } from './anomaly.ts'
import { groupSize, quietTime } from './configurations.ts'

export interface ThresholdTrial {
  readonly options: SwimOptions
  readonly seed: number
  /** C: members that are anomalous at the same time. */
  readonly anomalies: number
  /** D: how long. */
  readonly duration: Duration
}

export interface ThresholdOutcome {
  /** From the start of the anomaly until the first member that was well knew of the failure, for each one detected. */
  readonly firstDetection: readonly Duration[]
  /** Until the last of them knew, where all came to know. */
  readonly fullDissemination: readonly Duration[]
}

/** How long news of a failure may still be under way when the anomaly ends. */
const aftermath = 5000

/** Lifeguard §V, the threshold experiment: some members are blocked once. */
export const experiment: Experiment<ThresholdTrial, ThresholdOutcome> = {
  module: import.meta.url,
  run({ options, seed, anomalies: count, duration }) {
    const anomalies = Array.from({ length: groupSize }, () => new Anomaly())
    // Settings have chances of their own, configurations have the same.
    const chance = `${seed}/${count}/${duration}`
    const { simulation, members } = startGroup({
      size: groupSize,
      seed: chance,
      swim: options,
      host: (host, index) => (anomalies[index] as Anomaly).on(host),
    })
    simulation.run(quietTime)

    const anomalous = new Set(sample(createRandom(`anomalous/${chance}`), [...anomalies.keys()], count))
    /** When each member that is well came to know of a failure, by the failed. */
    const known = new Map<number, Instant[]>(Array.from(anomalous, (index) => [index, []]))
    for (const [index, { api }] of members.entries()) {
      if (anomalous.has(index)) continue
      const heard = new Set<string>()
      api.subscribe(({ type, peer }) => {
        if (type !== 'failed' || heard.has(peer)) return
        heard.add(peer)
        known.get(indexOf(peer))?.push(simulation.now)
      })
    }

    const start = simulation.now
    for (const index of anomalous) anomalies[index]?.begin()
    simulation.run(duration)
    for (const index of anomalous) anomalies[index]?.end()
    simulation.run(aftermath)

    const detected = [...known.values()].filter((times) => times.length > 0)
    const byAll = detected.filter((times) => times.length === groupSize - count)
    return {
      firstDetection: detected.map((times) => Math.min(...times) - start),
      fullDissemination: byAll.map((times) => Math.max(...times) - start),
    }
  },
}
