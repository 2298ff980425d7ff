import { integer, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { LookupOutcome } from './lookup.ts'
import type { Lookups } from './lookups.ts'
import type { RingRequests } from './ring-requests.ts'
import { ringNode, type RingNode, type RingPoint } from './ring-node.ts'

export interface UnificationPorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  readonly lookups: Lookups
  /** Peers that are no neighbours on this ring. */
  readonly strangers: () => readonly PeerId[]
  /** Another ring is to be joined instead, through that peer. */
  readonly move: (door: PeerId) => void
}

/** Where rings are told apart: each has exactly one node that is responsible for it, the one with its lowest point. */
const zero = '0'.repeat(64) as RingPoint

/** Of this ring it is asked as users ask: who lies about it would have others leave it. */
const inDoubt = { inDoubt: 1 }

/** Times in a row that another ring is seen before it is believed: while nodes come and go, lookups may differ. */
const confirmations = 2

/** Peers that are to be looked at before others. */
const suspectLimit = 16

/**
 * One ring out of two, as there are after a partition, or where two groups met late. Rings do not grow together by
 * themselves: nobody of one knows anybody of the other. So each peer looks from time to time from somebody else's ring for
 * its lowest node; if that one is a stranger here, and lower than the lowest here, the peer leaves and joins over there.
 * Leaving and joining are Zave's operations, so both rings stay correct, and one becomes empty. Who goes tells its
 * neighbours where to look.
 */
export class Unification {
  readonly #ports: UnificationPorts
  readonly #suspects = new Set<PeerId>()
  #seen = 0

  constructor(ports: UnificationPorts) {
    this.#ports = ports
  }

  /** Whether somebody is to be looked at soon. */
  get isSuspicious(): boolean {
    return this.#suspects.size > 0
  }

  /** That peer may be on another ring: it has just been met, or somebody said so. */
  suspect(peer: PeerId): void {
    if (this.#suspects.size < suspectLimit) this.#suspects.add(peer)
  }

  /** Looks from one other peer. */
  round(): void {
    const { environment, strangers } = this.#ports
    const others = strangers()
    const [suspect] = [...this.#suspects].filter((peer) => others.includes(peer))
    const contact = suspect ?? others[integer(environment.random, Math.max(1, others.length))]
    if (suspect === undefined) this.#suspects.clear()
    else this.#suspects.delete(suspect)
    if (contact !== undefined) this.#lookFrom(contact)
  }

  #lookFrom(contact: PeerId): void {
    this.#lowest([ringNode(contact)], (theirs) =>
      this.#lowest(undefined, (ours) => {
        if (theirs.point >= ours.point) return this.#isSame()
        // It may only have joined here a moment ago.
        const settle = (outcome: LookupOutcome): void => {
          if (outcome.type === 'failed' || outcome.successors[0] === theirs) return this.#isSame()
          this.#confirm(contact, theirs)
        }
        this.#ports.lookups.look(theirs.point, settle, inDoubt)
      }),
    )
  }

  /** The stranger itself must answer: a hint alone moves nobody. */
  #confirm(contact: PeerId, { peer, index: at }: RingNode): void {
    this.#ports.requests.ask(peer, { type: 'ping', at }, 1, (reply) => {
      if (reply?.type !== 'yes') return this.#isSame()
      this.suspect(contact)
      if (++this.#seen < confirmations) return
      this.#seen = 0
      this.#suspects.clear()
      this.#ports.move(contact)
    })
  }

  #isSame(): void {
    this.#seen = 0
  }

  #lowest(from: readonly RingNode[] | undefined, then: (lowest: RingNode) => void): void {
    const settle = (lowest: RingNode | undefined): void => (lowest === undefined ? undefined : then(lowest))
    this.#ports.lookups.look(
      zero,
      (outcome) => settle(outcome.type === 'found' ? outcome.successors[0] : undefined),
      from === undefined ? inDoubt : { from },
    )
  }
}
