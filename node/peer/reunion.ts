import type { Libp2p, Peer as KnownPeer } from '@libp2p/interface'
import { createRandom, sample } from '../protocol/index.ts'

/** Known peers that are tried, so many at once, until so many are there. Membership knows the others. */
const tried = 16
const atOnce = 4
const enough = 3

/** How long one dial may take, in milliseconds. */
const dialLimit = 10_000

/**
 * Finds the others again: a peer that starts dials some of those that its address book has from before. libp2p does so only
 * for peers that mDNS has found.
 */
export class Reunion {
  readonly #node: Libp2p
  readonly #stopping = new AbortController()

  constructor(node: Libp2p) {
    this.#node = node
  }

  /** Resolves when enough are connected, or all have been tried. The node has started. */
  async begin(): Promise<void> {
    const known = await this.#known()
    const random = createRandom(globalThis.crypto.getRandomValues(new Uint32Array(2)).join('/'))
    const queue = sample(random, known, tried)
    await Promise.all(Array.from({ length: atOnce }, () => this.#dialAll(queue)))
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #known(): Promise<readonly KnownPeer[]> {
    try {
      return await this.#node.peerStore.all({ filters: [isOfOurs] })
    } catch {
      // An address book that does not read is as good as none.
      return []
    }
  }

  async #dialAll(queue: KnownPeer[]): Promise<void> {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (this.#stopping.signal.aborted || this.#node.getPeers().length >= enough) return
      try {
        const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(dialLimit)])
        await this.#node.dial(next.id, { signal })
      } catch {
        // It is not there any more, or somewhere else.
      }
    }
  }
}

/** Whoever was connected once has told what it speaks. */
function isOfOurs({ addresses, protocols }: KnownPeer): boolean {
  return addresses.length > 0 && protocols.some((protocol) => protocol.startsWith('/peerloom/'))
}
