import type { Host } from '../../node/protocol/index.ts'
import { Simulation, type Latency, type SimulatedPeer, type SimulationOptions } from '../../node/simulation/index.ts'
import { KnownMembers, swim, type Swim, type SwimOptions } from '../../overlays/swim/index.ts'

export interface GroupOptions extends SimulationOptions {
  readonly size: number
  readonly swim: SwimOptions
  /** What stands between a member and its host. */
  readonly host?: (host: Host, index: number) => Host
}

export interface Group {
  readonly simulation: Simulation
  /** Member i is peer i, named `m<i>`. */
  readonly members: readonly SimulatedPeer<Swim>[]
}

/**
 * One network, as the papers had it: a round trip of a tenth of a millisecond. Time is counted in whole milliseconds
 * here, so one message in twenty takes one and the others none.
 */
const oneNetwork: Latency = (random) => (random.next() < 0.05 ? 1 : 0)

/** A group in which all know each other from the start. */
export function startGroup({ size, swim: options, host = (same) => same, ...simulationOptions }: GroupOptions): Group {
  const simulation = new Simulation({ latency: oneNetwork, ...simulationOptions })
  const known = new KnownMembers(Array.from({ length: size }, (_, index) => `m${index}`))
  const overlay = swim({ memberLimit: size, ...options }, { members: (self) => known.sharedTable(self) })
  const members = Array.from({ length: size }, (_, index) =>
    simulation.addPeer(`m${index}`, (simulated) => overlay.attach(host(simulated, index))),
  )
  return { simulation, members }
}

/** @returns the number of a member by its name */
export function indexOf(peer: string): number {
  return Number(peer.slice(1))
}
