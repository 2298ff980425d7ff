export { CheckFailedError, type Checker } from './checkers.ts'
export { startChurn, type ChurnOptions, type Lifetime } from './churn.ts'
export { cityTable, type CityTable } from './cities.ts'
export { EventQueue } from './event-queue.ts'
export {
  cityLatency,
  constantLatency,
  logNormalLatency,
  uniformLatency,
  type CityLatencyOptions,
  type Latency,
} from './latency.ts'
export type { Degradation, Network, NetworkOptions } from './network.ts'
export type { Happening, ObserveOptions } from './observers.ts'
export type { SimulatedHost } from './simulated-host.ts'
export type { PeerSetup, PeerState, SimulatedPeer } from './simulated-peer.ts'
export { Simulation, type Flapping, type SimulationOptions } from './simulation.ts'
export type { TrafficCount } from './traffic.ts'
