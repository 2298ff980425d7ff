import type { PeerId } from '../../node/protocol/index.ts'

interface Tree {
  /** The neighbours that are told of this topic's messages instead of given them. */
  readonly lazy: Set<PeerId>
  /** Who brought the topic here, and answers for it. */
  causer: PeerId
}

/**
 * Which links are branches: one tree for each topic (Plumtree §3.3: `eagerPushPeers` and `lazyPushPeers`). Every
 * neighbour is eager until it, or this peer, prunes the link; so a topic that is forgotten is flooded once and pruned
 * again. Each neighbour may cause a number of trees.
 */
export class Trees {
  readonly #trees = new Map<string, Tree>()
  readonly #caused = new Map<PeerId, Set<string>>()
  readonly #limit: number

  /** @param limit most trees that one peer may cause */
  constructor(limit: number) {
    this.#limit = limit
  }

  has(topic: string): boolean {
    return this.#trees.has(topic)
  }

  /** Topics, and the neighbours that are no branches of their trees; only those that have some. */
  *[Symbol.iterator](): Iterator<readonly [topic: string, lazy: ReadonlySet<PeerId>]> {
    for (const [topic, { lazy }] of this.#trees) if (lazy.size > 0) yield [topic, lazy]
  }

  isEager(topic: string, peer: PeerId): boolean {
    return this.#trees.get(topic)?.lazy.has(peer) !== true
  }

  /** There is such a topic. The oldest that this peer caused makes room. */
  grow(topic: string, causer: PeerId): void {
    if (this.#trees.has(topic)) return
    this.#trees.set(topic, { lazy: new Set(), causer })
    this.#answersFor(causer, topic)
  }

  /** The link is a branch of that tree. */
  graft(topic: string, peer: PeerId): void {
    this.#trees.get(topic)?.lazy.delete(peer)
  }

  /** The link is no branch of that tree. */
  prune(topic: string, peer: PeerId): void {
    this.grow(topic, peer)
    this.#trees.get(topic)?.lazy.add(peer)
  }

  /** The neighbour is none any more (§3.6). Trees it caused are another's from here on, if any pruned them. */
  neighbourDown(peer: PeerId): void {
    for (const { lazy } of this.#trees.values()) lazy.delete(peer)
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
    if (caused.size <= this.#limit) return
    const [oldest] = caused
    caused.delete(oldest as string)
    this.#trees.delete(oldest as string)
  }
}
