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
  /** Whom the places of this peer know, and itself. */
  readonly neighbours: () => ReadonlySet<PeerId>
  /** Peers met on the network, neighbours or not. */
  readonly met: () => readonly PeerId[]
  /** Another ring is to be joined instead, through that peer. */
  readonly move: (door: PeerId) => void
  readonly full: (from: PeerId) => void
}

/** Where rings are told apart: each has exactly one node that is responsible for it, the one with its lowest point. */
const zero = '0'.repeat(64) as RingPoint

/** Of this ring it is asked as users ask: who lies about it would have others leave it. */
const inDoubt = { inDoubt: 1 }

/** Times in a row that another ring is seen before it is believed: while nodes come and go, lookups may differ. */
const confirmations = 2

/** Peers that are to be looked at before others; as many again that others have named. */
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
  /** Doors to other rings, as others say. This peer has perhaps never met them. */
  readonly #named = new Set<PeerId>()
  #hasLookedAtNamed = false
  #seen = 0

  constructor(ports: UnificationPorts) {
    this.#ports = ports
  }

  /** Whether somebody is to be looked at soon. */
  get isSuspicious(): boolean {
    return this.#suspects.size > 0 || this.#named.size > 0
  }

  get named(): readonly PeerId[] {
    return [...this.#named]
  }

  /** That peer may be on another ring: it has just been met, or a look from it has said so. */
  suspect(peer: PeerId): void {
    this.#add(this.#suspects, peer, peer)
  }

  /** Somebody says that there is another ring behind that door. */
  name(door: PeerId, by: PeerId): void {
    this.#add(this.#named, door, by)
  }

  /** Looks from one other peer. */
  round(): void {
    const { environment, neighbours, met } = this.#ports
    const known = neighbours()
    const suspect = takeStranger(this.#suspects, known) ?? this.#takeNamed(known)
    if (suspect !== undefined) return this.#lookFrom(suspect)
    const strangers = met().filter((peer) => !known.has(peer))
    const contact = strangers[integer(environment.random, Math.max(1, strangers.length))]
    if (contact !== undefined) this.#lookFrom(contact)
  }

  #add(suspects: Set<PeerId>, peer: PeerId, from: PeerId): void {
    if (suspects.has(peer)) return
    if (suspects.size < suspectLimit) suspects.add(peer)
    else this.#ports.full(from)
  }

  /** Not twice running: whoever names doors without end keeps nobody from being looked at. */
  #takeNamed(known: ReadonlySet<PeerId>): PeerId | undefined {
    const door = this.#hasLookedAtNamed ? undefined : takeStranger(this.#named, known)
    this.#hasLookedAtNamed = door !== undefined
    return door
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
      this.#named.clear()
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

/** The first one that is no neighbour; those before it are none to be suspected. */
function takeStranger(suspects: Set<PeerId>, known: ReadonlySet<PeerId>): PeerId | undefined {
  for (const peer of suspects) {
    suspects.delete(peer)
    if (!known.has(peer)) return peer
  }
  return undefined
}
