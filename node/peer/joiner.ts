import type { Libp2p } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

/** First pause before a peer is dialled again, and the longest, in milliseconds. */
const pauseLeast = 250
const pauseMost = 30_000

/** How long one dial may take. */
const dialLimit = 10_000

interface Place {
  readonly address: Multiaddr
  /** Who was there last. */
  peer: string | undefined
  /** When the last dial ended. */
  since: number
  pause: number
  /** A dial is due or under way. */
  busy: boolean
}

/**
 * Keeps a connection to the peers behind some addresses, for as long as it is not stopped. libp2p itself gives up on a
 * peer after half a minute, and knows nothing of addresses that do not say which peer is there.
 */
export class Joiner {
  readonly #node: Libp2p
  readonly #places: readonly Place[]
  readonly #stopping = new AbortController()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  readonly #lost = (): void => {
    for (const place of this.#places) this.#evaluate(place)
  }

  /** @param node started @throws Error when an address is no multiaddr */
  constructor(node: Libp2p, addresses: readonly string[]) {
    this.#node = node
    this.#places = addresses.map((address) => {
      return { address: multiaddr(address), peer: undefined, since: 0, pause: pauseLeast, busy: true }
    })
    node.addEventListener('peer:disconnect', this.#lost)
    for (const place of this.#places) void this.#dial(place)
  }

  stop(): void {
    this.#node.removeEventListener('peer:disconnect', this.#lost)
    this.#stopping.abort()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** The one place that decides whether, and when, to dial again. */
  #evaluate(place: Place): void {
    const isThere = this.#node.getPeers().some((peer) => peer.toString() === place.peer)
    if (this.#stopping.signal.aborted || place.busy || isThere) return
    place.busy = true
    // Whoever takes our connections only to drop them is left alone for longer and longer, like one who is not there.
    if (performance.now() - place.since > pauseMost) place.pause = pauseLeast
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#dial(place)
    }, place.pause)
    this.#timers.add(timer)
    place.pause = Math.min(pauseMost, place.pause * 2)
  }

  async #dial(place: Place): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(dialLimit)])
      const { remotePeer } = await this.#node.dial(place.address, { signal })
      place.peer = remotePeer.toString()
    } catch {
      // Nobody is there, or not yet: another dial follows.
    } finally {
      place.since = performance.now()
      place.busy = false
      this.#evaluate(place)
    }
  }
}
