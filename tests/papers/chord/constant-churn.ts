import { integer, type Duration, type PeerId, type Random } from '../../../node/protocol/index.ts'
import { constantLatency, startChurn } from '../../../node/simulation/index.ts'
import {
  isBetween,
  zaveRules,
  type ChordCore,
  type ChordEnvironment,
  type ChordTimer,
  type RingNode,
  type RingPoint,
} from '../../../overlays/chord/index.ts'
import type { Experiment } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { countsOf, type Counts } from './counts.ts'
import { look, type Finished } from './lookups.ts'
import { originalRules } from './original-rules.ts'
import { Ring, paperDefinition, randomKey } from './ring.ts'

export interface ConstantChurnTrial {
  readonly seed: number
  readonly size: number
  /** Peers that join in a second, and that fail. */
  readonly rate: number
  readonly rules: 'original' | 'zave'
  /** `paper`: a lookup that meets a dead peer has failed, whatever it was for; stabilisation comes evenly every 15 to 45 s.
   *  `ours`: lookups ask others in place of the dead; stabilisation comes sooner while the list changes. */
  readonly manners: 'paper' | 'ours'
  readonly successors: number
  readonly duration: Duration
}

export interface ConstantChurnOutcome {
  readonly lookups: number
  /** Share that named another than the present owner, or nobody. */
  readonly failed: number
  /** Of those that named somebody. */
  readonly hops: Counts
  readonly timeouts: number
  /** How often a peer that ran was on the ring no longer. */
  readonly lostPlaces: number
}

const period: Duration = 30_000
/** One way. Short, so that the longest lookup ends before a time-out does. */
const latency: Duration = 10
/** A peer that does not answer within that is held for dead (ToN 2003, §V-A). */
const requestTimeout: Duration = 500
/** Fingers that are not the successor, of 500 peers on average: each is looked up about once in a period. */
const fingers = 9

/** SIGCOMM 2001, §6.5, Figure 12: lookups while peers join and fail all the time. */
export const experiment: Experiment<ConstantChurnTrial, ConstantChurnOutcome> = {
  module: import.meta.url,
  run(trial) {
    const ring = churningRing(trial)
    const { simulation } = ring
    const random = simulation.random('lookups')
    const ended: (Finished & { readonly isRight: boolean })[] = []
    let lostPlaces = 0
    simulation.observe((happening) => {
      if (happening.kind === 'event' && (happening.event as { type: string }).type === 'left') lostPlaces++
    })
    const ask = (): void => {
      const members = ring.living.filter(({ isMember }) => isMember)
      const asker = members[integer(random, members.length)] as ChordCore
      look(asker, randomKey(random), (end) => {
        ended.push({ ...end, isRight: end.owner !== undefined && end.owner === presentOwner(ring, end.key) })
      })
    }
    for (let second = 0; second < trial.duration / 1000; second++) {
      simulation.at(integer(random, 1000), ask)
      simulation.run(1000)
    }
    const { length } = ended
    return {
      lookups: length,
      failed: ended.filter(({ isRight }) => !isRight).length / length,
      hops: countsOf(ended.flatMap(({ owner, hops }) => (owner === undefined ? [] : [hops]))),
      timeouts: mean(ended.map(({ timeouts }) => timeouts)),
      lostPlaces,
    }
  },
}

function churningRing({ seed, size, rate, rules, manners, successors }: ConstantChurnTrial): Ring {
  const options = {
    successors,
    stabiliseInterval: period,
    fingerInterval: Math.round(period / fingers),
    unifyInterval: 86_400_000,
    requestTimeout,
    requestAttempts: 1,
    proximityCandidates: 1,
  }
  const definition =
    manners === 'ours'
      ? paperDefinition(options)
      : // Whoever waits for a dead peer gives up, before another could be asked.
        paperDefinition({ ...options, lookupTimeout: requestTimeout - 1 }, atPapersTimes)
  const ring: Ring = new Ring({
    seed,
    size,
    definition,
    latency: constantLatency(latency),
    needs: {
      rules: rules === 'original' ? originalRules : zaveRules,
      sample: (count) => anybody(ring, ring.simulation.random(`doors/${ring.simulation.now}`), count),
    },
  })
  startChurn(ring.simulation, {
    arrivals: 60 * rate,
    spawn: () => ring.add(),
    peers: ring.inhabitants.map(({ peer }) => peer),
    lifetime: { scale: (1000 * size) / rate },
    crashShare: 1,
  })
  return ring
}

/** Whom a newcomer can turn to: the paper lets it know somebody. */
function anybody(ring: Ring, random: Random, count: number): PeerId[] {
  const members = ring.living.filter(({ isMember }) => isMember)
  return Array.from({ length: count }, () => members[integer(random, members.length)]?.nodes[0]?.self.peer as PeerId)
}

/**
 * In the paper a peer stabilises at random intervals of 30 s on average, from 15 to 45 in the later version (ToN 2003,
 * §V-E), and each time it looks up all its fingers (SIGCOMM 2001, §6.5).
 */
function atPapersTimes(environment: ChordEnvironment): ChordEnvironment {
  const { self, random } = environment
  let fixed = 0
  const paperDelay = (timer: ChordTimer, delay: Duration): Duration => {
    if (timer.type === 'fingers' && ++fixed % fingers > 0) return 1
    return timer.type === 'stabilise' || timer.type === 'fingers' ? period / 2 + integer(random, period) : delay
  }
  return {
    self,
    random,
    now: () => environment.now(),
    send: (to, message) => environment.send(to, message),
    emit: (event) => environment.emit(event),
    schedule: (timer, delay) => environment.schedule(timer, paperDelay(timer, delay)),
  }
}

/** Among those that are on the ring at this moment, known to their neighbours or not. */
function presentOwner({ living }: Ring, key: RingPoint): RingNode | undefined {
  let owner: RingNode | undefined
  for (const { nodes, isMember } of living) {
    const self = nodes[0]?.self
    if (!isMember || self === undefined) continue
    if (self.point === key) return self
    if (owner === undefined || isBetween(key, self.point, owner.point)) owner = self
  }
  return owner
}
