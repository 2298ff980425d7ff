import type { PeerId } from '../../../node/protocol/index.ts'
import { createRandom } from '../../../node/protocol/index.ts'
import { SettledRing, ringNode } from '../../../overlays/chord/index.ts'
import type { Experiment } from '../experiment.ts'
import { percentile } from '../statistics.ts'
import { randomKey } from './ring.ts'

export interface LoadTrial {
  readonly seed: number
  readonly peers: number
  readonly virtualNodes: number
  /** Numbers of keys at which it is looked how they lie, rising. */
  readonly keys: readonly number[]
}

/** How many times the mean a peer holds, for each number of keys. */
export interface LoadOutcome {
  readonly p1: readonly number[]
  readonly p99: readonly number[]
  readonly most: readonly number[]
}

/** SIGCOMM 2001, §6.2, Figures 8 and 9: how evenly keys lie on the peers. */
export const experiment: Experiment<LoadTrial, LoadOutcome> = {
  module: import.meta.url,
  run({ seed, peers, virtualNodes, keys }) {
    const names = Array.from({ length: peers }, (_, index) => `${seed}/${index}` as PeerId)
    const ring = new SettledRing(
      names.flatMap((name) => Array.from({ length: virtualNodes }, (_, index) => ringNode(name, index))),
    )
    const random = createRandom(`${seed}/keys`)
    const held = new Map(names.map((name) => [name, 0]))
    const outcome = { p1: [] as number[], p99: [] as number[], most: [] as number[] }
    let placed = 0
    for (const step of keys) {
      for (; placed < step; placed++) {
        const { peer } = ring.owner(randomKey(random))
        held.set(peer, (held.get(peer) ?? 0) + 1)
      }
      const loads = Array.from(held.values(), (load) => (load * peers) / placed)
      outcome.p1.push(percentile(loads, 0.01))
      outcome.p99.push(percentile(loads, 0.99))
      outcome.most.push(percentile(loads, 1))
    }
    return outcome
  },
}
