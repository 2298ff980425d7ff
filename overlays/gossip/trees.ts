import type { PeerId } from '../../node/protocol/index.ts'

interface Tree {
  /** The neighbours that are told of this topic's messages instead of given them. */
  readonly lazy: Set<PeerId>
  /** One of them, that answers for it. */
  causer: PeerId
}

/**
 * Which links are branches: one tree for each topic (Plumtree §3.3: `eagerPushPeers` and `lazyPushPeers`). Every
 * neighbour is eager until it, or this peer, prunes the link; so a topic is a tree here only from its first PRUNE on, and
 * one that is forgotten is flooded and pruned again. Each neighbour may cause a number of trees.
 */
export class Trees {
  readonly #trees = new Map<string, Tree>()
  readonly #caused = new Map<PeerId, Set<string>>()
  readonly #limit: number

  /** @param limit most trees that one neighbour may cause */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#trees.size
  }

  /** Topics that have a tree, and the neighbours that are no branches of it. */
  *[Symbol.iterator](): Iterator<readonly [topic: string, lazy: ReadonlySet<PeerId>]> {
    for (const [topic, { lazy }] of this.#trees) yield [topic, lazy]
  }

  isEager(topic: string, peer: PeerId): boolean {
    return this.#trees.get(topic)?.lazy.has(peer) !== true
  }

  /** The link is a branch of that tree. */
  graft(topic: string, peer: PeerId): void {
    const tree = this.#trees.get(topic)
    if (tree?.lazy.delete(peer) === true) this.#left(topic, tree, peer)
  }

  /** The link is no branch of that tree. @returns false when an older tree had to go, as that neighbour caused too many */
  prune(topic: string, peer: PeerId): boolean {
    const tree = this.#trees.get(topic)
    if (tree !== undefined) {
      tree.lazy.add(peer)
      return true
    }
    this.#trees.set(topic, { lazy: new Set([peer]), causer: peer })
    return this.#answersFor(peer, topic)
  }

  /** The neighbour is none any more (§3.6). */
  neighbourDown(peer: PeerId): void {
    for (const [topic, tree] of this.#trees) {
      if (tree.lazy.delete(peer)) this.#left(topic, tree, peer)
    }
  }

  #left(topic: string, tree: Tree, peer: PeerId): void {
    const [heir] = tree.lazy
    if (heir === undefined) return this.#drop(topic, tree)
    if (tree.causer !== peer) return
    const caused = this.#caused.get(peer)
    caused?.delete(topic)
    if (caused?.size === 0) this.#caused.delete(peer)
    tree.causer = heir
    this.#answersFor(heir, topic)
  }

  #answersFor(peer: PeerId, topic: string): boolean {
    const caused = this.#caused.get(peer) ?? new Set()
    this.#caused.set(peer, caused.add(topic))
    if (caused.size <= this.#limit) return true
    const [oldest] = caused
    const old = this.#trees.get(oldest as string)
    if (old !== undefined) this.#drop(oldest as string, old)
    return false
  }

  #drop(topic: string, { causer }: Tree): void {
    this.#trees.delete(topic)
    const caused = this.#caused.get(causer)
    caused?.delete(topic)
    if (caused?.size === 0) this.#caused.delete(causer)
  }
}
