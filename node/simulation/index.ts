export { CheckFailedError, type Checker } from './checkers.ts'
export { startChurn, type ChurnOptions, type Lifetime } from './churn.ts'
export { cityTable, type CityTable } from './cities.ts'
export type { Tear } from './disk.ts'
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
export type { Comings } from './scenario/comings.ts'
export { Distribution } from './scenario/distribution.ts'
export type { Fault } from './scenario/faults.ts'
export type {
  Entry,
  Figures,
  Measurement,
  Offer,
  OverlayRun,
  ScenarioChecker,
  ScenarioOverlay,
  ScenarioOverlays,
} from './scenario/overlay.ts'
export { peerChoice, type PeerChoice } from './scenario/peer-choice.ts'
export { Place, suggestion, type Problem } from './scenario/place.ts'
export { duration, durationInWords, share } from './scenario/quantities.ts'
export type { Finding, ProtocolTraffic, ScenarioReport } from './scenario/report.ts'
export { reportTable } from './scenario/report-table.ts'
export { ScenarioRun, runScenario, type ScenarioRunOptions } from './scenario/run.ts'
export {
  ScenarioError,
  parseScenario,
  readScenario,
  scenarioSchema,
  type Scenario,
  type ScenarioPeers,
  type Start,
} from './scenario/scenario.ts'
export {
  converted,
  dictionary,
  either,
  fallback,
  flag,
  keyed,
  list,
  number,
  optional,
  record,
  required,
  tagged,
  text,
  wholeNumber,
  word,
  type Field,
  type Fields,
  type JsonSchema,
  type Shape,
} from './scenario/shape.ts'
export type { LatencyModel, Wires } from './scenario/wires.ts'
export type { SimulatedHost } from './simulated-host.ts'
export type { PeerSetup, PeerState, SimulatedPeer, SimulatedPeerOptions } from './simulated-peer.ts'
export { Simulation, type Flapping, type SimulationOptions } from './simulation.ts'
export { TimelineError, parseTimeline, type Timeline, type TimelineLine } from './timeline/lines.ts'
export { TimelineRecording, type RecordingOptions } from './timeline/recording.ts'
export type { SelectionOptions } from './timeline/selection.ts'
export { Transcript, type TranscriptOptions } from './timeline/transcript.ts'
export type { TrafficCount } from './traffic.ts'
