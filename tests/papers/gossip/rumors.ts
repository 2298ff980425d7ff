import type { PeerId } from '../../../node/protocol/index.ts'
import { Simulation, constantLatency } from '../../../node/simulation/index.ts'
import {
  rumorMongering,
  type RumorEvent,
  type RumorOptions,
} from '../../../examples/rumor-mongering/rumor-mongering.ts'
import { mean, total } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'

export interface RumorsTrial extends Pick<RumorOptions, 'direction' | 'response' | 'loss' | 'k'> {
  readonly seed: number
  readonly size: number
  /** One after another, each until everybody has lost interest. */
  readonly rumors: number
}

/** Means over the rumors. */
export interface RumorsOutcome {
  /** Share of the peers that never hear (s). */
  readonly residue: number
  /** Copies of the rumor sent, for each peer (m). */
  readonly traffic: number
  /** Cycles until a peer hears it, of those who do. */
  readonly averageDelay: number
  readonly lastDelay: number
}

const latency = 1
const cycle = 10

/** Demers et al. §1.4, Tables 1 to 3: no connection limit, no hunting; everybody knows everybody. */
export const experiment: Experiment<RumorsTrial, RumorsOutcome> = {
  module: import.meta.url,
  run({ seed, size, rumors, ...variation }) {
    const simulation = new Simulation({ seed, latency: constantLatency(latency), links: false })
    const definition = rumorMongering({ ...variation, cycle })
    const names = Array.from({ length: size }, (_, index) => `p${index}` as PeerId)
    const peers = names.map((name) => simulation.addPeer(name, (host) => host.run(definition, names)))
    let infective = 0
    let delays: number[] = []
    let since = 0
    simulation.observe((happening) => {
      if (happening.kind !== 'event') return
      if ((happening.event as RumorEvent).type === 'removed') infective--
      else {
        infective++
        // The publisher hears it in no cycle.
        if (simulation.now > since) delays.push(Math.ceil((simulation.now - since) / cycle))
      }
    })
    // Rumors are planted just before a cycle.
    simulation.run(cycle - 1)
    const outcomes = Array.from({ length: rumors }, (_, number): Omit<RumorsOutcome, 'traffic'> => {
      since = simulation.now
      delays = []
      peers[number % size]?.api.publish(new Uint8Array())
      simulation.runUntil(() => infective === 0, 1000 * cycle, cycle)
      return {
        residue: 1 - (delays.length + 1) / size,
        averageDelay: mean(delays),
        lastDelay: Math.max(...delays),
      }
    })
    return {
      residue: mean(outcomes.map(({ residue }) => residue)),
      traffic: total(peers.map(({ api }) => api.sent)) / size / rumors,
      averageDelay: mean(outcomes.map(({ averageDelay }) => averageDelay)),
      lastDelay: mean(outcomes.map(({ lastDelay }) => lastDelay)),
    }
  },
}
