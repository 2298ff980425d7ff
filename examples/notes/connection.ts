import type { ServingPeer } from './endpoint.ts'

/** What is needed of a peer in order to stay connected. */
export interface Dialler {
  readonly libp2p: {
    getConnections(): readonly { readonly status: string; readonly remotePeer: { toString(): string } }[]
    addEventListener(type: 'connection:close' | 'connection:open', listener: () => void): void
  }
  dial(address: string, options: { signal: AbortSignal }): Promise<unknown>
}

const firstPause = 250
const longestPause = 2000
const dialLimit = 3000

/**
 * Keeps this tab connected with the peer that serves it. libp2p itself tries for half a minute and then gives up, and
 * knows nothing of a peer that came back at another port: here the peer is asked for its addresses anew, for ever.
 */
export class Connection {
  readonly #peer: Dialler
  readonly #ask: () => Promise<ServingPeer>
  #addresses: readonly string[]
  #pause = firstPause
  #timer: ReturnType<typeof setTimeout> | undefined
  #trying = false
  #ended = false

  constructor(peer: Dialler, addresses: readonly string[], ask: () => Promise<ServingPeer>) {
    this.#peer = peer
    this.#addresses = addresses
    this.#ask = ask
    peer.libp2p.addEventListener('connection:close', () => this.#evaluate())
    peer.libp2p.addEventListener('connection:open', () => this.#evaluate())
    // Timers of hidden tabs hardly run: whoever looks at the tab again shall not wait for one.
    document.addEventListener('visibilitychange', () => this.#hurry())
    addEventListener('online', () => this.#hurry())
    this.#evaluate()
  }

  /** Whether the serving peer itself is connected. Others may be, which the overlays have found. */
  get isOpen(): boolean {
    const wanted = new Set(this.#addresses.map((address) => address.split('/p2p/').at(-1)))
    return this.#peer.libp2p
      .getConnections()
      .some(({ status, remotePeer }) => status === 'open' && wanted.has(remotePeer.toString()))
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  /** The one place that decides whether, and when, to try. */
  #evaluate(): void {
    if (this.#ended || this.#trying) return
    if (this.isOpen) this.#pause = firstPause
    if (this.isOpen || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#try()
    }, this.#pause)
    this.#pause = Math.min(longestPause, this.#pause * 2)
  }

  #hurry(): void {
    if (document.visibilityState === 'hidden') return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pause = firstPause
    this.#evaluate()
  }

  async #try(): Promise<void> {
    this.#trying = true
    try {
      await this.#dialAny()
    } catch {
      // Nobody at the known addresses: is the peer at others by now?
      await this.#ask().then(
        ({ join }) => (this.#addresses = join),
        () => undefined,
      )
    } finally {
      this.#trying = false
      this.#evaluate()
    }
  }

  #dialAny(): Promise<unknown> {
    const signal = AbortSignal.timeout(dialLimit)
    return Promise.any(this.#addresses.map((address) => this.#peer.dial(address, { signal })))
  }
}
