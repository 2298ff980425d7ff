import type { Instant, PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import { messageLimits } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import type { RingRequests } from './ring-requests.ts'
import { clockwise, ringNode, type RingNode } from './ring-node.ts'
import { Roster } from './roster.ts'
import type { Neighbourhood } from './rules.ts'

export interface GatheringPorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  /** Peers that a new or abandoned peer may turn to. */
  readonly contacts: () => readonly PeerId[]
  /** A ring of r + 1 begins, this peer among them. */
  readonly founded: (neighbourhood: Neighbourhood) => void
  /** Onto a ring that is there already, as soon as nothing else is promised. @returns whether one is known */
  readonly enter: () => boolean
  readonly full: (from: PeerId) => void
  /** Others are heard than before. */
  readonly changed: () => void
}

/** Rounds without a word after which a peer is no longer counted on. */
const silentRounds = 4
/** Rounds after which those who are there have been heard. */
const knowingRounds = 2
/** For so many rounds a peer that has agreed to a proposal agrees to nobody else's. */
const promiseRounds = 10
/** For so many it agrees to more of the same peer, as are needed where messages are lost: nobody holds it for ever. */
const repeatRounds = 50

interface Promised {
  readonly members: readonly PeerId[]
  readonly since: Instant
  readonly until: Instant
}

/**
 * From one peer to r + 1. A ring of Zave's needs r + 1 members that know each other; until there are so many, everybody
 * knows everybody, by telling all of all. Once r + 1 have been heard, the one with the lowest point proposes them as the
 * ring; when all the others have agreed, and only then, it begins.
 *
 * The same is the way back: a ring that has shrunk to r members is none, and its members are here again.
 */
export class Gathering {
  readonly #ports: GatheringPorts
  readonly #options: ResolvedChordOptions
  readonly #known: Roster
  #promise: Promised | undefined
  #proposal: readonly PeerId[] | undefined
  /** Who would be proposed, in the last round. */
  #lowest: readonly PeerId[] = []
  #isOpen = false
  /** Tells timers of an earlier opening from those of this one. */
  #opening = 0
  #rounds = 0

  constructor(ports: GatheringPorts, options: ResolvedChordOptions) {
    this.#ports = ports
    this.#options = options
    this.#known = new Roster(options.gatherLimit)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether this peer knows all others there are, as far as it can: those it was told of had time to answer. */
  get isKnowing(): boolean {
    return this.#isOpen && (this.#known.size === 0 || this.#rounds > knowingRounds)
  }

  /** Whether it has agreed to a ring that may begin any moment. */
  get isPromised(): boolean {
    return this.#isOpen && this.#promise !== undefined && this.#ports.environment.now() < this.#promise.until
  }

  /** @param known who may be in the same case */
  open(known: Iterable<PeerId> = []): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#opening++
    this.#rounds = 0
    this.#known.clear()
    this.#promise = undefined
    this.#proposal = undefined
    this.#lowest = []
    for (const peer of known) this.#learn(peer)
    this.round(this.#opening)
  }

  close(): void {
    this.#isOpen = false
  }

  /** All that were heard lately, this peer among them, in the order of the ring from a point on. */
  members(from: string): RingNode[] {
    const begin = this.#ports.environment.now() - silentRounds * this.#options.gatherInterval
    const nodes = [this.#ports.environment.self, ...this.#known.heardSince(begin)].map((peer) => ringNode(peer))
    const order = clockwise(from as RingNode['point'])
    // The point itself comes first here: it is responsible for a key that is equal to it.
    return nodes.sort((left, right) => {
      if (left.point === from) return -1
      return right.point === from ? 1 : order(left, right)
    })
  }

  round(opening: number): void {
    if (opening !== this.#opening) return
    this.#ports.enter()
    if (!this.#isOpen) return
    const { environment, contacts } = this.#ports
    this.#rounds++
    for (const peer of contacts()) this.#learn(peer)
    for (const peer of this.#known.peers) this.#tell(peer)
    this.#propose()
    this.#forgetSilent()
    environment.schedule({ type: 'gather', opening }, this.#options.gatherInterval)
  }

  met(peer: PeerId): void {
    if (this.#isOpen && this.#learn(peer)) this.#tell(peer)
  }

  gone(peer: PeerId): void {
    this.#known.delete(peer)
  }

  heard(from: PeerId, members: readonly PeerId[]): void {
    const [isNew, isFirst] = [!this.#known.has(from), !this.#known.hasHeard(from)]
    const isTaken = this.#known.hear(from, this.#ports.environment.now())
    // Two who have no room for each other would else answer each other for ever.
    if (!isTaken) this.#ports.full(from)
    else if (isNew) this.#tell(from)
    if (isTaken && isFirst) this.#ports.changed()
    // Where there are many, most learn of each other from many at once: the next round is soon enough.
    for (const peer of members) if (this.#learn(peer) && !this.#known.isFull) this.#tell(peer)
  }

  /** @returns whether this peer keeps itself free for that ring */
  agrees(from: PeerId, members: readonly PeerId[]): boolean {
    const { environment, enter } = this.#ports
    if (!this.#isOpen || !isFounding(members, from, environment.self, this.#options.successors)) return false
    const haveSpoken = members.every((peer) => peer === environment.self || this.#known.hasHeard(peer))
    if (!haveSpoken || enter()) return false
    if (this.#proposal !== undefined && !areEqual(this.#proposal, members)) return false
    return this.#promised(members)
  }

  /** All have agreed, says the one that proposed it: nobody else can know. */
  begin(from: PeerId, members: readonly PeerId[]): void {
    const promised = this.#promise?.members
    if (!this.#isOpen || promised?.[0] !== from || !areEqual(promised, members)) return
    this.#found(members)
  }

  #promised(members: readonly PeerId[]): boolean {
    const { gatherInterval } = this.#options
    const now = this.#ports.environment.now()
    const earlier = this.isPromised ? this.#promise : undefined
    const since = earlier?.since ?? now
    // Whoever proposes another ring has given the first one up.
    if (earlier !== undefined && earlier.members[0] !== members[0]) return false
    if (now - since >= repeatRounds * gatherInterval) return false
    this.#promise = { members, since, until: now + promiseRounds * gatherInterval }
    return true
  }

  #propose(): void {
    const { environment, requests } = this.#ports
    const lowest = this.members('0').slice(0, this.#options.successors + 1)
    const members = lowest.map(({ peer }) => peer)
    const isSettled = areEqual(this.#lowest, members)
    this.#lowest = members
    // Where many meet at once, others have not heard them all yet: a proposal that fails would hold those who agree.
    if (!isSettled || this.#proposal !== undefined || !this.agrees(environment.self, members)) return
    this.#proposal = members
    const others = members.slice(1)
    let agreed = 0
    let answered = 0
    for (const peer of others) {
      requests.ask(peer, { type: 'propose', members }, 2, (reply) => {
        answered++
        if (reply?.type === 'yes') agreed++
        if (answered < others.length || this.#proposal !== members) return
        this.#proposal = undefined
        if (agreed === others.length && this.#isOpen) this.#beginAll(members, others)
      })
    }
  }

  #beginAll(members: readonly PeerId[], others: readonly PeerId[]): void {
    for (const peer of others) this.#ports.environment.send(peer, { type: 'begin', members })
    this.#found(members)
  }

  #found(members: readonly PeerId[]): void {
    this.close()
    const self = ringNode(this.#ports.environment.self)
    const others = members.filter((peer) => peer !== self.peer).map((peer) => ringNode(peer))
    const successors = others.sort(clockwise(self.point))
    this.#ports.founded({ successors, predecessor: successors.at(-1) })
  }

  #tell(peer: PeerId): void {
    // Those heard come first. Beyond, nobody would read the message.
    const members = this.#known.peers.filter((known) => known !== peer).slice(0, messageLimits.peers)
    this.#ports.environment.send(peer, { type: 'gather', members })
  }

  #learn(peer: PeerId): boolean {
    return peer !== this.#ports.environment.self && this.#known.hearOf(peer)
  }

  /** Those only heard of go first of all; contacts come back by themselves. */
  #forgetSilent(): void {
    this.#known.forget(this.#ports.environment.now() - 2 * silentRounds * this.#options.gatherInterval)
  }
}

/** r + 1 distinct peers, the lowest of which proposes them, this one among them. */
function isFounding(members: readonly PeerId[], from: PeerId, self: PeerId, successors: number): boolean {
  if (members.length !== successors + 1 || new Set(members).size !== members.length) return false
  const points = members.map((peer) => ringNode(peer).point)
  const isSorted = points.every((point, place) => place === 0 || (points[place - 1] as string) < point)
  return isSorted && members[0] === from && members.includes(self)
}

function areEqual(left: readonly PeerId[], right: readonly PeerId[]): boolean {
  return left.length === right.length && left.every((peer, place) => peer === right[place])
}
