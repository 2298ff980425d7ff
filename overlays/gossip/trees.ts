import type { Instant, PeerId, Random } from '../../node/protocol/index.ts'
import type { MessageId } from './messages.ts'
import { Tree, type Alternative, type Passed } from './tree.ts'

export interface TreesLimits {
  /** Most trees that one peer may cause. */
  readonly topicLimit: number
  readonly shapeInterval: number
}

/**
 * Which links are branches: one tree for each topic (Plumtree §3.3: `eagerPushPeers` and `lazyPushPeers`). Of a topic that
 * is not known every neighbour is a branch until it, or this peer, prunes the link; so a topic that is forgotten is flooded
 * once and pruned again. Each neighbour may cause a number of trees.
 */
export class Trees {
  readonly #trees = new Map<string, Tree>()
  readonly #caused = new Map<PeerId, Set<string>>()
  readonly #limits: TreesLimits

  constructor(limits: TreesLimits) {
    this.#limits = limits
  }

  has(topic: string): boolean {
    return this.#trees.has(topic)
  }

  /** Topics, and the neighbours that are no branches of their trees; only those that have some. */
  *[Symbol.iterator](): Iterator<readonly [topic: string, lazy: readonly PeerId[]]> {
    for (const [topic, { lazy }] of this.#trees) if (lazy.length > 0) yield [topic, lazy]
  }

  isEager(topic: string, peer: PeerId): boolean {
    return this.#trees.get(topic)?.lazy.includes(peer) !== true
  }

  /** How many trees grow over the link: what its loss would break. */
  branches(peer: PeerId): number {
    let branches = 0
    for (const { lazy } of this.#trees.values()) if (!lazy.includes(peer)) branches++
    return branches
  }

  /** There is such a topic. The oldest that this peer caused makes room. */
  grow(topic: string, causer: PeerId): void {
    if (this.#trees.has(topic)) return
    this.#trees.set(topic, new Tree(causer, this.#limits.shapeInterval))
    this.#answersFor(causer, topic)
  }

  passed(topic: string, message: Passed, now: Instant): void {
    const tree = this.#trees.get(topic)
    if (tree === undefined) return
    tree.passed(message, now)
    // The one in use last is the last to make room.
    const caused = this.#caused.get(tree.causer)
    if (caused?.delete(topic) === true) caused.add(topic)
  }

  duplicate(topic: string): void {
    this.#trees.get(topic)?.duplicate()
  }

  isToShape(topic: string, now: Instant, random: Random): boolean {
    return this.#trees.get(topic)?.isToShape(now, random) ?? true
  }

  mayShape(topic: string, now: Instant): boolean {
    return this.#trees.get(topic)?.mayShape(now) ?? true
  }

  shortcutRounds(topic: string, limit: number): number {
    return this.#trees.get(topic)?.shortcutRounds(limit) ?? 0
  }

  offer(topic: string, branch: PeerId, alternative: Alternative): void {
    this.#trees.get(topic)?.offer(branch, alternative)
  }

  /** The link is a branch of that tree. */
  graft(topic: string, peer: PeerId): void {
    this.#trees.get(topic)?.graft(peer)
  }

  /** The link is no branch of that tree. */
  prune(topic: string, peer: PeerId): void {
    this.grow(topic, peer)
    this.#trees.get(topic)?.prune(peer)
  }

  /**
   * A new link is no branch of the trees that grow already, but of those that have no other here.
   *
   * @param others how many neighbours there are besides
   * @returns what names the trees to which it is to be grafted
   */
  neighbourUp(peer: PeerId, others: number): MessageId[] {
    return Array.from(this.#trees.values(), (tree) => tree.neighbourUp(peer, others) ?? []).flat()
  }

  /**
   * The neighbour is none any more (§3.6). Trees it caused are another's from here on, if any pruned them.
   *
   * @param others how many neighbours are left
   * @returns who is to be grafted in its place, and what names the trees
   */
  neighbourDown(peer: PeerId, others: number): Map<PeerId, MessageId[]> {
    const grafts = new Map<PeerId, MessageId[]>()
    for (const tree of this.#trees.values()) {
      const heir = tree.neighbourDown(peer, others)
      if (heir === undefined) continue
      const ids = grafts.get(heir.peer)
      if (ids === undefined) grafts.set(heir.peer, [heir.id])
      else ids.push(heir.id)
    }
    this.#bequeath(peer)
    return grafts
  }

  #bequeath(peer: PeerId): void {
    const caused = this.#caused.get(peer) ?? []
    this.#caused.delete(peer)
    for (const topic of caused) {
      const tree = this.#trees.get(topic)
      const [heir] = tree?.lazy ?? []
      if (tree === undefined || heir === undefined) this.#trees.delete(topic)
      else {
        tree.causer = heir
        this.#answersFor(heir, topic)
      }
    }
  }

  #answersFor(peer: PeerId, topic: string): void {
    const caused = this.#caused.get(peer) ?? new Set()
    this.#caused.set(peer, caused.add(topic))
    if (caused.size <= this.#limits.topicLimit) return
    const [oldest] = caused
    caused.delete(oldest as string)
    this.#trees.delete(oldest as string)
  }
}
