import { createRandom, sample, type Duration } from '../../../node/protocol/index.ts'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { indexOf, startGroup } from '../group.ts'
import { Anomaly } from './anomaly.ts'
import { groupSize, quietTime } from './configurations.ts'

export interface IntervalTrial {
  readonly options: SwimOptions
  readonly seed: number
  /** C: members that are anomalous at the same time. */
  readonly anomalies: number
  /** D: how long each anomaly lasts. */
  readonly duration: Duration
  /** I: how long they are well until the next. */
  readonly interval: Duration
}

export interface IntervalOutcome {
  /** FP: events, at any member, that a member failed which was well all the time. */
  readonly falsePositives: number
  /** FP−: those of them at members which were well themselves. */
  readonly atHealthy: number
  /** Sent by all members from the first anomaly on. */
  readonly messages: number
  readonly bytes: number
}

/** Anomalies come and go for at least so long. */
const testTime = 120_000

/** Lifeguard §V, the interval experiment: some members are blocked and freed, again and again. */
export const experiment: Experiment<IntervalTrial, IntervalOutcome> = {
  module: import.meta.url,
  run({ options, seed, anomalies: count, duration, interval }) {
    const anomalies = Array.from({ length: groupSize }, () => new Anomaly())
    // Settings have chances of their own, configurations have the same.
    const chance = `${seed}/${count}/${duration}/${interval}`
    const { simulation, members } = startGroup({
      size: groupSize,
      seed: chance,
      swim: options,
      measureBytes: true,
      host: (host, index) => (anomalies[index] as Anomaly).on(host),
    })
    simulation.run(quietTime)
    const before = simulation.traffic()

    const anomalous = new Set(sample(createRandom(`anomalous/${chance}`), [...anomalies.keys()], count))
    let falsePositives = 0
    let atHealthy = 0
    for (const [index, { api }] of members.entries()) {
      api.subscribe(({ type, peer }) => {
        if ((type !== 'failed' && type !== 'left') || anomalous.has(indexOf(peer))) return
        falsePositives++
        if (!anomalous.has(index)) atHealthy++
      })
    }

    const end = simulation.now + testTime
    while (simulation.now < end) {
      for (const index of anomalous) anomalies[index]?.begin()
      simulation.run(duration)
      for (const index of anomalous) anomalies[index]?.end()
      simulation.run(interval)
    }
    const { messages, bytes } = simulation.traffic()
    return { falsePositives, atHealthy, messages: messages - before.messages, bytes: bytes - before.bytes }
  },
}
