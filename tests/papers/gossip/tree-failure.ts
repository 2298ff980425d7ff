import { integer } from '../../../node/protocol/index.ts'
import { gossip } from '../../../overlays/gossip/index.ts'
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
  /** Share of the living that the message reached before the next was sent, of each message after the failure. */
  readonly messageReliability: readonly number[]
}

const stabilisation = 50
const warmUp = 20
/** As in §4.4, where the next message does not wait until the tree is whole. */
const messageInterval = 500

/** Plumtree §4.4: the tree is grown, a share of the peers crashes at once, and messages go on. */
export const experiment: Experiment<TreeFailureTrial, TreeFailureOutcome> = {
  module: import.meta.url,
  run({ seed, size, failed, messages }) {
    const overlay = gossip(paperOptions)
    const crowd = new Crowd({ seed, size, attach: (host) => overlay.attach(host) })
    const { simulation } = crowd
    simulation.run(stabilisation * cycle)
    const random = simulation.random('publishers')
    for (let number = 0; number < warmUp; number++) {
      crowd.peers[0]?.api.publish('news', new TextEncoder().encode(`warm-up ${number}`))
      simulation.run(2000)
    }
    crowd.crash(failed)
    const broadcasts = new Broadcasts(simulation)
    const living = crowd.running
    const sender = living[integer(random, living.length)]
    if (sender === undefined) throw new RangeError('There is nobody left')
    const reached = Array.from({ length: messages }, (_, number) => {
      broadcasts.publish(sender, number)
      simulation.run(messageInterval)
      return (broadcasts.heard(number).size + 1) / living.length
    })
    return { messageReliability: reached }
  },
}
