import { jitter, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment, RejectionReason } from './events.ts'
import type { Gathering } from './gathering.ts'
import type { Lookups } from './lookups.ts'
import type { Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import type { RingRequests } from './ring-requests.ts'
import type { RingNode } from './ring-node.ts'
import type { Neighbourhood, RingRules } from './rules.ts'
import { isOrdered, type VirtualNode } from './virtual-node.ts'

export interface JoiningPorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  readonly rules: RingRules
  readonly lookups: Lookups
  readonly gathering: Gathering
  readonly reject: (from: PeerId, reason: RejectionReason) => void
}

/** Peers that said they are on a ring. */
const doorLimit = 16

/** How the places of this peer come onto a ring: the first by one that it founds, or through a door; the others by it. */
export class Joining {
  readonly #nodes: readonly VirtualNode[]
  readonly #ports: JoiningPorts
  readonly #options: ResolvedChordOptions
  readonly #doors = new Set<PeerId>()
  /** Places that are joining: between a lookup and the next each is waited for once. */
  readonly #underWay = new Set<string>()
  /** Neighbours of an earlier membership, to come back to. */
  #former: readonly PeerId[] = []

  constructor(nodes: readonly VirtualNode[], ports: JoiningPorts, options: ResolvedChordOptions) {
    this.#nodes = nodes
    this.#ports = ports
    this.#options = options
  }

  get doors(): readonly PeerId[] {
    return [...this.#doors]
  }

  get #isMember(): boolean {
    return this.#nodes.some(({ isMember }) => isMember)
  }

  founded(neighbourhood: Neighbourhood): void {
    this.#nodes[0]?.begin(neighbourhood)
    this.joinRest()
  }

  foundDoor(peer: PeerId): void {
    if (this.#isMember) return
    if (this.#doors.size >= doorLimit && !this.#doors.has(peer)) return this.#ports.reject(peer, 'full')
    this.#doors.add(peer)
    this.enter()
  }

  /**
   * Through a door, if there is one, in place of gathering. What was promised comes first: that ring may be about to begin.
   *
   * @returns whether there is one
   */
  enter(): boolean {
    const { gathering } = this.#ports
    if (this.#doors.size === 0) return false
    if (gathering.isOpen && !gathering.isPromised) {
      gathering.close()
      this.joinRest()
    }
    return true
  }

  joinRest(): void {
    for (const { self, isMember, life } of this.#nodes) {
      if (!isMember && !this.#underWay.has(chainOf(self.index, life))) this.join(self.index, life)
    }
  }

  /** find_successor, then one query of the member to follow, then all at once (Zave). */
  join(at: number, life: number): void {
    const node = this.#nodes[at]
    this.#underWay.delete(chainOf(at, life))
    // Whoever gathers has given up, and begins anew with all places.
    if (node === undefined || node.isMember || node.life !== life || this.#ports.gathering.isOpen) return
    if (!this.#isMember && this.#doors.size === 0) return this.#gather()
    this.#underWay.add(chainOf(at, life))
    this.#ports.lookups.look(node.self.point, (outcome) => {
      if (node.isMember || node.life !== life) return void this.#underWay.delete(chainOf(at, life))
      if (outcome.type === 'failed') this.#joinLater(node)
      else this.#follow(node, outcome.predecessor)
    })
  }

  /** That place is on the ring no longer. */
  left({ self, life }: VirtualNode, former: readonly PeerId[]): void {
    const { environment } = this.#ports
    this.#former = former
    if (!this.#isMember) this.#gather()
    else {
      this.#underWay.add(chainOf(self.index, life))
      environment.schedule({ type: 'join', at: self.index, life }, this.#options.stabiliseInterval)
    }
  }

  /** To another ring. */
  moveTo(door: PeerId): void {
    this.#doors.clear()
    for (const node of this.#nodes) node.leave()
    this.#ports.gathering.close()
    this.#doors.add(door)
    this.joinRest()
  }

  gone(peer: PeerId): void {
    this.#doors.delete(peer)
  }

  /** Doors of an earlier time may lead nowhere. */
  #gather(): void {
    this.#doors.clear()
    this.#ports.gathering.open(this.#former)
  }

  #follow(node: VirtualNode, from: RingNode): void {
    const { environment, requests, gathering } = this.#ports
    const { life } = node
    const own = from.peer === environment.self ? this.#nodes[from.index] : undefined
    const settle = (reply: Reply | undefined): void => {
      if (node.isMember || node.life !== life || gathering.isPromised) {
        return void this.#underWay.delete(chainOf(node.self.index, life))
      }
      const joined = reply?.type === 'neighbourhood' ? this.#joined(node, from, reply) : undefined
      if (joined === undefined) return this.#joinLater(node)
      this.#underWay.delete(chainOf(node.self.index, life))
      gathering.close()
      node.begin(joined)
      // The others may have given up, and gathered.
      this.joinRest()
    }
    if (own !== undefined) return settle(own.reply(0))
    requests.ask(from.peer, { type: 'state', at: from.index }, this.#options.requestAttempts, settle)
  }

  /** A list that cannot be is as good as none: it would be this peer's own from the first moment on. */
  #joined({ self }: VirtualNode, from: RingNode, asked: Neighbourhood): Neighbourhood | undefined {
    const { rules, reject } = this.#ports
    const isSound = asked.successors.length <= this.#options.successors && isOrdered(from, asked.successors)
    if (isSound) return rules.join(self, from, asked)
    reject(from.peer, 'disordered')
    return undefined
  }

  /** Through another door, if there is one. */
  #joinLater({ self, life }: VirtualNode): void {
    const { environment } = this.#ports
    const [door] = this.#doors
    if (door !== undefined && !this.#isMember) this.#doors.delete(door)
    const delay = jitter(environment.random, this.#options.stabiliseInterval, 0.5)
    environment.schedule({ type: 'join', at: self.index, life }, delay)
  }
}

/** Names the attempts of one place to get onto a ring, until it has left that ring again. */
function chainOf(at: number, life: number): string {
  return `${at}/${life}`
}
