import type { Key } from '../../../../node/protocol/index.ts'
import type { Experiment } from '../../experiment.ts'
import { RecordCrowd } from './crowd.ts'

export interface SuddenLossTrial {
  readonly seed: number
  readonly size: number
  readonly values: number
  /** Neighbours on the ring that crash in one moment and never come back. */
  readonly killed: number
}

export interface SuddenLossOutcome {
  readonly acknowledged: number
  readonly lost: number
  /** Of those lost: all that held them are among the killed. */
  readonly expected: number
  /** Arcs of which some peer said that all replicas may be gone. */
  readonly told: number
}

/** Neighbours on the ring are replicas of the same arcs: what stands on them alone is gone. */
export const experiment: Experiment<SuddenLossTrial, SuddenLossOutcome> = {
  module: import.meta.url,
  run({ seed, size, values, killed }) {
    const crowd = new RecordCrowd({ seed, size })
    const { simulation } = crowd
    const keys: Key[] = []
    for (let number = 0; number < values; number++) {
      const peer = crowd.peers[number % size]
      const value = new TextEncoder().encode(`value ${number} of ${seed}`)
      if (peer !== undefined) crowd.put(peer, value, (key) => keys.push(key))
      simulation.run(50)
    }
    simulation.run(60_000)
    let told = 0
    simulation.observe((happening) => {
      if (happening.kind === 'event' && isLoss(happening.event)) told++
    })
    const byPoint = crowd.living().sort((left, right) => (pointOf(left.api) < pointOf(right.api) ? -1 : 1))
    const victims = new Set(byPoint.slice(0, killed))
    const expected = keys.filter((key) => crowd.holders(key).every((holder) => victims.has(holder))).length
    for (const peer of victims) simulation.crash(peer)
    simulation.run(120_000)
    return { acknowledged: keys.length, lost: keys.length - found(crowd, keys), expected, told }
  },
}

function found(crowd: RecordCrowd, keys: readonly Key[]): number {
  let count = 0
  for (const [number, key] of keys.entries()) {
    const living = crowd.living()
    const peer = living[number % living.length]
    if (peer === undefined) continue
    crowd.get(peer, key, (records) => {
      if (records !== undefined && records.length > 0) count++
    })
    crowd.simulation.run(20)
  }
  crowd.simulation.run(20_000)
  return count
}

function pointOf({
  ring,
}: {
  readonly ring: { readonly nodes: readonly { readonly self: { readonly point: string } }[] }
}): string {
  return ring.nodes[0]?.self.point ?? ''
}

function isLoss(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === 'arcs-lost'
}
