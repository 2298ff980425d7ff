import type { DefaultOverlays, Peer, PeerId } from '../../node/peer/index.ts'

/** First pause after a dial that failed, and the longest, in milliseconds. */
const pauseLeast = 250
const pauseMost = 30_000

/**
 * Keeps a connection to addresses that do not say which peer is there: libp2p can keep those alone whose PeerId it
 * knows.
 */
export class Joiner {
  readonly #peer: Peer<DefaultOverlays>
  readonly #stopping = new AbortController()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(peer: Peer<DefaultOverlays>, addresses: readonly string[]) {
    this.#peer = peer
    for (const address of addresses) this.#keep(address, pauseLeast, undefined)
  }

  stop(): void {
    this.#stopping.abort()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #keep(address: string, pause: number, known: PeerId | undefined): void {
    const { signal } = this.#stopping
    if (signal.aborted) return
    const isThere = known !== undefined && this.#peer.documents.connections().includes(known)
    const dialled = isThere ? Promise.resolve(known) : this.#peer.dial(address, { signal })
    dialled.then(
      (peer) => this.#later(() => this.#keep(address, pauseLeast, peer), pauseMost),
      () => this.#later(() => this.#keep(address, Math.min(pauseMost, pause * 2), known), pause),
    )
  }

  #later(act: () => void, pause: number): void {
    if (this.#stopping.signal.aborted) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, pause)
    timer.unref()
    this.#timers.add(timer)
  }
}
