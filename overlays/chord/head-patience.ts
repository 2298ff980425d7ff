import type { Duration, Instant } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { ResolvedChordOptions } from './options.ts'
import { isSame, type RingNode } from './ring-node.ts'

/** Why a head is of no use: it has no time, or its list is too short to be that of this ring. */
export type Excuse = 'busy' | 'short'

/** So many times `stabiliseInterval`: then whoever passes over others that are there is passed over itself. */
const shortPatience = 3

/**
 * How long a node puts up with the head of its list while that gives it nothing to go by. An honest one is busy no longer than
 * it takes to find all of its own list silent; one that is hostile would be for ever, and keep others from the ring.
 */
export class HeadPatience {
  readonly #environment: ChordEnvironment
  readonly #limits: Readonly<Record<Excuse, Duration>>
  #head: RingNode | undefined
  #since: Instant = 0

  constructor(environment: ChordEnvironment, options: ResolvedChordOptions) {
    const { stabiliseInterval, successors, requestAttempts, requestTimeout } = options
    this.#environment = environment
    this.#limits = {
      busy: (successors + 1) * requestAttempts * requestTimeout + shortPatience * stabiliseInterval,
      // Long enough for those that it passes over to be called up.
      short: Math.max(shortPatience * stabiliseInterval, 2 * requestAttempts * requestTimeout),
    }
  }

  answered(): void {
    this.#head = undefined
  }

  /** @returns whether it has had no better answer for too long: it then counts as silent */
  isOver(head: RingNode, excuse: Excuse): boolean {
    const now = this.#environment.now()
    if (!isSame(this.#head, head)) {
      this.#head = head
      this.#since = now
    }
    if (now - this.#since < this.#limits[excuse]) return false
    this.#head = undefined
    return true
  }
}
