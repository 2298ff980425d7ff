import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import type { Key, LookupContact, LookupTrace, PeerId } from '../../node/protocol/index.ts'

interface Asked {
  readonly at: number
  outcome?: Pick<LookupContact, 'outcome' | 'took'>
}

/** How one lookup goes, as its events tell. */
export class LookupRecord {
  readonly #key: Key
  readonly #begun = performance.now()
  /** In the order in which they were asked. */
  readonly #asked = new Map<string, Asked>()
  /** Peers one after another up to and including this one, the first of them known from the start. */
  readonly #depths = new Map<string, number>()

  constructor(key: Key, known: readonly Libp2pPeerId[]) {
    this.#key = key
    for (const peer of known) this.#depths.set(peer.toString(), 1)
  }

  /** Some were asked, and none has answered. */
  get isSilent(): boolean {
    const asked = [...this.#asked.values()]
    return asked.length > 0 && !asked.some(({ outcome }) => outcome?.outcome === 'answered')
  }

  add(event: QueryEvent): void {
    switch (event.name) {
      case 'DIAL_PEER':
        return this.#ask(event.peer.toString())
      case 'PEER_RESPONSE':
        return this.#answered(
          event.from.toString(),
          event.closer.map(({ id }) => id.toString()),
        )
      case 'QUERY_ERROR':
        return this.#settle(event.from.toString(), 'timed-out')
      default:
    }
  }

  finish(peers: readonly PeerId[], self: PeerId): LookupTrace {
    const duration = this.#now()
    const contacts = Array.from(this.#asked, ([peer, { at, outcome }]) => ({
      peer: peer as PeerId,
      at,
      // Who was given up with the lookup has not answered in time.
      ...(outcome ?? { outcome: 'timed-out' as const, took: duration - at }),
    }))
    const [nearest] = peers
    const hops = nearest === undefined || nearest === self ? 0 : (this.#depths.get(nearest) ?? 1)
    const timeouts = contacts.filter(({ outcome }) => outcome === 'timed-out').length
    return { key: this.#key, peers, hops, timeouts, duration, contacts }
  }

  #ask(peer: string): void {
    if (!this.#asked.has(peer)) this.#asked.set(peer, { at: this.#now() })
    if (!this.#depths.has(peer)) this.#depths.set(peer, 1)
  }

  #answered(peer: string, closer: readonly string[]): void {
    this.#settle(peer, 'answered')
    const depth = (this.#depths.get(peer) ?? 1) + 1
    for (const next of closer) if (!this.#depths.has(next)) this.#depths.set(next, depth)
  }

  #settle(peer: string, outcome: LookupContact['outcome']): void {
    const asked = this.#asked.get(peer)
    if (asked !== undefined) asked.outcome ??= { outcome, took: this.#now() - asked.at }
  }

  #now(): number {
    return Math.floor(performance.now() - this.#begun)
  }
}
