import type { PeerId } from '../../node/protocol/index.ts'
import { arcIn } from './arc.ts'
import type { Gathering } from './gathering.ts'
import type { OwnAnswer } from './lookup.ts'
import { closerLimit, messageLimits, type Following } from './messages.ts'
import { tellingList } from './plausibility.ts'
import { clockwise, distance, isOwned, ringNode, type RingNode, type RingPoint } from './ring-node.ts'
import type { VirtualNode } from './virtual-node.ts'

const nobody: ReadonlySet<PeerId> = new Set()

/** What this peer knows of the ring without asking anybody, from all its places. */
export class KnownRing {
  readonly #self: PeerId
  readonly #nodes: readonly VirtualNode[]
  readonly #gathering: Gathering

  constructor(self: PeerId, nodes: readonly VirtualNode[], gathering: Gathering) {
    this.#self = self
    this.#nodes = nodes
    this.#gathering = gathering
  }

  /** Places of this peer that are on the ring. */
  get members(): readonly VirtualNode[] {
    return this.#nodes.filter(({ isMember }) => isMember)
  }

  /** Whom the places know of. */
  get peers(): readonly PeerId[] {
    return this.#nodes.flatMap(({ table }) => table.nodes.map(({ peer }) => peer))
  }

  /** @param avoid as if these were not there */
  of(key: RingPoint, following: Following, avoid: ReadonlySet<PeerId> = nobody): OwnAnswer {
    const { members } = this
    if (members.length === 0) return this.#ofGathering(key)
    for (const { self: from, present } of members) {
      const list = avoid.size === 0 ? present : present.filter(({ peer }) => !avoid.has(peer))
      const arc = arcIn(from, list, key, following)
      if (arc !== undefined) return { type: 'found', from, list, arc }
    }
    const nearer = members.flatMap((node) => node.table.preceding(key, closerLimit, avoid))
    if (members.length === 1) return { type: 'closer', nodes: nearer }
    const order = clockwise(key)
    const others = [...new Set(nearer)].filter(({ peer }) => peer !== this.#self)
    return { type: 'closer', nodes: others.sort((left, right) => order(right, left)).slice(0, closerLimit) }
  }

  /** How far neighbours are from each other, as a share of the ring. A list that is too short tells nothing. */
  spacing(): number | undefined {
    const [node] = this.members
    const last = node?.successors.at(-1)
    if (node === undefined || last === undefined || node.successors.length < tellingList) return undefined
    return distance(node.self.point, last.point) / node.successors.length
  }

  /** False where others have come between the key and every place of this peer. */
  mayOwn(key: RingPoint): boolean {
    const { members } = this
    const owns = ({ self, predecessor }: VirtualNode): boolean =>
      predecessor === undefined || isOwned(predecessor.point, key, self.point)
    return members.length === 0 || members.some(owns)
  }

  /** The other peers known while there is no ring, in the order of the ring from this one. */
  gathered(): RingNode[] {
    const self = ringNode(this.#self)
    return this.#gathering.members(self.point).filter(({ peer }) => peer !== self.peer)
  }

  #ofGathering(key: RingPoint): OwnAnswer {
    if (!this.#gathering.isKnowing) return { type: 'outside' }
    const members = this.#gathering.members(key)
    const from = members.at(-1) ?? ringNode(this.#self)
    const list = members.slice(0, messageLimits.nodes)
    return { type: 'found', from, list, arc: { predecessor: from, successors: list } }
  }
}
