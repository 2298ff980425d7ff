import { createRandom, sample, type Duration, type Instant } from '../../../node/protocol/index.ts'
import { uniformLatency } from '../../../node/simulation/index.ts'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { indexOf, startGroup, type Group } from '../group.ts'
import { Anomaly } from '../lifeguard/anomaly.ts'

export interface HardDayTrial {
  readonly options: SwimOptions
  readonly seed: number
}

export interface HardDayOutcome {
  /** From each crash until the first and the last member that was well knew of it. */
  readonly firstDetection: readonly Duration[]
  readonly fullDissemination: readonly Duration[]
  /** Events, at any member, that one failed which was well. */
  readonly falsePositives: number
  /** Of the slow members, how many were ever taken for failed by one that was well. */
  readonly slowFailed: number
  /** Sent by a running member in a second. */
  readonly messages: number
  readonly bytes: number
  /** From the end of all trouble until those who run take each other for alive. */
  readonly wholeAfter: Duration
}

const size = 128
const quietTime = 10_000
const slowCount = 12
const blocked = 9000
const free = 500
const crashTimes: readonly Instant[] = [20_000, 40_000, 60_000, 80_000]
const day = 120_000
const night = 300_000

/**
 * What a default is chosen by: a group on a lossy network in which some members are slow, and some crash. 128 members,
 * 3 % of the messages lost, latencies of 1 to 20 ms; 12 members are blocked for 9 s and free for 0.5 s, again and again
 * for two minutes; 4 others crash meanwhile.
 */
export const experiment: Experiment<HardDayTrial, HardDayOutcome> = {
  module: import.meta.url,
  run({ options, seed }) {
    const anomalies = Array.from({ length: size }, () => new Anomaly())
    const group = startGroup({
      size,
      seed,
      swim: options,
      latency: uniformLatency(1, 20),
      loss: 0.03,
      measureBytes: true,
      host: (host, index) => (anomalies[index] as Anomaly).on(host),
    })
    const { simulation, members } = group
    simulation.run(quietTime)

    const chosen = sample(createRandom(`day/${seed}`), [...anomalies.keys()], slowCount + crashTimes.length)
    const slow = new Set(chosen.slice(0, slowCount))
    const crashing = chosen.slice(slowCount)
    const witness = watch(group, slow, new Set(crashing))
    const start = simulation.now
    for (const [place, time] of crashTimes.entries()) {
      const member = members[crashing[place] ?? -1]
      if (member === undefined) continue
      simulation.at(time, () => {
        witness.crashed.set(member.index, simulation.now)
        simulation.crash(member)
      })
    }
    const before = simulation.traffic()
    while (simulation.now < start + day) {
      for (const index of slow) anomalies[index]?.begin()
      simulation.run(blocked)
      for (const index of slow) anomalies[index]?.end()
      simulation.run(free)
    }
    const traffic = simulation.traffic()
    const memberSeconds = (size * (simulation.now - start)) / 1000

    simulation.network.configure({ loss: 0 })
    const troubleEnds = simulation.now
    const isWhole = (): boolean => takeEachOtherForAlive(group)
    const wholeAfter = simulation.runUntil(isWhole, night) ? simulation.now - troubleEnds : Number.NaN
    return {
      ...witness.findings(size - slowCount - crashTimes.length),
      messages: (traffic.messages - before.messages) / memberSeconds,
      bytes: (traffic.bytes - before.bytes) / memberSeconds,
      wholeAfter,
    }
  },
}

interface Witness {
  readonly crashed: Map<number, Instant>
  findings(
    witnesses: number,
  ): Pick<HardDayOutcome, 'firstDetection' | 'fullDissemination' | 'falsePositives' | 'slowFailed'>
}

/** Listens to what members say of failures. */
function watch({ simulation, members }: Group, slow: ReadonlySet<number>, crashing: ReadonlySet<number>): Witness {
  const crashed = new Map<number, Instant>()
  const knownAt = new Map<number, Instant[]>()
  const slowFailed = new Set<number>()
  let falsePositives = 0
  for (const [index, { api }] of members.entries()) {
    const isWell = !slow.has(index) && !crashing.has(index)
    api.subscribe(({ type, peer }) => {
      const subject = indexOf(peer)
      if (type !== 'failed') return
      if (!slow.has(subject) && !crashed.has(subject)) falsePositives++
      else if (!isWell) return
      else if (slow.has(subject)) slowFailed.add(subject)
      else knownAt.set(subject, [...(knownAt.get(subject) ?? []), simulation.now])
    })
  }
  return {
    crashed,
    findings: (witnesses) => {
      const delays = Array.from(knownAt, ([subject, times]) =>
        times.map((time) => time - (crashed.get(subject) ?? Number.NaN)),
      )
      return {
        firstDetection: delays.map((each) => Math.min(...each)),
        fullDissemination: delays.filter(({ length }) => length >= witnesses).map((each) => Math.max(...each)),
        falsePositives,
        slowFailed: slowFailed.size,
      }
    },
  }
}

function takeEachOtherForAlive({ members }: Group): boolean {
  const running = members.filter(({ state }) => state === 'running')
  return running.every(({ api }) => {
    const alive = new Set(api.members().flatMap(({ peer, state }) => (state === 'alive' ? [peer] : [])))
    return running.every(({ id }) => alive.has(id))
  })
}
