// Runs one crowd of gossip in a process of its own, so that its memory is its own, and tells its parent.
import {
  experiment,
  type HundredCyclesOutcome,
  type HundredCyclesTrial,
} from '../tests/papers/gossip/hundred-cycles.ts'

export interface GossipCrowdFigures extends HundredCyclesOutcome {
  readonly seconds: number
  /** Of all threads: the collector's and the compiler's too. */
  readonly cpuSeconds: number
  readonly peakMemoryMB: number
}

function run(trial: HundredCyclesTrial): GossipCrowdFigures {
  const start = performance.now()
  const outcome = experiment.run(trial)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage()
  return { ...outcome, seconds, cpuSeconds: (user + system) / 1e6, peakMemoryMB: process.resourceUsage().maxRSS / 1000 }
}

const trial = process.argv[2]
if (trial !== undefined) process.send?.(run(JSON.parse(trial) as HundredCyclesTrial))
