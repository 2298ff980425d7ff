import { cityLatency, cityTable } from '../../../node/simulation/index.ts'
import type { ChordOptions, RingNode } from '../../../overlays/chord/index.ts'
import type { Experiment } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { lookUp, type Finished } from './lookups.ts'
import { Ring, numberOf, paperDefinition, starting, still } from './ring.ts'

export interface LatencyTrial {
  readonly seed: number
  readonly size: number
  readonly options: ChordOptions
  /** Of so many nodes of an arc the one with the shortest round trip is the finger. */
  readonly candidates: number
  readonly lookups: number
}

export interface LatencyOutcome {
  /** From the question to the answer who the owner is, in milliseconds. */
  readonly lookup: number
  /** One round trip between the asker and the owner, on the same wires. */
  readonly direct: number
  readonly hops: number
  readonly wrong: number
}

const { cities, roundTrips } = cityTable
/** Within one city (`cityLatency`'s default, there and back). */
const nearby = 2

/** Beyond the papers: how long a lookup takes on wires between cities, with fingers chosen by their round trips. */
export const experiment: Experiment<LatencyTrial, LatencyOutcome> = {
  module: import.meta.url,
  run({ seed, size, options, candidates, lookups }) {
    const ring = new Ring({
      seed,
      size,
      definition: paperDefinition({ ...still, ...options, proximityCandidates: candidates }),
      latency: cityLatency(),
      choose: (node, serving) => nearest(node, serving.slice(0, candidates)),
    })
    ring.simulation.run(starting)
    const finished = lookUp(ring, lookups, ring.simulation.random('lookups'))
    const isRight = ({ key, owner }: Finished): boolean => owner === ring.settled.owner(key)
    return {
      lookup: mean(finished.map(({ took }) => took)),
      direct: mean(finished.map(({ asker, key }) => roundTrip(asker, ring.settled.owner(key)))),
      hops: mean(finished.map(({ hops }) => hops)),
      wrong: finished.filter((end) => !isRight(end)).length,
    }
  },
}

/** What pings would find, on average: the delay of a message strays evenly to both sides. */
function roundTrip(left: RingNode, right: RingNode): number {
  if (left === right) return 0
  const [from, to] = [numberOf(left) % cities.length, numberOf(right) % cities.length]
  return from === to ? nearby : (roundTrips[from]?.[to] ?? 0)
}

function nearest(node: RingNode, candidates: readonly RingNode[]): RingNode | undefined {
  let best: RingNode | undefined
  for (const candidate of candidates) {
    if (best === undefined || roundTrip(node, candidate) < roundTrip(node, best)) best = candidate
  }
  return best
}
