import { integer, type Duration } from '../../../node/protocol/index.ts'
import { startChurn, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { gossip, type Gossip, type GossipOptions } from '../../../overlays/gossip/index.ts'
import { mean, percentile, total } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'
import { Broadcasts, type Tally } from './broadcasts.ts'
import { Crowd } from './crowd.ts'

export interface ChurnTrial {
  readonly seed: number
  readonly size: number
  readonly options: GossipOptions
  /** Share of the peers that leave in a minute, and that come. */
  readonly churn: number
  readonly messages: number
  /** One message each so long, each of another peer. */
  readonly every: Duration
}

export interface ChurnOutcome {
  /** Of those who ran from the publication to the end, the share that heard. */
  readonly delivered: number
  readonly missing: number
  readonly redundancy: number
  /** Control messages for each delivery. */
  readonly control: number
  readonly lastHop: number
  readonly lastHopP99: number
}

const settling = 60_000
const warmUp = 40

/** Beyond the papers: everybody publishes in turn, while peers come and go; our defaults. */
export const experiment: Experiment<ChurnTrial, ChurnOutcome> = {
  module: import.meta.url,
  run({ seed, size, options, churn, messages, every }) {
    const overlay = gossip(options)
    const crowd = new Crowd({ seed, size, attach: (host) => overlay.attach(host) })
    const { simulation } = crowd
    simulation.run(settling)
    const random = simulation.random('publishers')
    const anybody = (): SimulatedPeer<Gossip> => {
      const { running } = crowd
      return running[integer(random, running.length)] as SimulatedPeer<Gossip>
    }
    if (churn > 0) {
      startChurn(simulation, {
        arrivals: churn * size,
        spawn: () => crowd.join(anybody()),
        peers: crowd.peers.slice(),
        lifetime: { scale: 60_000 / churn },
      })
    }
    for (let number = 0; number < warmUp; number++) {
      anybody().api.publish('news', new TextEncoder().encode(`warm-up ${number}`))
      simulation.run(every)
    }
    simulation.run(5000)
    const broadcasts = new Broadcasts(simulation)
    const tallies: Tally[] = []
    const audiences: (readonly SimulatedPeer<Gossip>[])[] = []
    for (let number = 0; number < messages; number++) {
      const publisher = anybody()
      audiences.push(crowd.running.filter((peer) => peer !== publisher))
      broadcasts.publish(publisher, number)
      simulation.run(every)
      tallies.push(broadcasts.take())
    }
    simulation.run(20_000)
    tallies.push(broadcasts.take())
    return sumUp(tallies, audiences, broadcasts)
  },
}

function sumUp(
  tallies: readonly Tally[],
  audiences: readonly (readonly SimulatedPeer<Gossip>[])[],
  broadcasts: Broadcasts,
): ChurnOutcome {
  let [expected, missing] = [0, 0]
  for (const [number, audience] of audiences.entries()) {
    const heard = broadcasts.heard(number)
    for (const { id, state } of audience) {
      if (state !== 'running') continue
      expected++
      if (!heard.has(id)) missing++
    }
  }
  const deliveries = total(tallies.map((tally) => tally.deliveries))
  const lastHops = broadcasts.lastHops
  return {
    delivered: 1 - missing / expected,
    missing,
    redundancy: total(tallies.map(({ duplicates }) => duplicates)) / deliveries,
    control: total(tallies.map((tally) => tally.control)) / deliveries,
    lastHop: mean(lastHops),
    lastHopP99: percentile(lastHops, 0.99),
  }
}
