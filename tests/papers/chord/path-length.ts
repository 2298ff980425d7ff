import type { PeerId } from '../../../node/protocol/index.ts'
import type { ChordOptions, RingNode } from '../../../overlays/chord/index.ts'
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
}

export interface PathLengthOutcome {
  readonly hops: Counts
  /** Peers asked until one is asked that has the owner in its list; 0 if the asker has. */
  readonly hopsToList: Counts
  /** Lookups that did not name the owner. */
  readonly wrong: number
  /** Peers that a peer knows for routing: fingers and successors, each once. */
  readonly entries: number
}

/** SIGCOMM 2001, §6.3, Figure 10: how many peers a lookup asks on a ring that is as it should be. */
export const experiment: Experiment<PathLengthTrial, PathLengthOutcome> = {
  module: import.meta.url,
  run({ seed, size, options, lookups }) {
    const ring = new Ring({ seed, size, definition: paperDefinition({ ...still, ...options }) })
    ring.simulation.run(starting)
    const finished = lookUp(ring, lookups, ring.simulation.random('lookups'))
    const tables = ring.living.flatMap(({ nodes }) => nodes.map(({ table }) => table.nodes.length))
    const places = new Map(ring.settled.nodes.map(({ peer }, place) => [peer, place]))
    const { successors = 8 } = options
    const hasInList = (peer: PeerId, owner: RingNode): boolean => {
      const distance = (places.get(owner.peer) ?? 0) - (places.get(peer) ?? 0)
      return (distance + size) % size <= successors
    }
    const hopsToList = finished.map(({ asker, asked, key }) =>
      [asker.peer, ...asked].findIndex((peer) => hasInList(peer, ring.settled.owner(key))),
    )
    return {
      hopsToList: countsOf(hopsToList),
      hops: countsOf(finished.map(({ hops }) => hops)),
      wrong: lookups - finished.filter(({ key, owner }) => owner === ring.settled.owner(key)).length,
      entries: mean(tables),
    }
  },
}
