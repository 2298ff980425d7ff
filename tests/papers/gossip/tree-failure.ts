import { integer } from '../../../node/protocol/index.ts'
import { gossip, gossipPresets } from '../../../overlays/gossip/index.ts'
import type { Experiment } from '../experiment.ts'
import { Broadcasts } from './broadcasts.ts'
import { Crowd, cycle, paperOptions } from './crowd.ts'

export interface TreeFailureTrial {
  readonly seed: number
  readonly size: number
  readonly failed: number
  readonly messages: number
}

export interface TreeFailureOutcome {
  /** Of each message after the failure, the share of the living that eager push alone brought it to. */
  readonly messageReliability: readonly number[]
  /** The share that had it in the end, by what was announced and asked for as well. */
  readonly finalReliability: readonly number[]
}

const stabilisation = 50
const warmUp = 20
/** No missing-message timer expires sooner: what has come by then was pushed. */
const messageInterval = gossipPresets.paper.graftDelay

/**
 * Plumtree §4.4: the tree is grown, a share of the peers crashes at once, and the next message finds a tree of which
 * nobody has noticed that it is broken.
 */
export const experiment: Experiment<TreeFailureTrial, TreeFailureOutcome> = {
  module: import.meta.url,
  run({ seed, size, failed, messages }) {
    const overlay = gossip(paperOptions)
    const crowd = new Crowd({ seed, size, notice: 'when sending', attach: (host) => overlay.attach(host) })
    const { simulation } = crowd
    simulation.run(stabilisation * cycle)
    const random = simulation.random('publishers')
    for (let number = 0; number < warmUp; number++) {
      crowd.peers[0]?.api.publish('news', new TextEncoder().encode(`warm-up ${number}`))
      simulation.run(2000)
    }
    crowd.crash(failed)
    const broadcasts = new Broadcasts(simulation, { control: false })
    const living = crowd.running
    const sender = living[integer(random, living.length)]
    if (sender === undefined) throw new RangeError('There is nobody left')
    const reached = (number: number): number => (broadcasts.heard(number).size + 1) / living.length
    const messageReliability = Array.from({ length: messages }, (_, number) => {
      broadcasts.publish(sender, number)
      simulation.run(messageInterval)
      return reached(number)
    })
    // Who has lost all neighbours notices when it shuffles.
    simulation.run(2 * cycle)
    return { messageReliability, finalReliability: messageReliability.map((_, number) => reached(number)) }
  },
}
