import { integer, type Duration, type PeerId, type Random } from '../../../node/protocol/index.ts'
import type { ChordCore, LookOptions, LookupOutcome, RingNode, RingPoint } from '../../../overlays/chord/index.ts'
import { randomKey, type Ring } from './ring.ts'

/** One lookup that has ended. */
export interface Finished {
  readonly asker: RingNode
  readonly key: RingPoint
  /** Who is responsible, as the lookup has it; undefined if it failed. */
  readonly owner: RingNode | undefined
  /** Peers one after another up to and including the predecessor of the key. */
  readonly hops: number
  /** Whom it asked, one after another; the predecessor last. */
  readonly asked: readonly PeerId[]
  readonly timeouts: number
  readonly took: Duration
}

/** As long as a lookup may take at the most (`still`): none is left out for being slow. */
const lookupTime = 600_000

/** Random living peers look up random keys, all at once: on a ring that nobody mends, one does not see the other. */
export function lookUp(ring: Ring, count: number, random: Random, options: LookOptions = {}): readonly Finished[] {
  const { living } = ring
  const finished: Finished[] = []
  for (let number = 0; number < count; number++) {
    const core = living[integer(random, living.length)]
    if (core !== undefined) look(core, randomKey(random), (end) => finished.push(end), options)
  }
  ring.simulation.runUntil(() => finished.length === count, lookupTime)
  return finished
}

export function look(
  core: ChordCore,
  key: RingPoint,
  settle: (end: Finished) => void,
  options: LookOptions = {},
): void {
  const begun = core.now()
  const [node] = core.nodes
  if (node === undefined) return
  const settled = (outcome: LookupOutcome): void => {
    const owner = outcome.type === 'found' ? outcome.successors[0] : undefined
    const timeouts = outcome.contacts.filter((contact) => contact.outcome === 'timed-out').length
    const asked = outcome.contacts.map(({ peer }) => peer)
    settle({ asker: node.self, key, owner, hops: outcome.hops, asked, timeouts, took: core.now() - begun })
  }
  core.lookups.look(key, settled, options)
}
